"""The import half of an export: the imports that a file has, where a line for a new one goes, and how one is taken out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from ..errors import ScaffoldError
from ..style import Style
from .order import (
    kept_order,
    module_orders,
    name_orders,
    place,
    place_nearly,
    sort_name,
)
from .source import Edit, Source
from .statement import extensions, shortened, wrapped


def relative_imports(source: Source) -> list[ast.ImportFrom]:
    """The `from .module import ...` statements at the top level, in the file's order."""
    return [s for s in source.tree.body if isinstance(s, ast.ImportFrom) and s.level]


def imports_of(source: Source, module: str) -> list[ast.ImportFrom]:
    """Those that name what they take from one module of this package."""
    found = (s for s in relative_imports(source) if s.level == 1 and s.module == module)
    return [s for s in found if s.names[0].name != "*"]


def imported_names(source: Source, module: str) -> set[str]:
    """The names that the file imports from a module of this package, under their own name."""
    statements = imports_of(source, module)
    return {a.name for s in statements for a in s.names if a.asname in (None, a.name)}


def add_import(
    source: Source, module: str, names: Sequence[str], style: Style
) -> Iterator[Edit]:
    """The ways to import names, the likeliest first: by the statement that imports from their module, or a new one.

    Args:
        source: The file.
        module: The module, without the dot.
        names: What to import; none of it is imported yet.
        style: How to write it.
    """
    found = imports_of(source, module)
    line = _written(source, module, names, style)
    if not relative_imports(source):
        yield _first(source, line)
    elif not found:
        statements = _sorted_part(source, style)
        keys = [sort_name(s.level, s.module) for s in statements]
        index = place_nearly(keys, sort_name(1, module), module_orders(style))
        yield _at(source, statements, index, line)
    elif _single(source, style):
        index = place([s.names[0].name for s in found], names[0], name_orders(style))
        yield _at(source, found, index, line)
    else:
        yield from extensions(source, found[-1], names, style)
        yield _below(source, found[-1], line)


def remove_import(
    source: Source, module: str, names: Sequence[str], style: Style
) -> list[Edit]:
    """Take names out of the imports from a module, and each import that is left empty with its line.

    Raises:
        ScaffoldError: Another statement shares the line.
    """
    found = []
    for statement in imports_of(source, module):
        own = [a.name for a in statement.names if a.asname in (None, a.name)]
        found.append((statement, [name for name in own if name in names]))
    return take_names(source, found, style)


def take_names(
    source: Source, found: Sequence[tuple[ast.ImportFrom, list[str]]], style: Style
) -> list[Edit]:
    """Take names out of imports, and each import that is left empty with its line.

    Args:
        source: The file.
        found: The imports, each with what is taken out of it.
        style: How they are written.

    Raises:
        ScaffoldError: Another statement shares the line.
    """
    edits: list[Edit] = []
    gone = []
    for statement, names in found:
        if len(names) == len(statement.names):
            gone.append(_own_rows(source, statement))
        elif names:
            edits.append(shortened(source, statement, names, style))
    only = len(gone) == len(relative_imports(source))
    return edits + [_deleted(source, *rows, only=only) for rows in _joined(gone)]


def _sorted_part(source: Source, style: Style) -> Sequence[ast.ImportFrom]:
    """All relative imports if they are in order, or else the most that no blank line parts."""
    statements = relative_imports(source)
    keys = [sort_name(s.level, s.module) for s in statements]
    if kept_order(keys, module_orders(style)):
        return statements
    parts = [statements[:1]]
    for before, statement in pairwise(statements):
        between = source.text[source.span(before)[1] : source.span(statement)[0]]
        if "\n\n" in between:
            parts.append([])
        parts[-1].append(statement)
    return max(parts, key=len)


def _at(source: Source, statements: Sequence[ast.stmt], index: int, line: str) -> Edit:
    """A line above the statement of this index, or below the last one."""
    if index > 0:
        return _below(source, statements[index - 1], line)
    start, _ = _rows(source, statements[0])
    return Edit(start, start, line + "\n")


def _single(source: Source, style: Style) -> bool:
    """Each name is imported by a statement of its own, also where several come from one module."""
    statements = [s for s in relative_imports(source) if s.module]
    modules = {(s.level, s.module) for s in statements}
    alone = all(len(s.names) == 1 for s in statements)
    return style.single or (alone and len(modules) < len(statements))


def _written(source: Source, module: str, names: Sequence[str], style: Style) -> str:
    statements = relative_imports(source)
    several = [[a.name for a in s.names] for s in statements if len(s.names) > 1]
    orders = name_orders(style)
    kept = [o for o in orders if all(kept_order(ns, [o]) for ns in several)]
    ordered = sorted(names, key=kept[0]) if kept else names
    lines = [[name] for name in ordered] if _single(source, style) else [ordered]
    line = "\n".join(
        wrapped(module, line, style.import_width, style.wrap) for line in lines
    )
    notes = {_note(source, s) for s in statements if s.names[0].name != "*"}
    note = notes.pop() if len(notes) == 1 else ""
    return f"{line}  {note}" if note.startswith("# noqa") else line


def _note(source: Source, statement: ast.stmt) -> str:
    """What stands after a statement on its last line."""
    last = statement.end_lineno or statement.lineno
    start, end = source.span(statement)[1], source.line_span(last, last)[1]
    return source.text[start:end].strip()


def _rows(source: Source, statement: ast.stmt) -> tuple[int, int]:
    """The whole lines that hold a statement and those that share a line with it."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    for other in source.tree.body:
        end = other.end_lineno or other.lineno
        if other.lineno <= last and first <= end:
            first, last = min(first, other.lineno), max(last, end)
    return source.line_span(first, last)


def _below(source: Source, statement: ast.stmt, line: str) -> Edit:
    end = _rows(source, statement)[1]
    ended = source.text[end - 1] == "\n"
    return Edit(end, end, line + "\n" if ended else "\n" + line)


def _first(source: Source, line: str) -> Edit:
    """The first relative import: a blank line below the other imports, or above the first statement."""
    body = source.tree.body[ast.get_docstring(source.tree) is not None :]
    others = list(takewhile(lambda s: isinstance(s, ast.Import | ast.ImportFrom), body))
    if others:
        return _below(source, others[-1], "\n" + line)
    start, _ = _rows(source, body[0])
    if source.text[:start].endswith("\n\n") or source.text[:start] == "\n":
        return Edit(start - 1, start - 1, "\n" + line + "\n")
    return Edit(start, start, line + "\n\n")


def _own_rows(source: Source, statement: ast.ImportFrom) -> tuple[int, int]:
    start, end = _rows(source, statement)
    code = source.text[start:end].removeprefix(source.code(statement)).strip()
    if code and not code.startswith("#"):
        raise ScaffoldError(
            "another statement shares the import's line", f"line {statement.lineno}"
        )
    return start, end


def _joined(spans: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Spans in their order, those that touch made one."""
    joined = list(spans[:1])
    for start, end in spans[1:]:
        if start == joined[-1][1]:
            start, _ = joined.pop()
        joined.append((start, end))
    return joined


def _deleted(source: Source, start: int, end: int, *, only: bool) -> Edit:
    """Whole rows, taken out; if they have the only relative imports, a blank line with them."""
    text = source.text
    if only:
        # The first relative import came with a blank line: `_first`, undone.
        if text[:start].endswith("\n\n") or text[:start] == "\n":
            start -= 1
        elif text[end : end + 1] == "\n":
            end += 1
    if text[end - 1] != "\n" and start:
        start -= 1
    return Edit(start, end, "")
