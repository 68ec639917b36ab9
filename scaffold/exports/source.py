"""A Python file as the export edit sees it: bytes, the text they stand for, and a map of it."""

from __future__ import annotations

import ast
import io
import re
import symtable
import tokenize
import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..errors import ScaffoldError

# No `__init__.py` that people edit is near it; a list of this size takes six seconds and a quarter of a gigabyte.
MAX_BYTES = 1_000_000


class Edit(NamedTuple):
    """`text` in place of what stands between two offsets of `Source.text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    """A file that compiles.

    Offsets count characters of `text`, where every line ends with a plain newline;
    `spliced` puts the edits into the file as it is, with its own line endings.
    """

    encoding: str
    raw: str
    text: str
    tree: ast.Module
    bound: frozenset[str]  # the names that the module itself assigns, defines, imports

    @cached_property
    def newline(self) -> str:
        """The file's most frequent line ending."""
        endings = Counter(re.findall(r"\r\n?|\n", self.raw))
        return endings.most_common(1)[0][0] if endings else "\n"

    @cached_property
    def lines(self) -> list[int]:
        """The offset at which each line starts."""
        return [0, *(match.end() for match in re.finditer(r"\n", self.text))]

    @cached_property
    def _crlf(self) -> list[int]:
        pairs = enumerate(re.finditer(r"\r\n", self.raw))
        return [match.start() - before for before, match in pairs]

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Where a node starts and ends."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or 0
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(end_line, end_column)

    def code(self, node: ast.stmt | ast.expr) -> str:
        """A node as it is written."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_span(self, first: int, last: int) -> tuple[int, int]:
        """Where some whole lines, numbered from 1, start and end; the end is behind the last one's newline."""
        end = self.lines[last] if last < len(self.lines) else len(self.text)
        return self.lines[first - 1], end

    def spliced(self, edits: Iterable[Edit]) -> bytes:
        """The file's bytes after some edits, which must not overlap."""
        raw = self.raw
        for edit in sorted(edits, reverse=True):
            start, end = self._in_raw(edit.start), self._in_raw(edit.end)
            raw = raw[:start] + edit.text.replace("\n", self.newline) + raw[end:]
        return raw.encode(self.encoding)

    def _in_raw(self, offset: int) -> int:
        return offset + bisect_left(self._crlf, offset)

    def _offset(self, line: int, column: int) -> int:
        """An offset for a place in CPython's terms: a line from 1, a column in UTF-8 bytes."""
        start = self.lines[line - 1]
        piece = self.text[start : start + column]
        if not piece.isascii():
            # At most `column` characters hold the first `column` bytes.
            piece = piece.encode()[:column].decode()
        return start + len(piece)


def read_source(data: bytes) -> Source:
    """Decode and parse a file, exactly as CPython would.

    Args:
        data: The file's bytes; a BOM, a coding cookie and any line ending are respected.

    Raises:
        ScaffoldError: The bytes are too many, do not decode, or are no Python that compiles.
    """
    if len(data) > MAX_BYTES:
        raise ScaffoldError(
            f"the file has {len(data):,} bytes, more than the {MAX_BYTES:,} that are edited safely"
        )
    try:
        # tokenize knows no lone carriage returns; CPython does.
        lines = io.BytesIO(re.sub(rb"\r\n?", b"\n", data))
        encoding, _ = tokenize.detect_encoding(lines.readline)
        raw = data.decode(encoding)
        unchanged = raw.encode(encoding) == data
    except (SyntaxError, UnicodeError) as error:
        raise ScaffoldError(f"the file cannot be decoded: {error}") from error
    if not unchanged:
        raise ScaffoldError(
            f"the file does not survive a round trip through its encoding, {encoding}"
        )
    tree, bound = _parsed(data, raw)
    return Source(encoding, raw, re.sub(r"\r\n?", "\n", raw), tree, bound)


def least_edit(start: int, old: str, new: str) -> Edit:
    """The shortest edit that puts a new text in place of an old one.

    What it does not touch keeps its line endings, where a file mixes them.
    """
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    return Edit(start + head, start + len(old) - tail, new[head : len(new) - tail])


def _shared(one: str, other: str) -> int:
    """How many characters two texts share at the front."""
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((at for at, (a, b) in pairs if a != b), shorter)


def _parsed(data: bytes, raw: str) -> tuple[ast.Module, frozenset[str]]:
    try:
        with warnings.catch_warnings():
            # What the file's author wrote is not ours to report.
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
            compile(data, "<source>", "exec", dont_inherit=True)
            table = symtable.symtable(raw, "<source>", "exec")
    except SyntaxError as error:
        raise ScaffoldError(
            f"the file does not parse: {error.msg}", f"line {error.lineno or 1}"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "it is nested too deeply"
        raise ScaffoldError(f"the file does not parse: {why}") from error
    symbols = table.get_symbols()
    return tree, frozenset(
        s.get_name() for s in symbols if s.is_assigned() or s.is_imported()
    )
