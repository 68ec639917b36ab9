"""What several commands take and do: options, the tree that they hold, a kind and a name in it, consent, the commit."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .. import report
from ..errors import ScaffoldError

if TYPE_CHECKING:
    from ..kinds import Kind
    from ..plan import Plan
    from ..stub import Stub
    from ..tree import Tree

Command = TypeVar("Command", bound=Callable[..., Any])


def in_tree(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes `tree`, held until it ends; it gets --root and --layout."""

    @functools.wraps(command)
    def with_tree(*, root: str | None, layout: str, **options: Any) -> None:
        command(open_tree(root, layout), **options)

    layout = click.option(
        "--layout",
        metavar="NAME",
        default="",
        help="The tree's framework, such as mmaction2-1.x, where its look does not tell.",
    )
    root = click.option(
        "--root",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="The tree; without it, the tree around the current folder.",
    )
    return root(layout(with_tree))


def printing_json(command: Command) -> Command:
    """A command with --json, which `report` asks the group for."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        help="Print the result as one JSON object.",
    )(command)


def quietly(command: Command) -> Command:
    """A command with --quiet, which `report` keeps to."""
    return click.option(
        "--quiet",
        "-q",
        is_flag=True,
        callback=lambda ctx, _, value: ctx.meta.update(quiet=value),
        expose_value=False,
        help="Print errors alone.",
    )(command)


dry_run = click.option(
    "--dry-run", is_flag=True, help="Print the change as a diff; write nothing."
)
trust = click.option(
    "--trust",
    is_flag=True,
    help="Use the templates that came with the tree; asked once, until they change.",
)


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes `tree` and `dry_run`, and changes the tree."""
    return dry_run(printing_json(quietly(in_tree(command))))


class ListingKinds(click.Command):
    """A command whose help has the kinds, each with its summary."""

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Put them before the options."""
        rows = [(kind.name, kind.summary) for kind in _kinds_here().values()]
        with formatter.section("KIND is one of"):
            formatter.write_dl(rows)
        super().format_options(ctx, formatter)


def complete_kind(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[str]:
    """The kinds that begin so, for the shell."""
    return [name for name in _kinds_here() if name.startswith(incomplete)]


def _kinds_here() -> dict[str, Kind]:
    """The kinds of the tree around the current folder; outside of one the bundled ones."""
    from ..kinds import find_kinds
    from ..layouts import OWN
    from ..tree import find_tree

    try:
        return find_kinds(find_tree(".").folder)
    except ScaffoldError:
        return find_kinds("", OWN)


kind_argument = click.argument("kind", shell_complete=complete_kind)


def open_tree(root: str | None, layout: str) -> Tree:
    """The tree at a folder, or else around the current one: this command's alone until it ends."""
    from ..tree import find_tree

    tree = find_tree(root or ".", upwards=root is None, layout=layout)
    keep(tree)
    return tree


def keep(tree: Tree) -> None:
    """Keep other commands off the tree: what is planned is what is found when it is written."""
    from ..commit import hold

    report.note(click.get_current_context().with_resource(hold(tree)))


def let_go() -> None:
    """Let other commands have the tree before this one ends."""
    click.get_current_context().close()


def request(tree: Tree, kind: str, name: str, options: tuple[str, ...] = ()) -> Stub:
    """What a command line asks for, by a kind and a NAME."""
    from ..kinds import find_kind
    from ..names import make_names

    found = find_kind(tree.folder, kind, tree.layout)
    names = make_names(name, found.suffix)
    from ..stub import Stub  # not before the name is accepted

    framework = tree.framework(found.package)
    return Stub(found, names, framework, options, engine=tree.engine())


def consent(kind: Kind, *, trust: bool) -> None:
    """The user's word, if the kind's templates are a stranger's."""
    if kind.is_bundled:  # nearly always: nothing is to be read
        return
    from ..trust import is_trusted, refuse_untrusted

    if trust and not is_trusted(kind):
        from ..commit import remember

        remember(kind)
    refuse_untrusted(kind)


def carry_out(tree: Tree, plan: Plan, *, dry_run: bool) -> None:
    """Write a plan and say what became of each file, or print its diff alone."""
    from ..commit import commit

    if dry_run:
        report.show_plan(plan)
        return
    commit(tree, plan)
    report.show_changes(tree, plan)
