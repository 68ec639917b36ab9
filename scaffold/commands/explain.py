"""`scaffold explain`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .. import report
from ..errors import ScaffoldError
from . import common

if TYPE_CHECKING:
    from ..tree import Tree


def _given(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> str:
    """The error; it is read before the tree is held, for who writes to a pipe may take its time."""
    if not words and sys.stdin.isatty():
        report.note("paste the error, and end it with Ctrl-D")
    text = " ".join(words) or sys.stdin.read()
    if not text.strip():
        raise ScaffoldError(
            "there is no error to explain",
            hint='give its text: `scaffold explain "KeyError: ..."`, or `COMMAND 2>&1 | scaffold explain`',
        )
    return text


@click.command()
@click.argument("text", nargs=-1, callback=_given)
@common.printing_json
@common.in_tree
def explain(tree: Tree, text: str) -> None:
    """Say why an error came, in this tree, and what mends it.

    TEXT is the error, or a whole traceback; without it, it is read from the standard input.

    \b
    scaffold explain "KeyError: 'MyHead is not in the models registry'"
    python -m mmaction_min.train cfg.py 2>&1 | scaffold explain
    """
    from ..explain import find_cause
    from ..kinds import find_kinds

    cause = find_cause(tree, find_kinds(tree.folder, tree.layout), text)
    if report.is_json():
        report.print_json(ok=True, results=[cause.as_dict()])
        return
    place = f"{report.shown(tree, cause.path)}:{cause.line}: " if cause.path else ""
    click.echo(f"cause: {place}{cause.what}\nmend:  {cause.mend}")
