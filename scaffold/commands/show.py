"""`scaffold show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import report
from . import common

if TYPE_CHECKING:
    from ..tree import Tree


@click.command()
@common.kind_argument
@click.option(
    "--eject", is_flag=True, help="Copy its templates into the tree's templates/."
)
@common.changing
def show(tree: Tree, kind: str, eject: bool, dry_run: bool) -> None:
    """Show what a KIND writes and takes.

    Its templates are shown too; --eject makes them the tree's own, to be edited.

    \b
    scaffold show head
    scaffold show head --json
    scaffold show head --eject
    """
    stub = common.request(tree, kind, "MyName")
    if not eject:
        from ..show import as_text, describe

        facts = describe(stub)
        if report.is_json():
            report.print_json(ok=True, results=[facts])
        else:
            click.echo(as_text(facts))
        return
    from ..eject import plan_eject

    plan = plan_eject(tree, stub.kind)
    common.carry_out(tree, plan, dry_run=dry_run)
    if not dry_run:  # the copy is this user's own
        common.consent(stub.kind.copied(tree.folder), trust=True)
        report.end(plan)
