"""The command line: parse, call, print.

    scaffold add head MyHead --arg hidden:int=256
    scaffold remove head MyHead
    scaffold rename head MyHead ShiftHead
    scaffold list

Each command imports what it needs where it needs it, so that `scaffold --help` pays for click alone.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from .errors import ScaffoldError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .finding import Finding
    from .kinds import Kind
    from .plan import Plan
    from .stub import Stub
    from .tree import Tree


class _Refusing(click.Group):
    """Turns a refusal into its text on standard error, and its exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Before the command's own words are read: one of them may be wrong, and its error is told as JSON too.
        if "--json" in args:
            ctx.meta["json"] = next((a for a in args if a in self.commands), "")
        if "NO_COLOR" in os.environ:
            ctx.color = False
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ScaffoldError as e:
            self._tell(ctx, e, f"error: {e}")
            ctx.exit(e.exit_code)
        except click.UsageError as e:
            if not _is_json():  # click explains it itself
                raise
            self._tell(ctx, ScaffoldError(e.format_message()), "")
            ctx.exit(e.exit_code)
        except OSError as e:
            if e.errno == errno.EPIPE:  # `scaffold list | head`: click ends quietly
                raise
            error = ScaffoldError(str(e.strerror), str(e.filename or "I/O"))
            self._tell(ctx, error, f"error: {error}")
            ctx.exit(74)

    @staticmethod
    def _tell(ctx: click.Context, e: ScaffoldError, text: str) -> None:
        if not _is_json():
            click.echo(_colored(text, "error", "red"), err=True)
            return
        error = {"what": e.what, "where": e.where, "hint": e.hint}
        files = ctx.meta.get("files")
        more = {"results": files} if files else {}
        _print_json(str(ctx.meta["json"]), ok=False, error=error, **more)


_root = click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="The tree; without it, the tree around the current folder.",
)
_layout = click.option(
    "--layout",
    metavar="NAME",
    default="",
    help="The tree's framework, such as mmaction2-1.x, where its look does not tell.",
)
_trust = click.option(
    "--trust",
    is_flag=True,
    help="Use the templates that came with the tree; asked once, until they change.",
)
_dry_run = click.option(
    "--dry-run", is_flag=True, help="Print the change as a diff; write nothing."
)
_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    expose_value=False,  # the group has seen it already
    help="Print the result as one JSON object.",
)
_quiet = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    callback=lambda ctx, _, value: ctx.meta.update(quiet=value),
    expose_value=False,
    help="Print errors alone.",
)
_COLORS = {"create": "green", "update": "yellow", "remove": "red"}
_COLORS |= {"passed": "green", "FAILED": "red"}


def _colored(line: str, word: str, color: str | None) -> str:
    """A line whose first word has a colour; `click.echo` takes it out where no terminal is."""
    return click.style(word, fg=color) + line.removeprefix(word)


def _complete_kind(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[str]:
    """The kinds that begin so, for the shell."""
    from .kinds import find_kinds
    from .layouts import OWN
    from .tree import find_tree

    try:
        kinds = find_kinds(find_tree(".").folder)
    except ScaffoldError:  # outside a tree there are the bundled ones
        kinds = find_kinds("", OWN)
    return [name for name in kinds if name.startswith(incomplete)]


_kind = click.argument("kind", shell_complete=_complete_kind)


def _print_json(command: str, *, ok: bool, **fields: Any) -> None:
    import json

    click.echo(json.dumps({"version": 1, "command": command, "ok": ok, **fields}))


def _is_json() -> bool:
    return "json" in click.get_current_context().meta


@click.group(
    cls=_Refusing,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(
    package_name="mmaction-min", prog_name="scaffold", message="%(prog)s %(version)s"
)
def main() -> None:
    """Add a module to a framework tree: its code, export, config and test.

    \b
    scaffold add head MyHead         writes all four
    scaffold remove head MyHead      takes them back
    scaffold rename head MyHead New  gives it another name
    scaffold list                    shows the kinds, and what the tree has of each
    scaffold show head               shows what a kind writes, and its arguments
    scaffold check                   finds what does not agree, --fix mends it
    scaffold explain "KeyError: ..." says why a name is not found, and what mends it
    scaffold init my_project         makes a project of your own, outside the framework
    """
    if click.get_current_context().invoked_subcommand is None:
        _say_what_to_do()


def _say_what_to_do() -> None:
    """What is likely to come next, here; for who types `scaffold` alone."""
    from .tree import find_tree

    try:
        tree = find_tree(".")
    except ScaffoldError:
        here = "there is no tree here; go into one, or make a project of your own"
        lines = [("scaffold init my_project", "a package, configs and tests")]
    else:
        here = f"the tree is {tree.folder}"
        lines = [
            ("scaffold list", "the kinds, and what there is of each"),
            ("scaffold add head MyHead", "a new head, with its config and test"),
            ("scaffold check", "does it all agree?"),
        ]
    click.echo(here)
    for command, what in (*lines, ("scaffold --help", "all commands")):
        click.echo(f"  {command:<26}{what}")


@main.command()
@_kind
@click.argument("name")
@click.option(
    "--arg",
    "options",
    multiple=True,
    metavar="NAME[:TYPE][=DEFAULT]",
    help="An argument of the constructor; give it once for each.",
)
@_trust
@click.option(
    "--check",
    "-c",
    is_flag=True,
    help="Then run the new test, and one step of training.",
)
@_dry_run
@_json
@_quiet
@_root
@_layout
def add(
    kind: str,
    name: str,
    options: tuple[str, ...],
    check: bool,
    trust: bool,
    dry_run: bool,
    root: str | None,
    layout: str,
) -> None:
    """Add a module of a KIND; NAME is its class, in CamelCase.

    \b
    scaffold add backbone MyNet --arg width:int=64
    scaffold add head MyHead
    scaffold add loss MyLoss
    scaffold add optimizer MyOptimizer --arg a:float=0.1 --arg b:float=0.9
    scaffold add constructor MyOptimizerConstructor
    scaffold add lr-hook RelativeStep
    scaffold add head MyHead --check
    """
    tree, stub = _request(root, layout, kind, name, options)
    _consent(stub.kind, trust)
    import shlex

    from .plan import plan_add  # not before the name is accepted

    try:
        plan = plan_add(tree, stub)
    except ScaffoldError:
        _note_files_there(tree, stub)
        raise
    results = _carry_out(tree, plan, dry_run=dry_run)
    if dry_run:
        return
    _say_changes(tree, results)
    checks = _check(tree, stub) if check else {}
    passed = all(one["ok"] for one in checks.get("checks", []))
    quote = shlex.quote if _is_json() else lambda path: shlex.quote(_shown(tree, path))
    _say_next(stub.next_commands(quote), results, ok=passed, **checks)
    click.get_current_context().exit(0 if passed else 1)


def _note_files_there(tree: Tree, stub: Stub) -> None:
    """Say, and note for the JSON of the refusal, which files are in the way, and whether they are those of this add."""
    from .plan import is_added

    status = "identical" if is_added(tree, stub) else "conflict"
    files = [
        {"path": path, "status": status}
        for path in stub.paths.values()
        if os.path.lexists(os.path.join(tree.folder, path))
    ]
    click.get_current_context().meta["files"] = files
    if status == "identical" and not _is_json():
        for file in files:
            click.echo(f"{status} {_shown(tree, file['path'])}", err=True)


def _check(tree: Tree, stub: Stub) -> dict[str, list[dict[str, Any]]]:
    """Run what was added, and say how it went in a line each; the same for JSON."""
    from .trial import run_check

    click.get_current_context().close()  # the lock: other commands need not wait for it
    outcomes = []
    for outcome in run_check(tree, stub):
        outcomes.append(outcome)
        verdict = "passed" if outcome.passed else "FAILED"
        _say(f"{verdict} {outcome.command}: {outcome.last}", verdict)
    remove = f"scaffold remove {stub.kind.name} {stub.names.name}"
    for outcome in outcomes:
        if not outcome.passed and not _is_json():
            click.echo(
                f"error: {outcome.command}: see {outcome.output}\n"
                f"hint: the files stay; mend them, or `{remove}`",
                err=True,
            )
    return {
        "checks": [
            {"command": o.command, "ok": o.passed, "last": o.last, "output": o.output}
            for o in outcomes
        ]
    }


@main.command()
@_kind
@click.argument("name")
@click.option("--force", is_flag=True, help="Delete what was edited since, too.")
@_trust
@_dry_run
@_json
@_quiet
@_root
@_layout
def remove(
    kind: str,
    name: str,
    force: bool,
    trust: bool,
    dry_run: bool,
    root: str | None,
    layout: str,
) -> None:
    """Take back an add: the tree is then what it was before.

    \b
    scaffold remove head MyHead
    """
    tree, stub = _request(root, layout, kind, name)
    _consent(stub.kind, trust)
    from .plan import plan_remove  # not before the name is accepted

    results = _carry_out(tree, plan_remove(tree, stub, force=force), dry_run=dry_run)
    if not dry_run:
        _say_changes(tree, results)
        _say_next([], results)


@main.command()
@_kind
@click.argument("old")
@click.argument("new")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@_trust
@_dry_run
@_json
@_quiet
@_root
@_layout
def rename(
    kind: str,
    old: str,
    new: str,
    yes: bool,
    trust: bool,
    dry_run: bool,
    root: str | None,
    layout: str,
) -> None:
    """Give a module of a KIND another name, with its files, its export, its config, its test and every mention.

    What you wrote into them is kept. The change is shown as a diff first.

    \b
    scaffold rename head MyHead ShiftHead
    scaffold rename lr-hook RelativeStep Staircase --yes
    """
    from .names import make_names

    tree, stub = _request(root, layout, kind, old)
    _consent(stub.kind, trust)
    renamed = stub._replace(names=make_names(new, stub.kind.suffix))
    from .rename import plan_rename  # not before the names are accepted

    plan = plan_rename(tree, stub, renamed)
    if not dry_run and not yes:
        _ask(plan)
    results = _carry_out(tree, plan, dry_run=dry_run)
    if not dry_run:
        _say_changes(tree, results)
        _say_next([], results)


def _is_asked() -> bool:
    """There is a person who can answer."""
    return sys.stdin.isatty()


def _ask(plan: Plan) -> None:
    """Show the change, and end the command if the answer is no."""
    if _is_json() or not _is_asked():
        raise ScaffoldError(
            "a rename is shown before it is written, and there is no terminal to ask on",
            hint="--yes writes it, --dry-run shows it",
        )
    click.echo(plan.diff(), nl=False)
    click.confirm("write this?", abort=True)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option(
    "--name", metavar="PACKAGE", help="The package; without it, DIR's own name."
)
@_json
@_quiet
def init(folder: str, name: str | None) -> None:
    """Make a project of your own in DIR: a package, configs and tests, in which every command works.

    \b
    scaffold init my_project
    cd my_project
    scaffold add head MyHead
    """
    from .commit import hold_new
    from .project import package_name, plan_init

    package = package_name(os.path.realpath(folder), name)
    tree, note = click.get_current_context().with_resource(hold_new(folder))
    if note:
        click.echo(f"note: {note}", err=True)
    results = _carry_out(tree, plan_init(tree, package), dry_run=False)
    _say_changes(tree, results)
    commands = ["scaffold add head MyHead"]
    if os.path.realpath(folder) != os.getcwd():
        import shlex

        commands.insert(0, f"cd {shlex.quote(folder)}")
    _say_next(commands, results)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a SHELL complete commands, options and kinds.

    \b
    scaffold completion bash >> ~/.bashrc
    scaffold completion zsh >> ~/.zshrc
    scaffold completion fish > ~/.config/fish/completions/scaffold.fish
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    cls = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    click.echo(cls(main, {}, "scaffold", "_SCAFFOLD_COMPLETE").source())


@main.command(name="list")
@click.argument("kind", required=False, shell_complete=_complete_kind)
@_json
@_root
@_layout
def list_(kind: str | None, root: str | None, layout: str) -> None:
    """Show the kinds, and what the tree registers under each.

    \b
    scaffold list
    scaffold list head --json
    """
    from .kinds import find_kind, find_kinds
    from .listing import list_kinds

    tree = _find_tree(root, layout)
    kinds = find_kinds(tree.folder, tree.layout)
    wanted = [find_kind(tree.folder, kind, tree.layout)] if kind else kinds.values()
    found = list_kinds(tree, kinds, wanted)
    if _is_json():
        results = [row.as_dict() for _, rows, _ in found for row in rows]
        _print_json("list", ok=True, results=results)
        return
    for kind_, rows, note in found:
        click.echo(f"{kind_.name}: {kind_.summary}")
        for row in rows:
            mark = "" if row.is_exported else "  (not exported)"
            place = f"{_shown(tree, row.path)}:{row.line}"
            click.echo(f"  {row.name:<28}{place}{mark}")
        if kind_.taken:
            names = f"from outside the tree: {', '.join(kind_.taken)}"
            click.echo(re.sub(r"(.{1,76})(?: |$)", r"  \1\n", names), nl=False)
        click.echo(f"  {note}\n" if note else "")


@main.command()
@_kind
@click.option(
    "--eject", is_flag=True, help="Copy its templates into the tree's templates/."
)
@_dry_run
@_json
@_quiet
@_root
@_layout
def show(kind: str, eject: bool, dry_run: bool, root: str | None, layout: str) -> None:
    """Show what a KIND writes, its arguments and its templates; or make them the tree's own.

    \b
    scaffold show head
    scaffold show head --json
    scaffold show head --eject
    """
    tree, stub = _request(root, layout, kind, "MyName")
    if eject:
        from .plan import plan_eject

        results = _carry_out(tree, plan_eject(tree, stub.kind), dry_run=dry_run)
        if not dry_run:  # the copy is this user's own
            _consent(stub.kind.copied(tree.folder), trust=True)
            _say_changes(tree, results)
            _say_next([], results)
        return
    from .show import as_text, describe

    shown = describe(stub)
    if _is_json():
        _print_json("show", ok=True, results=[shown])
    else:
        click.echo(as_text(shown))


@main.command()
@click.option("--fix", is_flag=True, help="Mend what has one right answer.")
@_dry_run
@_json
@_root
@_layout
def check(fix: bool, dry_run: bool, root: str | None, layout: str) -> None:
    """Find what does not agree: modules, exports, registrations, configs and tests.

    \b
    scaffold check
    scaffold check --fix --dry-run
    scaffold check --fix
    """
    from .audit import audit, mend
    from .commit import commit
    from .kinds import find_kinds
    from .plan import Plan

    tree = _find_tree(root, layout)
    kinds = find_kinds(tree.folder, tree.layout)
    if fix:
        plan, left = mend(tree, kinds)
    else:
        plan, left = Plan(()), audit(tree, kinds)
    if fix and not dry_run:
        commit(tree, plan)
    if _is_json():
        _print_json(
            "check",
            ok=not left,
            results=[finding.as_dict() for finding in left],
            changes=[{"path": c.path, "status": c.verb} for c in plan.changes],
        )
    elif fix and dry_run:
        click.echo(plan.diff(), nl=False)
    else:
        for change in plan.changes:
            click.echo(f"{change.verb} {_shown(tree, change.path)}")
        _show_findings(tree, left, fix=fix)
    click.get_current_context().exit(1 if left else 0)


def _show_findings(tree: Tree, findings: Sequence[Finding], *, fix: bool) -> None:
    for finding in findings:
        place = f"{_shown(tree, finding.path)}:{finding.line}"
        click.echo(f"{place}: {finding.what}\n  hint: {finding.hint}")
    fixable = sum(finding.fix is not None for finding in findings)
    left = "left" if fix else "found"
    count = f"{len(findings)} {left}" if findings else f"nothing {left}"
    mends = f"; `scaffold check --fix` mends {fixable}" if fixable and not fix else ""
    click.echo(f"{count}{mends}")


@main.command()
@click.argument("text", nargs=-1)
@_json
@_root
@_layout
def explain(text: tuple[str, ...], root: str | None, layout: str) -> None:
    """Say why an error came, in this tree, and what mends it.

    TEXT is the error, or a whole traceback; without it, it is read from the standard input.

    \b
    scaffold explain "KeyError: 'MyHead is not in the models registry'"
    python -m mmaction_min.train cfg.py 2>&1 | scaffold explain
    """
    from .explain import find_cause
    from .kinds import find_kinds

    tree = _find_tree(root, layout)
    error = " ".join(text) or sys.stdin.read()
    cause = find_cause(tree, find_kinds(tree.folder, tree.layout), error)
    if _is_json():
        _print_json("explain", ok=True, results=[cause.as_dict()])
        return
    place = f"{_shown(tree, cause.path)}:{cause.line}: " if cause.path else ""
    click.echo(f"cause: {place}{cause.what}\nmend:  {cause.mend}")


def _find_tree(root: str | None, layout: str = "") -> Tree:
    from .commit import hold
    from .tree import find_tree

    tree = find_tree(root or ".", upwards=root is None, layout=layout)
    # The tree is this command's until it ends: what it plans is what it finds when it writes.
    note = click.get_current_context().with_resource(hold(tree))
    if note:
        click.echo(f"note: {note}", err=True)
    return tree


def _request(
    root: str | None,
    layout: str,
    kind: str,
    name: str,
    options: tuple[str, ...] = (),
) -> tuple[Tree, Stub]:
    from .kinds import find_kind
    from .names import make_names

    tree = _find_tree(root, layout)
    found = find_kind(tree.folder, kind, tree.layout)
    names = make_names(name, found.suffix)
    from .stub import Stub  # not before the name is accepted

    framework = tree.framework(found.package)
    return tree, Stub(found, names, framework, options, engine=tree.engine())


def _consent(kind: Kind, trust: bool) -> None:
    """The user's word, if the kind's templates are a stranger's."""
    if kind.is_bundled:  # nearly always: nothing is to be read
        return
    from .trust import is_trusted, refuse_untrusted

    if trust and not is_trusted(kind):
        from .commit import remember

        remember(kind)
    refuse_untrusted(kind)


def _carry_out(tree: Tree, plan: Plan, *, dry_run: bool) -> list[dict[str, Any]]:
    """Write a plan, or print its diff; what happened to each file."""
    from .commit import commit

    results = [{"path": change.path, "status": change.verb} for change in plan.net]
    if not dry_run:
        commit(tree, plan)
    elif _is_json():
        diff = plan.diff().decode(errors="replace")
        _say_next([], results, diff=diff)
    else:
        click.echo(plan.diff(), nl=False)
    return results


def _say(line: str, word: str) -> None:
    """Print a line that begins with a status, unless JSON or nothing is wanted."""
    if not _is_json() and not click.get_current_context().meta.get("quiet"):
        click.echo(_colored(line, word, _COLORS.get(word)))


def _say_changes(tree: Tree, results: Sequence[dict[str, Any]]) -> None:
    for result in results:
        status = result["status"]
        _say(f"{status} {_shown(tree, result['path'])}", status)


def _say_next(
    commands: Sequence[str],
    results: Sequence[dict[str, Any]],
    *,
    ok: bool = True,
    **more: Any,
) -> None:
    """The end of a command: what to type next, or the one JSON object."""
    meta = click.get_current_context().meta
    if _is_json():
        _print_json(meta["json"], ok=ok, results=results, next=commands, **more)
    elif commands and ok and not meta.get("quiet"):
        click.echo("\nnext:" + "".join(f"\n  {command}" for command in commands))


def _shown(tree: Tree, path: str) -> str:
    """A path of the tree as it can be pasted in the current folder."""
    here = os.getcwd()
    full = os.path.join(tree.folder, path)
    near = os.path.commonpath([here, tree.folder]) in (here, tree.folder)
    return os.path.relpath(full, here) if near else full
