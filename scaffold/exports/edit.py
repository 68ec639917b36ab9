"""Add an export to a package's `__init__.py` or take it out, as its people would have written it.

    add_export(b"from .a import A\\n\\n__all__ = ['A']\\n", "b", ["B"])

Parse to find, splice to change, parse again to prove. CPython says where the statements are, LibCST takes apart
the two that change. An edit is given back only if it compiles, if its syntax tree differs by the import and the
entries alone, if adding again would change nothing, and if removing gives the old bytes.
"""

from __future__ import annotations

import ast
import gc
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from ..errors import ScaffoldError
from ..style import BLACK_WIDTH, HANGING_COMMA, NOTHING_STATED, Style
from .bare import furnish, is_bare, strip
from .hand import additions, line_width, read_listing, removal
from .imports import (
    add_import,
    imported_names,
    imports_of,
    relative_imports,
    remove_import,
)
from .literal import exported_names, find_literal
from .source import Edit, Source, read_source
from .statement import import_wrap


class Change(NamedTuple):
    """What an edit adds to a file or takes out of it."""

    module: str
    imports: tuple[str, ...]
    entries: tuple[str, ...]  # of `__all__`


def add_export(
    source: bytes,
    module: str,
    names: Sequence[str],
    *,
    style: Style = NOTHING_STATED,
) -> bytes:
    """Import names from a module of the package and put them into `__all__`.

    What is there already stays; a file without `__all__` gets none, unless it is empty but for a docstring or comments.

    Args:
        source: The `__init__.py`.
        module: The module beside it, without the dot: `my_head`.
        names: What it exports: `["MyHead"]`.
        style: What the tree's settings state; the file's own lines tell the rest.

    Returns:
        The edited file; `source` itself where nothing is missing.

    Raises:
        ScaffoldError: The file cannot be edited safely. The hint has the two lines to paste.
    """
    _check(module, names)
    try:
        with _uncollected():
            return _added(source, module, names, style)
    except ScaffoldError as error:
        raise ScaffoldError(error.what, error.where, _paste(module, names)) from error
    except RecursionError as error:
        raise ScaffoldError(
            "the file is nested too deeply", hint=_paste(module, names)
        ) from error


def remove_export(
    source: bytes,
    module: str,
    names: Sequence[str],
    *,
    style: Style = NOTHING_STATED,
) -> bytes:
    """Take names out of the imports from a module and out of `__all__`: `add_export`, undone.

    Args:
        source: The `__init__.py`.
        module: The module beside it, without the dot.
        names: What to remove; each must be imported from the module or named in `__all__`.
        style: As for `add_export`.

    Raises:
        ScaffoldError: A name is not there, is still used, or cannot be taken out safely.
    """
    _check(module, names)
    hint = f"take {', '.join(names)} out of the import from .{module} and out of `__all__` by hand"
    try:
        file = read_source(source)
        change = _present(file, module, names)
        edited = _spliced(file, _removals(file, change, style))
        if not _differ(file, read_source(edited), change):
            raise ScaffoldError(
                "the export could not be taken out without changing something else"
            )
    except ScaffoldError as error:
        raise ScaffoldError(error.what, error.where, error.hint or hint) from error
    except RecursionError as error:
        raise ScaffoldError("the file is nested too deeply", hint=hint) from error
    return edited


def _added(data: bytes, module: str, names: Sequence[str], style: Style) -> bytes:
    file = read_source(data)
    change = _missing(file, module, names)
    if not change.imports and not change.entries:
        return data
    for edits in _ways(file, change, style):
        edited = _spliced(file, edits)
        if _proved(edited, file, data, change, style):
            return edited
    raise ScaffoldError(
        "no way to write this export could be both proved right and undone"
    )


def _missing(file: Source, module: str, names: Sequence[str]) -> Change:
    """What must be added so that the file exports some names."""
    have = imported_names(file, module)
    imports = tuple(name for name in names if name not in have)
    for name in imports:
        if name in file.bound:
            raise ScaffoldError(
                f"`{name}` already stands for something else in this file"
            )
    if imports and _lazy(file):
        raise ScaffoldError("the file loads its modules lazily, by a table of its own")
    if find_literal(file) is None and not is_bare(file):
        return Change(module, imports, ())
    listed = exported_names(file)
    return Change(module, imports, tuple(name for name in names if name not in listed))


def _present(file: Source, module: str, names: Sequence[str]) -> Change:
    """What can be taken out of a file of some names."""
    have, listed = imported_names(file, module), exported_names(file)
    literal = find_literal(file)
    items = literal.elts if literal else []
    editable = {item.value for item in items if isinstance(item, ast.Constant)}
    used = {node.id for node in ast.walk(file.tree) if isinstance(node, ast.Name)}
    for name in names:
        if name not in have and (name in file.bound or name not in listed):
            raise ScaffoldError(f"`{name}` is not imported from .{module} in this file")
        if name in used:
            raise ScaffoldError(f"`{name}` is still used in this file")
        if name in listed - editable:
            raise ScaffoldError(f"`{name}` is added to `__all__` by another statement")
    imports = tuple(name for name in names if name in have)
    return Change(module, imports, tuple(name for name in names if name in listed))


def _ways(file: Source, change: Change, style: Style) -> Iterable[list[Edit]]:
    """The ways to make a change, the likeliest first."""
    module, imports, entries = change
    if is_bare(file):
        return [[furnish(file, module, entries, style)]]
    full = completed(style, file)
    ways = [[e] for e in add_import(file, module, imports, full)] if imports else [[]]
    literal = find_literal(file)
    if literal is None or not entries:
        return ways
    listing = read_listing(file, literal)
    there = file.span(imports_of(file, module)[-1])[1] if not imports else 0
    return (
        [*edits, entry]
        for edits in ways
        for entry in additions(
            file, listing, entries, edits[0].end if edits else there, full.width
        )
    )


def _removals(file: Source, change: Change, style: Style) -> list[Edit]:
    """The edits that take a change out again."""
    module, imports, entries = change
    full = completed(style, file)
    edits = remove_import(file, module, imports, full) if imports else []
    literal = find_literal(file)
    if literal is None or not entries:
        return edits
    listing = read_listing(file, literal)
    if set(listing.values) == set(entries) == set(imports):
        names = [value for value in listing.values if value]
        stripped = strip(file, module, names, style)
        if stripped:
            return [stripped]
    return [*edits, removal(listing, entries, full.width)]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking syntax trees that only grow: a third of the time, where they are large."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def completed(style: Style, file: Source) -> Style:
    """A style with the file's own ways where it states none."""
    wrap = style.wrap or import_wrap(file)
    least = BLACK_WIDTH if wrap == HANGING_COMMA else 0
    width = style.width or max(line_width(file), least)
    imports = style.import_width or width
    return replace(style, width=width, import_width=imports, wrap=wrap)


def _lazy(file: Source) -> bool:
    """The file gives its modules out on demand, so that a plain import would undo what it is made for."""
    replaced = re.search(r"(?m)^ *sys\.modules\[__name__\] *=", file.text)
    if replaced or "_import_structure" in file.bound:
        return True
    if "__getattr__" not in file.bound or relative_imports(file):
        return False
    return "TYPE_CHECKING" in file.bound or not exported_names(file) <= file.bound


def _spliced(file: Source, edits: Sequence[Edit]) -> bytes:
    try:
        return file.spliced(edits)
    except UnicodeEncodeError as error:
        raise ScaffoldError(
            f"the file's encoding, {file.encoding}, cannot hold these names"
        ) from error


def _proved(
    edited: bytes, file: Source, data: bytes, change: Change, style: Style
) -> bool:
    """The edit does what it is asked for, nothing else, once, and can be undone."""
    try:
        new = read_source(edited)
        return (
            set(change.imports) <= imported_names(new, change.module)
            and set(change.entries) <= exported_names(new)
            and _spliced(new, _removals(new, change, style)) == data
            and _differ(new, file, change)
        )
    except ScaffoldError:
        return False


def _differ(larger: Source, smaller: Source, change: Change) -> bool:
    """Two files differ in their syntax trees by the import and the entries of a change, and by nothing else.

    The larger one's tree is cut down to find out.
    """
    for statement in imports_of(larger, change.module):
        statement.names = [a for a in statement.names if a.name not in change.imports]
    literal = find_literal(larger)
    if literal is not None:
        items = [(getattr(item, "value", None), item) for item in literal.elts]
        literal.elts = [item for value, item in items if value not in change.entries]
    tree = larger.tree
    tree.body = [s for s in tree.body if not isinstance(s, ast.ImportFrom) or s.names]
    if is_bare(smaller):
        tree.body = tree.body[: len(smaller.tree.body)]
    return ast.dump(tree) == ast.dump(smaller.tree)


def _check(module: str, names: Sequence[str]) -> None:
    for name in (*module.split("."), *names):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ScaffoldError(f"`{name}` is no Python name")
    if not names or len(set(names)) < len(names):
        raise ScaffoldError("an export needs names, each of them once")


def _paste(module: str, names: Sequence[str]) -> str:
    entries = ", ".join(f'"{name}"' for name in names)
    line = f"from .{module} import {', '.join(names)}"
    return f"add these two lines by hand, the second to `__all__`:\n    {line}\n    {entries},"
