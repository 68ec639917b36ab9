"""A comma-separated list of code, taken apart without loss: the names of an import, the items of `__all__`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ScaffoldError

if TYPE_CHECKING:
    import libcst as cst


class Gap(NamedTuple):
    """What stands between two items: the comma, the comment on its row, the rest."""

    comma: str
    comment: str
    rest: str


@dataclass(frozen=True)
class Items:
    """A list as it is written: `opening + item + gap + item + gap + ... + closing`."""

    opening: str  # up to the first item: the bracket, blanks, comments
    items: tuple[str, ...]
    gaps: tuple[str, ...]  # one an item; the last goes up to the closing bracket
    closing: str  # the bracket, or nothing

    @property
    def text(self) -> str:
        """The list, put together again."""
        pairs = zip(self.items, self.gaps, strict=True)
        return self.opening + "".join(item + gap for item, gap in pairs) + self.closing

    @property
    def one_a_row(self) -> bool:
        """Each item has a row to itself, and a comma follows the last one."""
        rows = [self.alone(index) for index in range(len(self.items))]
        return bool(rows) and all(rows) and "," in self.gaps[-1]

    def alone(self, index: int) -> bool:
        """An item has a row to itself."""
        before = self.gaps[index - 1] if index else self.opening
        return "\n" in before and "\n" in self.gaps[index]

    def indent(self, index: int) -> str:
        """The blanks at the start of an item's row; four, where that row is the list's first."""
        before = reversed((self.opening, *self.gaps[:index]))
        row = next((text for text in before if "\n" in text), "\n    ")
        return row.rpartition("\n")[2]

    def insert(self, index: int, item: str, indent: str | None) -> Items:
        """Put an item on a row of its own with this indent; with None, on its neighbour's row."""
        opening, gaps = self.opening, list(self.gaps)
        row = None if indent is None else "\n" + indent
        if index > 0:
            comma, comment, rest = _split(gaps[index - 1])
            end = "," if comma else ""
            gaps[index - 1] = (comma or ",") + (" " if row is None else comment + row)
            gap = end + (comment + rest if row is None else rest)
        elif row is None:
            lone = "," if self.closing == ")" else ""
            gap = ", " if gaps else lone
        else:
            head, rest = _split_opening(opening)
            opening, gap = head + row, "," + (rest if "\n" in rest else "\n")
        items = (*self.items[:index], item, *self.items[index:])
        gaps.insert(index, gap)
        return Items(opening, items, tuple(gaps), self.closing)

    def delete(self, index: int) -> Items:
        """Take an item out, with its row and that row's comment where the row is its own: `insert`, undone."""
        opening, gaps = self.opening, list(self.gaps)
        own = _split(gaps.pop(index))
        last = index == len(gaps)
        if index == 0 and self.alone(0):
            opening = _split_opening(opening)[0] + own.rest
        elif index == 0 and last:
            opening += own.rest
        elif index > 0:
            before = _split(gaps[index - 1])
            starts_row = "\n" in before.rest and "\n" not in own.rest and not last
            if not starts_row:
                gaps[index - 1] = _closed(before, own, last=last)
        items = self.items[:index] + self.items[index + 1 :]
        return Items(opening, items, tuple(gaps), self.closing)


def take_apart(code: str) -> Items:
    """Take a list, a tuple or a `from` import apart with LibCST.

    Args:
        code: The literal or the statement alone, its lines ended by plain newlines.

    Raises:
        ScaffoldError: LibCST cannot read it, or its parts do not make up the same text.
    """
    import libcst as cst

    try:
        parts, bracket = _parsed(code)
    except cst.ParserSyntaxError as error:
        raise ScaffoldError("LibCST cannot read the list of names") from error
    module = cst.Module([])

    def written(node: cst.CSTNode | cst.MaybeSentinel) -> str:
        if isinstance(node, cst.SimpleString) and not node.lpar:
            return node.value  # as below, but lists of thousands are not rare
        if isinstance(node, cst.CSTNode):
            return module.code_for_node(node)
        return ""

    gaps = [written(part.comma) for part in parts]
    items = [
        written(part.value if isinstance(part, cst.Element) else part).removesuffix(gap)
        for part, gap in zip(parts, gaps, strict=True)
    ]
    tail = written(bracket) if bracket else ""
    length = len(tail) + sum(map(len, items)) + sum(map(len, gaps))
    opening = code[: len(code) - length]
    if gaps:
        gaps[-1] += tail[:-1]
    else:
        opening += tail[:-1]
    taken = Items(opening, tuple(items), tuple(gaps), tail[-1:])
    if taken.text != code:  # pragma: no cover (no list is known that LibCST changes)
        raise ScaffoldError("LibCST reads the list of names differently")
    return taken


def insertions(
    items: Items, index: int, item: str, column: int, width: int
) -> list[Items]:
    """The ways to put an item in without moving another one, the likeliest first.

    Args:
        items: The list.
        index: Where the item goes.
        item: Its code.
        column: Where the list starts on its first line.
        width: How long a line may be.
    """
    same = items.insert(index, item, None)
    if not items.closing:
        return [same]
    neighbour = max(index - 1, 0)
    own = items.insert(index, item, items.indent(neighbour) or "    ")
    alone = items.alone(neighbour) if items.items else "\n" in items.opening
    crowded = longest(same.text, column) > width >= longest(items.text, column)
    return [own, same] if alone or crowded else [same, own]


def fill(words: Sequence[str], room: int) -> list[str]:
    """Words in rows of at most `room` columns, each row as full as it can be."""
    rows: list[str] = []
    for word in words:
        if rows and len(rows[-1]) + 1 + len(word) <= room:
            rows[-1] += " " + word
        else:
            rows.append(word)
    return rows


def longest(text: str, column: int = 0) -> int:
    """The length of the longest line of a text that starts at a column."""
    return max(map(len, (" " * column + text).split("\n")))


def _parsed(
    code: str,
) -> tuple[Sequence[cst.ImportAlias | cst.BaseElement], cst.CSTNode | None]:
    import libcst as cst

    if code.startswith("from"):
        line = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
        statement = cst.ensure_type(line.body[0], cst.ImportFrom)
        names = () if isinstance(statement.names, cst.ImportStar) else statement.names
        return names, statement.rpar
    literal = cst.parse_expression(code)
    if isinstance(literal, cst.List):
        return literal.elements, literal.rbracket
    literal = cst.ensure_type(literal, cst.Tuple)
    return literal.elements, literal.rpar[-1] if literal.rpar else None


def _split(gap: str) -> Gap:
    comma, comment, rest = re.findall(r"(?s)\A(\s*,|)([ \t]*#[^\n]*|)(.*)\Z", gap)[0]
    return Gap(comma, comment, rest)


def _split_opening(opening: str) -> tuple[str, str]:
    """The opening's first row with its comment, and the rest."""
    head, newline, rest = opening.partition("\n")
    if not newline and "#" not in head:
        return head.rstrip(" "), head[len(head.rstrip(" ")) :]
    return head, newline + rest


def _closed(before: Gap, own: Gap, *, last: bool) -> str:
    """The gap that is left between an item's neighbours when the item is gone."""
    comma = "" if last and not own.comma else before.comma
    if "\n" not in before.rest:
        return comma + own.comment + own.rest
    notes = before.rest.rpartition("\n")[0]  # comments on rows of their own stay
    return comma + before.comment + notes + own.rest
