"""`scaffold check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import report
from . import common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..finding import Finding
    from ..tree import Tree


@click.command()
@click.option("--fix", is_flag=True, help="Mend what has one right answer.")
@common.dry_run
@common.printing_json
@common.in_tree
def check(tree: Tree, fix: bool, dry_run: bool) -> None:
    """Find what does not agree, and mend it.

    Modules, exports, registrations, configs and tests are read; nothing of the tree is run.

    \b
    scaffold check
    scaffold check --fix --dry-run
    scaffold check --fix
    """
    from ..audit import audit, mend
    from ..commit import commit
    from ..kinds import find_kinds
    from ..plan import Plan

    kinds = find_kinds(tree.folder, tree.layout)
    plan, left = mend(tree, kinds) if fix else (Plan(()), audit(tree, kinds))
    if plan.changes and not dry_run:
        commit(tree, plan)
    if report.is_json():
        found = [finding.as_dict() for finding in left]
        report.print_json(ok=not left, results=found, changes=report.results_of(plan))
    elif fix and dry_run:
        report.show_plan(plan)
    else:
        report.show_changes(tree, plan)
        _show(tree, left, fix=fix)
    click.get_current_context().exit(1 if left else 0)


def _show(tree: Tree, findings: Sequence[Finding], *, fix: bool) -> None:
    for finding in findings:
        place = f"{report.shown(tree, finding.path)}:{finding.line}"
        click.echo(f"{place}: {finding.what}\n  hint: {finding.hint}")
    fixable = sum(finding.fix is not None for finding in findings)
    left = "left" if fix else "found"
    count = f"{len(findings)} {left}" if findings else f"nothing {left}"
    mends = f"; `scaffold check --fix` mends {fixable}" if fixable and not fix else ""
    click.echo(f"{count}{mends}")
