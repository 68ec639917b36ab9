"""The `__all__` half of an export: which literal to edit, where the name goes, how the list is written."""

from __future__ import annotations

import ast
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from scaffold.errors import ScaffoldError
from scaffold.export_items import Items, fill, insertions, longest, take_apart
from scaffold.export_order import kept_order, place
from scaffold.export_source import Edit, Source

Literal = ast.List | ast.Tuple

# The line lengths that projects keep; a longer line was left to itself.
WIDTHS = (79, 88, 100, 120, sys.maxsize)
# How many names must be in an order before it counts as kept, by the quote of the list. Few names are in some order
# by chance, and most people add at the end; those who write double quotes (black, ruff) sort more often.
FEWEST_IN_ORDER = {"'": 4, '"': 3}
FEWEST_IN_IMPORT_ORDER = 10


class Hand(NamedTuple):
    """A way to write a list: on one line if it fits, or else in rows as full as they can be."""

    opening: str
    closing: str
    column: int  # where the list starts on its first line
    indent: str | None  # of the rows below the bracket; None: the rows start beside it
    comma: bool  # after the last item, where there are rows
    width: int

    def write(self, items: Sequence[str]) -> str:
        """The list of some items, in this hand."""
        left, right = self.opening, self.closing
        lone = "," if left == "(" and len(items) == 1 else ""
        line = left + ", ".join(items) + lone + right
        if not items or self.column + len(line) <= self.width:
            return line
        words = [item + "," for item in items[:-1]] + [
            items[-1] + ("," if self.comma or lone else "")
        ]
        if self.indent is not None:
            rows = fill(words, self.width - len(self.indent))
            return (
                left + "".join(f"\n{self.indent}{row}" for row in rows) + "\n" + right
            )
        words[-1] += right
        beside = self.column + 1
        return left + ("\n" + " " * beside).join(fill(words, self.width - beside))


class Listing(NamedTuple):
    """The literal that holds the file's exports, taken apart."""

    start: int
    column: int
    items: Items
    values: tuple[
        str | None, ...
    ]  # the exported names; None for an item that is no plain string


def exported_names(source: Source) -> set[str]:
    """The names that any statement of the module puts into `__all__` as a plain string."""
    mentions = (s for s in _statements(source.tree) if _mentions(s))
    return {
        node.value
        for statement in mentions
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def find_literal(source: Source) -> Literal | None:
    """The list or tuple to edit: the last one written out in the one statement that sets `__all__`.

    Raises:
        ScaffoldError: `__all__` is computed, or set in more than one place or under a condition.
    """
    stores = [s for s in _statements(source.tree) if _stores(s)]
    if len(stores) > 1:
        lines = ", ".join(str(s.lineno) for s in stores)
        raise ScaffoldError("`__all__` is set in more than one place", f"lines {lines}")
    if not stores and "__all__" not in source.bound:
        return None
    where = f"line {stores[0].lineno}" if stores else ""
    if stores and stores[0] not in source.tree.body:
        raise ScaffoldError("`__all__` is set under a condition", where)
    literals = _literals(stores[0]) if stores else []
    if not literals:
        raise ScaffoldError("`__all__` is computed, not written out", where)
    return literals[-1]


def read_listing(source: Source, literal: Literal) -> Listing:
    """Take the literal apart."""
    start, end = source.span(literal)
    column = start - source.line_span(literal.lineno, literal.lineno)[0]
    values = tuple(
        e.value if isinstance(e, ast.Constant) and isinstance(e.value, str) else None
        for e in literal.elts
    )
    return Listing(start, column, take_apart(source.text[start:end]), values)


def additions(
    source: Source,
    listing: Listing,
    names: Sequence[str],
    beside: int,
    width: int | None,
) -> Iterator[Edit]:
    """The ways to add names to `__all__`, the likeliest hand first.

    Args:
        source: The file.
        listing: Its `__all__`.
        names: What to add, in this order where the list keeps none of its own.
        beside: The offset of the import of these names.
        width: How long a line may be; None: as long as the file's own.
    """
    old, column = listing.items, listing.column
    limit = line_width(source, width)
    for quote in _quotes(source, old):
        places = list(_places(source, listing, names, beside, FEWEST_IN_ORDER[quote]))
        hand = _hand(listing, limit)
        if hand is not None:
            items = list(old.items)
            for index, name in places:
                items.insert(index, quote + name + quote)
            yield _replaced(listing, hand.write(items))
        for choice in (0, -1):
            new = old
            for index, name in places:
                new = insertions(new, index, quote + name + quote, column, limit)[
                    choice
                ]
            yield _replaced(listing, new.text)


def removal(
    source: Source, listing: Listing, names: Sequence[str], width: int | None
) -> Edit:
    """Take names out of `__all__`, in the list's own hand."""
    hand = _hand(listing, line_width(source, width))
    if hand is not None:
        pairs = zip(listing.items.items, listing.values, strict=True)
        return _replaced(
            listing, hand.write([item for item, value in pairs if value not in names])
        )
    items = listing.items
    for index in reversed(range(len(listing.values))):
        if listing.values[index] in names:
            items = items.delete(index)
    return _replaced(listing, items.text)


def line_width(source: Source, width: int | None) -> int:
    """The width that is asked for, or the one that the file's imports and `__all__` keep."""
    if width is not None:
        return width
    kept = (ast.ImportFrom, ast.Assign, ast.AnnAssign)
    lengths = [longest(source.code(s)) for s in source.tree.body if isinstance(s, kept)]
    used = max((length for length in lengths if length <= WIDTHS[-2]), default=0)
    return next(width for width in WIDTHS if used <= width)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The module's own statements, also those below `if`, `try` and the like."""
    todo: list[ast.AST] = list(reversed(tree.body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr
        ):
            todo.extend(n for n in ast.iter_child_nodes(node))


def _mentions(statement: ast.stmt) -> bool:
    """A statement sets `__all__`, adds to it, or calls one of its methods."""
    match statement:
        case ast.AugAssign(target=ast.Name(id="__all__")):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
            return True
    return _stores(statement)


def _stores(statement: ast.stmt) -> bool:
    """A statement binds or deletes `__all__`, itself and not in a statement below it."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return any(_holds(target) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.For(target=target):
            return _holds(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return any((a.asname or a.name) == "__all__" for a in names)
    return False


def _holds(target: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(target)
    )


def _literals(statement: ast.stmt) -> list[Literal]:
    """The lists and tuples written out in the sum that a statement gives to `__all__`, from left to right."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(
            value=ast.expr() as value
        ):
            found: list[Literal] = []
        case _:
            return []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        if isinstance(value.right, Literal):
            found.insert(0, value.right)
        value = value.left
    return [value, *found] if isinstance(value, Literal) else found


def _places(
    source: Source, listing: Listing, names: Sequence[str], beside: int, fewest: int
) -> Iterator[tuple[int, str]]:
    """Where each name goes: where the list's order puts it, if it keeps one; at the end otherwise."""
    values = list(listing.values)
    ranks: dict[str | None, float] = {}
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom):
            ranks.update(
                (a.asname or a.name, source.span(statement)[0]) for a in statement.names
            )
    for name in names:
        rows = [ranks.get(value, -1) for value in values]
        index = (
            len(values) if len(values) < fewest else _place(values, name, rows, beside)
        )
        ranks[name] = (
            beside - 0.5
        )  # below what is imported before it, above what is imported after it
        values.insert(index, name)
        yield index, name


def _place(
    values: Sequence[str | None], name: str, rows: Sequence[float], beside: int
) -> int:
    words = [value for value in values if value is not None]
    if len(words) < len(values):
        return len(values)
    follows = min(rows) >= 0 and list(rows) == sorted(rows)
    if follows and (len(rows) >= FEWEST_IN_IMPORT_ORDER or kept_order(words)):
        return bisect_left(rows, beside)
    return place(words, name)


def _quotes(source: Source, items: Items) -> tuple[str, ...]:
    """The quote of the list's strings. An empty list takes the file's, or else the other one.

    The other one, because an empty list and none at all, once filled, would be the same bytes.
    """
    for text in (*reversed(items.items), *_strings(source)):
        if text[0] in "'\"":
            return (
                (text[0],) if items.items else (text[0], "'" if text[0] == '"' else '"')
            )
    return '"', "'"


def _strings(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            code = source.code(node)
            if not code.startswith(('"""', "'''")):
                yield code


def _hand(listing: Listing, limit: int) -> Hand | None:
    """The hand that writes the list as it stands, or None: a name a row, comments, or no rule at all."""
    items = listing.items
    if not items.closing or (
        items.items
        and all(map(items.alone, range(len(items.items))))
        and "," in items.gaps[-1]
    ):
        return None
    rows = "\n" in items.text
    indents = (
        (items.opening.rpartition("\n")[2], None)
        if "\n" in items.opening
        else (None, "    ")
    )
    for indent, comma, width in product(
        indents if rows else ("    ",),
        (False, True),
        (limit, *WIDTHS) if rows else (limit,),
    ):
        left, right = items.opening[0], items.closing
        hand = Hand(left, right, listing.column, indent, comma, width)
        if hand.write(items.items) == items.text:
            return hand
    return None


def _replaced(listing: Listing, text: str) -> Edit:
    """The least edit that turns the literal into a text."""
    old = listing.items.text
    shorter = min(len(old), len(text))
    same = next((at for at in range(shorter) if old[at] != text[at]), shorter)
    tail = next(
        (at for at in range(shorter - same) if old[-1 - at] != text[-1 - at]),
        shorter - same,
    )
    start = listing.start
    return Edit(start + same, start + len(old) - tail, text[same : len(text) - tail])
