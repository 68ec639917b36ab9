"""The import half of an export: where its line goes and how it is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import takewhile

from scaffold.errors import ScaffoldError
from scaffold.export_items import fill, insertions, longest, take_apart
from scaffold.export_order import (
    IMPORT_ORDERS,
    MODULE_ORDERS,
    by_type,
    kept_order,
    place,
)
from scaffold.export_source import Edit, Source, least_edit


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


def add_import(source: Source, module: str, names: Sequence[str], width: int) -> Edit:
    """Import names: on the line that imports from their module already, or else on a new one.

    Args:
        source: The file.
        module: The module, without the dot.
        names: What to import; none of it is imported yet.
        width: How long a line may be.
    """
    found = imports_of(source, module)
    if found:
        return _extended(source, found[-1], names, width)
    line = _written(source, module, names, width)
    statements = relative_imports(source)
    if not statements:
        return _first(source, line)
    keys = [_sort_name(s.level, s.module) for s in statements]
    index = place(keys, _sort_name(1, module), MODULE_ORDERS)
    if index == 0:
        start, _ = _rows(source, statements[0])
        return Edit(start, start, line + "\n")
    return _below(source, statements[index - 1], line)


def remove_import(source: Source, module: str, names: Sequence[str]) -> list[Edit]:
    """Take names out of the imports from a module, and each import that is left empty with its line.

    Raises:
        ScaffoldError: Another statement shares the line.
    """
    edits, gone = [], 0
    for statement in imports_of(source, module):
        own = [a.name for a in statement.names if a.asname in (None, a.name)]
        taken = [name for name in own if name in names]
        if len(taken) == len(statement.names):
            gone += 1
            last = gone == len(relative_imports(source))
            edits.append(_deleted(source, statement, only=last))
        elif taken:
            edits.append(_shortened(source, statement, names))
    return edits


def wrapped(module: str, names: Sequence[str], width: int, *, hanging: bool) -> str:
    """An import statement, wrapped as isort does it.

    Args:
        module: The module, without the dot.
        names: What to import, in this order.
        width: How long a line may be.
        hanging: A name a row, as in isort's black profile; or else isort's grid.
    """
    head = f"from .{module} import "
    if len(head + ", ".join(names)) <= width:
        return head + ", ".join(names)
    if hanging:
        return head + "(\n" + "".join(f"    {name},\n" for name in names) + ")"
    if len(names) == 1:
        return f"{head}\\\n    {names[0]}"
    words = [name + "," for name in names[:-1]] + [names[-1] + ")"]
    column = len(head) + 1
    grid = head + "(" + ("\n" + " " * column).join(fill(words, width - column))
    if longest(grid) <= width:
        return grid
    return head + "(\n    " + "\n    ".join(fill(words, width - 4))


def _sort_name(level: int, module: str | None) -> str:
    # isort's key: with the underscore, `..a` sorts before `.a`, and `. import` before both of its kind.
    return "." * level + "_" + (module or "")


def _written(source: Source, module: str, names: Sequence[str], width: int) -> str:
    statements = relative_imports(source)
    several = [[a.name for a in s.names] for s in statements if len(s.names) > 1]
    kept = [o for o in IMPORT_ORDERS if all(kept_order(ns, [o]) for ns in several)]
    ordered = sorted(names, key=kept[0] if kept else by_type)
    line = wrapped(module, ordered, width, hanging=_hangs(source))
    notes = {_note(source, s) for s in statements if s.names[0].name != "*"}
    note = notes.pop() if len(notes) == 1 else ""
    return f"{line}  {note}" if note.startswith("# noqa") else line


def _hangs(source: Source) -> bool:
    """The file has a list that black wrapped: a name a row, a comma after the last one."""
    return re.search(r'[(\[]\n(    [\w"]+,\n)+[)\]]', source.text) is not None


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


def _deleted(source: Source, statement: ast.stmt, *, only: bool) -> Edit:
    start, end = _rows(source, statement)
    code = source.text[start:end].removeprefix(source.code(statement)).strip()
    if code and not code.startswith("#"):
        raise ScaffoldError(
            "another statement shares the import's line", f"line {statement.lineno}"
        )
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


def _extended(
    source: Source, statement: ast.ImportFrom, names: Sequence[str], width: int
) -> Edit:
    start, _ = source.span(statement)
    code = source.code(statement)
    items = take_apart(code)
    for name in names:
        index = place([item.split()[0] for item in items.items], name, IMPORT_ORDERS)
        items = insertions(items, index, name, 0, width)[0]
    if longest(items.text) > width:
        line = _written(source, str(statement.module), names, width)
        return _below(source, statement, line)
    return least_edit(start, code, items.text)


def _shortened(source: Source, statement: ast.ImportFrom, names: Sequence[str]) -> Edit:
    start, _ = source.span(statement)
    code = source.code(statement)
    items = take_apart(code)
    for name in names:
        if name in items.items:
            items = items.delete(items.items.index(name))
    return least_edit(start, code, items.text)
