"""One import statement: how it is wrapped, and how names are put into it or taken out of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import product

from ..style import BACKSLASH, GRID, HANGING, HANGING_COMMA, Style
from .hand import WIDTHS, file_quote
from .items import Items, fill, insertions, longest, take_apart
from .order import name_orders, place
from .source import Edit, Source, least_edit

# What shows how a file wraps an import; black wraps its other lists in the same way.
WRAPS = {
    HANGING_COMMA: r'[(\[]\n(    [\w"]+,\n)+[)\]]',
    BACKSLASH: r"(?m)^from \.[\w.]* import .*, ?\\$",
    GRID: r"(?m)^from \.[\w.]* import \(\w.*,$",
}


def import_wrap(source: Source) -> str:
    """How the file wraps an import that is too long, as its other statements show it."""
    for wrap, pattern in WRAPS.items():
        if re.search(pattern, source.text):
            return wrap
    # Those who write double quotes do so by black, more often than not.
    return HANGING_COMMA if file_quote(source) == '"' else GRID


def wrapped(module: str, names: Sequence[str], width: int, wrap: str) -> str:
    """An import statement, wrapped as isort does it.

    Args:
        module: The module, without the dot.
        names: What to import, in this order.
        width: How long a line may be.
        wrap: What to do with a statement that is longer.
    """
    head = f"from .{module} import "
    words = [name + "," for name in names[:-1]] + [names[-1]]
    line = head + " ".join(words)
    if len(line) <= width:
        return line
    if wrap in (HANGING, HANGING_COMMA):
        comma = "," if wrap == HANGING_COMMA else ""
        return head + "(\n    " + "\n    ".join(words) + comma + "\n)"
    if wrap == BACKSLASH:
        # The rows below are indented by as many columns as `from` takes.
        rows = fill([line[4 : len(head + words[0])], *words[1:]], width - 6)
        return "from" + " \\\n    ".join(rows)
    if len(names) == 1:
        return f"{head}\\\n    {names[0]}"
    words[-1] += ")"
    column = len(head) + 1
    grid = head + "(" + ("\n" + " " * column).join(fill(words, width - column))
    if longest(grid) <= width:
        return grid
    return head + "(\n    " + "\n    ".join(fill(words, width - 4))


def extensions(
    source: Source, statement: ast.ImportFrom, names: Sequence[str], style: Style
) -> Iterator[Edit]:
    """The ways to put names into a statement: all of it written anew in its own hand, or else beside a neighbour."""
    start, _ = source.span(statement)
    code = source.code(statement)
    items = take_apart(code)
    hand = _hand(statement, items, style)
    ordered, spliced, orders = list(items.items), items, name_orders(style)
    for name in names:
        index = place([item.split()[0] for item in ordered], name, orders)
        ordered.insert(index, name)
        spliced = insertions(spliced, index, name, 0, style.import_width)[0]
    if hand:
        yield least_edit(start, code, wrapped(str(statement.module), ordered, *hand))
    if longest(spliced.text) <= style.import_width:
        yield least_edit(start, code, spliced.text)


def shortened(
    source: Source, statement: ast.ImportFrom, names: Sequence[str], style: Style
) -> Edit:
    """Take names out of a statement, some of which stay: in its own hand, or else without a move of the others."""
    start, _ = source.span(statement)
    code = source.code(statement)
    items = take_apart(code)
    hand = _hand(statement, items, style)
    if hand:
        kept = [item for item in items.items if item not in names]
        return least_edit(start, code, wrapped(str(statement.module), kept, *hand))
    for name in names:
        if name in items.items:
            items = items.delete(items.items.index(name))
    return least_edit(start, code, items.text)


def _hand(
    statement: ast.ImportFrom, items: Items, style: Style
) -> tuple[int, str] | None:
    """The width and the way of wrapping that give a statement as it stands, or None."""
    wraps = (style.wrap, GRID, HANGING_COMMA, HANGING, BACKSLASH)
    hands = product((style.import_width, *WIDTHS), wraps)
    module = str(statement.module)
    return next(
        (h for h in hands if wrapped(module, items.items, *h) == items.text), None
    )
