"""`scaffold explain`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .. import report
from . import common

if TYPE_CHECKING:
    from ..tree import Tree


@click.command()
@click.argument("text", nargs=-1)
@common.printing_json
@common.in_tree
def explain(tree: Tree, text: tuple[str, ...]) -> None:
    """Say why an error came, in this tree, and what mends it.

    TEXT is the error, or a whole traceback; without it, it is read from the standard input.

    \b
    scaffold explain "KeyError: 'MyHead is not in the models registry'"
    python -m mmaction_min.train cfg.py 2>&1 | scaffold explain
    """
    from ..explain import find_cause
    from ..kinds import find_kinds

    error = " ".join(text) or sys.stdin.read()
    cause = find_cause(tree, find_kinds(tree.folder, tree.layout), error)
    if report.is_json():
        report.print_json(ok=True, results=[cause.as_dict()])
        return
    place = f"{report.shown(tree, cause.path)}:{cause.line}: " if cause.path else ""
    click.echo(f"cause: {place}{cause.what}\nmend:  {cause.mend}")
