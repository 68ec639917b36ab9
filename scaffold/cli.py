"""The command line: parse, call, print.

    scaffold add head MyHead --arg hidden:int=256
    scaffold remove head MyHead
    scaffold list

Each command imports what it needs where it needs it, so that `scaffold --help` pays for click alone.
"""

from __future__ import annotations

import errno
import os
import re
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


@click.group(cls=_Refusing, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="mmaction-min", prog_name="scaffold", message="%(prog)s %(version)s"
)
def main() -> None:
    """Add a module to a framework tree: its code, export, config and test.

    \b
    scaffold add head MyHead         writes all four
    scaffold remove head MyHead      takes them back
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
@_trust
@_dry_run
@_root
@_layout
def add(
    kind: str,
    name: str,
    options: tuple[str, ...],
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
    """
    tree, stub = _request(root, layout, kind, name, options)
    _consent(stub.kind, trust)
    from .plan import plan_add  # not before the name is accepted

    plan = plan_add(tree, stub)
    _carry_out(tree, plan, dry_run=dry_run)
    if not dry_run:
        click.echo("\nnext:")
        import shlex

        for command in stub.next_commands(lambda path: shlex.quote(_shown(tree, path))):
            click.echo(f"  {command}")


@main.command()
@click.argument("kind")
@click.argument("name")
@click.option("--force", is_flag=True, help="Delete what was edited since, too.")
@_trust
@_dry_run
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

    _carry_out(tree, plan_remove(tree, stub, force=force), dry_run=dry_run)


@main.command(name="list")
@click.argument("kind", required=False)
@_root
@_layout
def list_(kind: str | None, root: str | None, layout: str) -> None:
    """Show the kinds, and what the tree registers under each.

    \b
    scaffold list
    scaffold list head
    """
    from functools import cache

    from .kinds import find_kind, find_kinds
    from .registrations import registering_files

    tree = _find_tree(root, layout)
    kinds = (
        [find_kind(tree.folder, kind, tree.layout)]
        if kind
        else find_kinds(tree.folder, tree.layout).values()
    )
    read = cache(registering_files)
    for kind_ in kinds:
        click.echo(f"{kind_.name}: {kind_.summary}")
        click.echo(_registered(tree, kind_, read))


@main.command()
@click.argument("kind")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@click.option(
    "--eject", is_flag=True, help="Copy its templates into the tree's templates/."
)
@_dry_run
@_root
@_layout
def show(
    kind: str, as_json: bool, eject: bool, dry_run: bool, root: str | None, layout: str
) -> None:
    """Show what a KIND writes, its arguments and its templates; or make them the tree's own.

    \b
    scaffold show head
    scaffold show head --json
    scaffold show head --eject
    """
    tree, stub = _request(root, layout, kind, "MyName")
    if eject:
        from .plan import plan_eject

        _carry_out(tree, plan_eject(tree, stub.kind), dry_run=dry_run)
        if not dry_run:  # the copy is this user's own
            _consent(stub.kind.copied(tree.folder), trust=True)
        return
    from .show import as_text, describe

    shown = describe(stub)
    if as_json:
        import json

        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo(as_text(shown))


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

    return tree, Stub(found, names, tree.framework(found.package), options)


def _consent(kind: Kind, trust: bool) -> None:
    """The user's word, if the kind's templates are a stranger's."""
    if kind.is_bundled:  # nearly always: nothing is to be read
        return
    from .trust import is_trusted, refuse_untrusted

    if trust and not is_trusted(kind):
        from .commit import remember

        remember(kind)
    refuse_untrusted(kind)


def _carry_out(tree: Tree, plan: Plan, *, dry_run: bool) -> None:
    from .commit import commit

    if dry_run:
        click.echo(plan.diff(), nl=False)
        return
    commit(tree, plan)
    for change in plan.changes:
        click.echo(f"{change.verb} {_shown(tree, change.path)}")


def _shown(tree: Tree, path: str) -> str:
    """A path of the tree as it can be pasted in the current folder."""
    here = os.getcwd()
    full = os.path.join(tree.folder, path)
    near = os.path.commonpath([here, tree.folder]) in (here, tree.folder)
    return os.path.relpath(full, here) if near else full
