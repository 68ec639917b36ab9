"""How `__all__` is written: the place of a new name, and the hand that the list keeps."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from .items import Items, fill, insertions, longest, take_apart
from .literal import Literal
from .order import LIST_ORDERS, kept_order, place
from .source import Edit, Source, least_edit

# The line lengths that projects keep; a longer line was left to itself.
WIDTHS = (79, 88, 100, 120, sys.maxsize)
# How many names must be in an order before it counts as kept, by the quote of the list.
# Few names are in some order by chance, and most people add at the end; those who write
# double quotes (black, ruff) sort more often. Measured on the releases of 20 packages.
FEWEST_IN_ORDER = {"'": 4, '"': 3}
# A list that is not sorted but follows the imports does so by chance up to this length.
FEWEST_IN_IMPORT_ORDER = 10


class Hand(NamedTuple):
    """A way to write a list: on one line if it fits, or else in rows as full as can be."""

    opening: str
    closing: str
    column: int  # where the list starts on its first line
    indent: str | None  # of the rows below the bracket; None: they start beside it
    comma: bool  # after the last item, where there are rows
    width: int

    def write(self, items: Sequence[str]) -> str:
        """The list of some items, in this hand."""
        lone = "," if self.opening == "(" and len(items) == 1 else ""
        line = self.opening + ", ".join(items) + lone + self.closing
        # A comma after the last item keeps a list in rows, whatever its length.
        if not items or (self.column + len(line) <= self.width and not self.comma):
            return line
        words = [item + "," for item in items]
        if not (self.comma or lone):
            words[-1] = items[-1]
        if self.indent is None:
            words[-1] += self.closing
            beside = self.column + 1
            rows = fill(words, self.width - beside)
            return self.opening + ("\n" + " " * beside).join(rows)
        below = "\n" + self.indent
        rows = fill(words, self.width - len(self.indent))
        return self.opening + below + below.join(rows) + "\n" + self.closing


class Listing(NamedTuple):
    """The literal that holds the file's exports, taken apart."""

    start: int
    column: int
    items: Items
    values: tuple[str | None, ...]  # the names; None for what is no plain string


def read_listing(source: Source, literal: Literal) -> Listing:
    """Take the literal apart."""
    start, end = source.span(literal)
    column = start - source.line_span(literal.lineno, literal.lineno)[0]
    constants = (getattr(item, "value", None) for item in literal.elts)
    values = tuple(value if isinstance(value, str) else None for value in constants)
    return Listing(start, column, take_apart(source.text[start:end]), values)


def additions(
    source: Source, listing: Listing, names: Sequence[str], beside: int, width: int
) -> Iterator[Edit]:
    """The ways to add names to `__all__`, the likeliest first.

    Args:
        source: The file.
        listing: Its `__all__`.
        names: What to add, in this order where the list keeps none of its own.
        beside: The offset of the import of these names.
        width: How long a line may be.
    """
    hand = _hand(listing, width)
    for quote in _quotes(source, listing.items):
        fewest = FEWEST_IN_ORDER[quote]
        places = [
            (index, quote + name + quote)
            for index, name in _places(source, listing.values, names, beside, fewest)
        ]
        if hand is not None:
            items = list(listing.items.items)
            for index, item in places:
                items.insert(index, item)
            yield least_edit(listing.start, listing.items.text, hand.write(items))
        for choice in (0, -1):
            new = listing.items
            for index, item in places:
                new = insertions(new, index, item, listing.column, width)[choice]
            yield least_edit(listing.start, listing.items.text, new.text)


def removal(listing: Listing, names: Sequence[str], width: int) -> Edit:
    """Take names out of `__all__`, in the list's own hand."""
    values = enumerate(listing.values)
    return shortened(listing, [i for i, value in values if value in names], width)


def shortened(listing: Listing, gone: Sequence[int], width: int) -> Edit:
    """Take the items at some places out of `__all__`, in the list's own hand."""
    items = listing.items
    hand = _hand(listing, width)
    if hand is not None:
        kept = [item for at, item in enumerate(items.items) if at not in gone]
        return least_edit(listing.start, listing.items.text, hand.write(kept))
    for index in reversed(gone):
        items = items.delete(index)
    return least_edit(listing.start, listing.items.text, items.text)


def line_width(source: Source) -> int:
    """The width that the file's imports and assignments keep, at least 79."""
    kept = (ast.ImportFrom, ast.Assign, ast.AnnAssign)
    lengths = [longest(source.code(s)) for s in source.tree.body if isinstance(s, kept)]
    used = max((length for length in lengths if length <= WIDTHS[-2]), default=0)
    return next(width for width in WIDTHS if used <= width)


def file_quote(source: Source) -> str:
    """The quote of the file's first string that is not in triple quotes; empty if it has none."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            code = source.code(node)
            if code[0] in "'\"" and not code.startswith(('"""', "'''")):
                return code[0]
    return ""


def _places(
    source: Source,
    values: Sequence[str | None],
    names: Sequence[str],
    beside: int,
    fewest: int,
) -> Iterator[tuple[int, str]]:
    """Where each name goes: in the order that the list keeps, if any; at the end otherwise."""
    values = list(values)
    ranks: dict[str | None, float] = {}
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom):
            start, _ = source.span(statement)
            ranks.update(
                (alias.asname or alias.name, start) for alias in statement.names
            )
    for name in names:
        index = len(values)
        if index >= fewest and None not in values:
            rows = [ranks.get(value, -1) for value in values]
            index = _place([str(value) for value in values], name, rows, beside)
        # Below what is imported before it, above what is imported after it.
        ranks[name] = beside - 0.5
        values.insert(index, name)
        yield index, name


def _place(values: Sequence[str], name: str, rows: Sequence[float], beside: int) -> int:
    follows = min(rows) >= 0 and list(rows) == sorted(rows)
    if follows and (
        len(rows) >= FEWEST_IN_IMPORT_ORDER or kept_order(values, LIST_ORDERS)
    ):
        return bisect_left(rows, beside)
    return place(values, name, LIST_ORDERS)


def _quotes(source: Source, items: Items) -> str:
    """The quote of the list's strings. An empty list takes the file's, or else the other one.

    The other one, because an empty list and none at all would be the same bytes once filled.
    """
    quotes = (item[0] for item in reversed(items.items) if item[0] in "'\"")
    quote = next(quotes, file_quote(source) or '"')
    if items.items:
        return quote
    return quote + "'\"".replace(quote, "")


def _hand(listing: Listing, width: int) -> Hand | None:
    """The hand that writes the list as it stands, or None: a name a row, comments, no rule."""
    items, column = listing.items, listing.column
    if items.one_a_row or not items.closing:
        return None
    rows = "\n" in items.text
    below = "\n" in items.opening
    # yapf, too, starts the rows of a list below its bracket, and those of a tuple beside it.
    beside = rows or items.opening[0] == "("
    indent = items.opening.rpartition("\n")[2] if below else None if beside else "    "
    widths = (width, *WIDTHS) if rows else (width,)
    for comma, limit in product((False, True), widths):
        hand = Hand(items.opening[0], items.closing, column, indent, comma, limit)
        if hand.write(items.items) == items.text:
            return hand
    return None
