"""`scaffold list`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from .. import report
from . import common

if TYPE_CHECKING:
    from ..tree import Tree


@click.command(name="list")
@click.argument("kind", required=False, shell_complete=common.complete_kind)
@common.printing_json
@common.in_tree
def list_(tree: Tree, kind: str | None) -> None:
    """Show the kinds, and what the tree registers under each.

    \b
    scaffold list
    scaffold list head --json
    """
    from ..kinds import find_kind, find_kinds
    from ..listing import list_kinds

    kinds = find_kinds(tree.folder, tree.layout)
    wanted = [find_kind(tree.folder, kind, tree.layout)] if kind else kinds.values()
    found = list_kinds(tree, kinds, wanted)
    if report.is_json():
        results = [row.as_dict() for _, rows, _ in found for row in rows]
        report.print_json(ok=True, results=results)
        return
    width = max((len(row.name) for _, rows, _ in found for row in rows), default=0)
    for number, (kind_, rows, note) in enumerate(found):
        click.echo("\n" * bool(number) + f"{kind_.name}: {kind_.summary}")
        for row in rows:
            mark = "" if row.is_exported else "  (not exported)"
            place = f"{report.shown(tree, row.path)}:{row.line}"
            click.echo(f"  {row.name:<{width}}  {place}{mark}")
        if not rows:
            click.echo(f"  (none: {note})" if note else "  (none)")
        if kind_.taken:
            names = f"from outside the tree: {', '.join(kind_.taken)}"
            click.echo(re.sub(r"(.{1,76})(?: |$)", r"  \1\n", names), nl=False)
