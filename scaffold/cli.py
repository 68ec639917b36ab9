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
    from collections.abc import Callable

    from .kinds import Kind
    from .plan import Plan
    from .stub import Stub
    from .tree import Tree


class _Refusing(click.Group):
    """Turns a refusal into its text on standard error, and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ScaffoldError as e:
            click.echo(f"error: {e}", err=True)
            ctx.exit(e.exit_code)
        except OSError as e:
            if e.errno == errno.EPIPE:  # `scaffold list | head`: click ends quietly
                raise
            click.echo(f"error: {e.filename or 'I/O'}: {e.strerror}", err=True)
            ctx.exit(74)


_root = click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="The tree; without it, the tree around the current folder.",
)
_dry_run = click.option(
    "--dry-run", is_flag=True, help="Print the change as a diff; write nothing."
)


@click.group(cls=_Refusing, context_settings={"help_option_names": ["-h", "--help"]})
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
    """


@main.command()
@click.argument("kind")
@click.argument("name")
@click.option(
    "--arg",
    "options",
    multiple=True,
    metavar="NAME[:TYPE][=DEFAULT]",
    help="An argument of the constructor; give it once for each.",
)
@click.option(
    "--check",
    "-c",
    is_flag=True,
    help="Then run the new test, and one step of training.",
)
@_dry_run
@_root
def add(
    kind: str,
    name: str,
    options: tuple[str, ...],
    check: bool,
    dry_run: bool,
    root: str | None,
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
    tree, stub = _request(root, kind, name, options)
    from .plan import plan_add  # not before the name is accepted

    plan = plan_add(tree, stub)
    _carry_out(tree, plan, dry_run=dry_run)
    if dry_run:
        return
    if check:
        _check(tree, stub)
    click.echo("\nnext:")
    import shlex

    for command in stub.next_commands(lambda path: shlex.quote(_shown(tree, path))):
        click.echo(f"  {command}")


def _check(tree: Tree, stub: Stub) -> None:
    """Run what was added, and say how it went in a line each; end with 1 if something failed."""
    from .trial import run_check

    click.get_current_context().close()  # the lock: other commands need not wait for it
    failed = []
    for outcome in run_check(tree, stub):
        verdict = "passed" if outcome.passed else "FAILED"
        click.echo(f"{verdict} {outcome.command}: {outcome.last}")
        if not outcome.passed:
            failed.append(outcome)
    for outcome in failed:
        click.echo(
            f"error: {outcome.command}: see {outcome.output}\n"
            f"hint: the files stay; mend them, or `scaffold remove {stub.kind.name} {stub.names.name}`",
            err=True,
        )
    if failed:
        click.get_current_context().exit(1)


@main.command()
@click.argument("kind")
@click.argument("name")
@click.option("--force", is_flag=True, help="Delete what was edited since, too.")
@_dry_run
@_root
def remove(kind: str, name: str, force: bool, dry_run: bool, root: str | None) -> None:
    """Take back an add: the tree is then what it was before.

    \b
    scaffold remove head MyHead
    """
    tree, stub = _request(root, kind, name)
    from .plan import plan_remove  # not before the name is accepted

    _carry_out(tree, plan_remove(tree, stub, force=force), dry_run=dry_run)


@main.command()
@click.argument("kind")
@click.argument("old")
@click.argument("new")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@_dry_run
@_root
def rename(
    kind: str, old: str, new: str, yes: bool, dry_run: bool, root: str | None
) -> None:
    """Give a module of a KIND another name, with its files, its export, its config, its test and every mention.

    What you wrote into them is kept. The change is shown as a diff first.

    \b
    scaffold rename head MyHead ShiftHead
    scaffold rename lr-hook RelativeStep Staircase --yes
    """
    from .names import make_names

    tree, stub = _request(root, kind, old)
    renamed = stub._replace(names=make_names(new, stub.kind.suffix))
    from .rename import plan_rename  # not before the names are accepted

    plan = plan_rename(tree, stub, renamed)
    if not dry_run and not yes:
        _ask(plan)
    _carry_out(tree, plan, dry_run=dry_run)


def _is_asked() -> bool:
    """There is a person who can answer."""
    return sys.stdin.isatty()


def _ask(plan: Plan) -> None:
    """Show the change, and end the command if the answer is no."""
    if not _is_asked():
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
    _carry_out(tree, plan_init(tree, package), dry_run=False)
    click.echo("\nnext:")
    if os.path.realpath(folder) != os.getcwd():
        import shlex

        click.echo(f"  cd {shlex.quote(folder)}")
    click.echo("  scaffold add head MyHead")


@main.command(name="list")
@click.argument("kind", required=False)
@_root
def list_(kind: str | None, root: str | None) -> None:
    """Show the kinds, and what the tree registers under each.

    \b
    scaffold list
    scaffold list head
    """
    from functools import cache

    from .kinds import find_kind, find_kinds
    from .registrations import registering_files

    tree = _find_tree(root)
    kinds = [find_kind(tree.folder, kind)] if kind else find_kinds(tree.folder).values()
    read = cache(registering_files)
    for kind_ in kinds:
        click.echo(f"{kind_.name}: {kind_.summary}")
        click.echo(_registered(tree, kind_, read))


def _registered(
    tree: Tree, kind: Kind, read: Callable[[Tree, str], dict[str, bytes]]
) -> str:
    """What there is of a kind, a line for each that the tree's code registers."""
    from .registrations import find_registrations

    try:
        found = find_registrations(tree, kind, read)
    except ScaffoldError as e:  # the tree has no place for this kind
        return f"  {e.what}\n"
    lines = [f"  {r.name:<28}{_shown(tree, r.path)}:{r.line}\n" for r in found]
    if kind.taken:
        names = f"from outside the tree: {', '.join(kind.taken)}"
        lines.append(re.sub(r"(.{1,76})(?: |$)", r"  \1\n", names))
    return "".join(lines)


def _find_tree(root: str | None) -> Tree:
    from .commit import hold
    from .tree import find_tree

    tree = find_tree(root or ".", upwards=root is None)
    # The tree is this command's until it ends: what it plans is what it finds when it writes.
    note = click.get_current_context().with_resource(hold(tree))
    if note:
        click.echo(f"note: {note}", err=True)
    return tree


def _request(
    root: str | None, kind: str, name: str, options: tuple[str, ...] = ()
) -> tuple[Tree, Stub]:
    from .kinds import find_kind
    from .names import make_names

    tree = _find_tree(root)
    found = find_kind(tree.folder, kind)
    names = make_names(name, found.suffix)
    from .stub import Stub  # not before the name is accepted

    framework = tree.framework(found.package)
    return tree, Stub(found, names, framework, options, engine=tree.engine())


def _carry_out(tree: Tree, plan: Plan, *, dry_run: bool) -> None:
    from .commit import commit

    if dry_run:
        click.echo(plan.diff(), nl=False)
        return
    commit(tree, plan)
    for change in plan.net:
        click.echo(f"{change.verb} {_shown(tree, change.path)}")


def _shown(tree: Tree, path: str) -> str:
    """A path of the tree as it can be pasted in the current folder."""
    here = os.getcwd()
    full = os.path.join(tree.folder, path)
    near = os.path.commonpath([here, tree.folder]) in (here, tree.folder)
    return os.path.relpath(full, here) if near else full
