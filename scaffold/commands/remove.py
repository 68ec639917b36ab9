"""`scaffold remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import report
from . import common

if TYPE_CHECKING:
    from ..tree import Tree


@click.command()
@common.kind_argument
@click.argument("name")
@click.option("--force", is_flag=True, help="Delete what was edited since, too.")
@common.trust
@common.changing
def remove(
    tree: Tree, kind: str, name: str, force: bool, trust: bool, dry_run: bool
) -> None:
    """Take back an add: the tree is then what it was before.

    \b
    scaffold remove head MyHead
    """
    stub = common.request(tree, kind, name)
    common.consent(stub.kind, trust=trust)
    from ..remove import plan_remove  # not before the name is accepted

    plan = plan_remove(tree, stub, force=force)
    common.carry_out(tree, plan, dry_run=dry_run)
    if not dry_run:
        report.end(plan)
