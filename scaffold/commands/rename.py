"""`scaffold rename`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .. import report
from ..errors import ScaffoldError
from . import common

if TYPE_CHECKING:
    from ..plan import Plan
    from ..tree import Tree


@click.command()
@common.kind_argument
@click.argument("old")
@click.argument("new")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@common.trust
@common.changing
def rename(
    tree: Tree, kind: str, old: str, new: str, yes: bool, trust: bool, dry_run: bool
) -> None:
    """Give a module of a KIND another name.

    Its files, its export, its config, its test and every mention change with it; your own comments and texts stay. The
    change is shown as a diff first.

    \b
    scaffold rename head MyHead ShiftHead
    scaffold rename lr-hook RelativeStep Staircase --yes
    """
    from ..names import make_names

    stub = common.request(tree, kind, old)
    common.consent(stub.kind, trust=trust)
    renamed = stub._replace(names=make_names(new, stub.kind.suffix))
    from ..rename import plan_rename  # not before the names are accepted

    plan = plan_rename(tree, stub, renamed)
    if not dry_run and not yes:
        _ask(plan)
        common.keep(tree)
        if plan_rename(tree, stub, renamed) != plan:
            raise ScaffoldError(
                "the tree changed while you were asked; nothing was written",
                hint="give the command again",
            )
    common.carry_out(tree, plan, dry_run=dry_run)
    if not dry_run:
        report.end(plan)


def _ask(plan: Plan) -> None:
    """Show the change, and end the command if the answer is no; other commands need not wait for it."""
    if report.is_json() or not _is_asked():
        raise ScaffoldError(
            "a rename is shown before it is written, and there is no terminal to ask on",
            hint="--yes writes it, --dry-run shows it",
        )
    common.let_go()
    click.echo(plan.diff(), nl=False)
    click.confirm("write this?", abort=True)


def _is_asked() -> bool:
    """There is a person who can answer."""
    return sys.stdin.isatty()
