"""Add an export to a package's `__init__.py` or take it out, as its people would have written it.

    add_export(b"from .a import A\\n\\n__all__ = ['A']\\n", "b", ["B"])

Parse to find, splice to change, parse again to prove. CPython says where the statements are, LibCST takes apart
the two that change. An edit is given back only if it compiles, if its syntax tree differs by the import and the
entries alone, if adding again would change nothing, and if removing gives the old bytes.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scaffold.errors import ScaffoldError
from scaffold.export_all import (
    WIDTHS,
    Hand,
    additions,
    exported_names,
    find_literal,
    line_width,
    read_listing,
    removal,
)
from scaffold.export_import import (
    add_import,
    imported_names,
    imports_of,
    relative_imports,
    remove_import,
    wrapped,
)
from scaffold.export_order import by_type
from scaffold.export_source import Edit, Source, read_source


class Change(NamedTuple):
    """What an edit adds to a file or takes out of it."""

    module: str
    imports: tuple[str, ...]
    entries: tuple[str, ...]  # of `__all__`


def add_export(
    source: bytes, module: str, names: Sequence[str], *, width: int | None = None
) -> bytes:
    """Import names from a module of the package and put them into `__all__`.

    What is there already stays; a file without `__all__` gets none, unless it is empty but for a docstring or comments.

    Args:
        source: The `__init__.py`.
        module: The module beside it, without the dot: `my_head`.
        names: What it exports: `["MyHead"]`.
        width: How long a line may be; by default as long as the file's own, at least 79.

    Returns:
        The edited file; `source` itself where nothing is missing.

    Raises:
        ScaffoldError: The file cannot be edited safely. The hint has the two lines to paste.
    """
    _check(module, names)
    try:
        return _added(source, module, names, width)
    except ScaffoldError as error:
        raise ScaffoldError(error.what, error.where, _paste(module, names)) from error
    except RecursionError as error:
        raise ScaffoldError(
            "the file is nested too deeply", hint=_paste(module, names)
        ) from error


def remove_export(
    source: bytes, module: str, names: Sequence[str], *, width: int | None = None
) -> bytes:
    """Take names out of the imports from a module and out of `__all__`: `add_export`, undone.

    Args:
        source: The `__init__.py`.
        module: The module beside it, without the dot.
        names: What to remove; each must be imported from the module or named in `__all__`.
        width: As for `add_export`.

    Raises:
        ScaffoldError: A name is not there, is still used, or cannot be taken out safely.
    """
    _check(module, names)
    hint = f"take {', '.join(names)} out of the import from .{module} and out of `__all__` by hand"
    try:
        file = read_source(source)
        change = _present(file, module, names)
        edited = _spliced(file, _removals(file, change, width))
        if not _differ(file, read_source(edited), change):
            raise ScaffoldError(
                "the export could not be taken out without changing something else"
            )
    except ScaffoldError as error:
        raise ScaffoldError(error.what, error.where, error.hint or hint) from error
    except RecursionError as error:
        raise ScaffoldError("the file is nested too deeply", hint=hint) from error
    return edited


def _added(data: bytes, module: str, names: Sequence[str], width: int | None) -> bytes:
    file = read_source(data)
    change = _missing(file, module, names)
    if not change.imports and not change.entries:
        return data
    for edits in _ways(file, change, width):
        edited = _spliced(file, edits)
        if _proved(edited, file, data, change, width):
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
    if find_literal(file) is None and not _bare(file):
        return Change(module, imports, ())
    listed = exported_names(file)
    return Change(module, imports, tuple(name for name in names if name not in listed))


def _present(file: Source, module: str, names: Sequence[str]) -> Change:
    """What can be taken out of a file of some names."""
    have, listed = imported_names(file, module), exported_names(file)
    literal = find_literal(file)
    for name in names:
        if name not in have and (name in file.bound or name not in listed):
            raise ScaffoldError(f"`{name}` is not imported from .{module} in this file")
        if any(
            isinstance(node, ast.Name) and node.id == name
            for node in ast.walk(file.tree)
        ):
            raise ScaffoldError(f"`{name}` is still used in this file")
    editable = (
        {e.value for e in literal.elts if isinstance(e, ast.Constant)}
        if literal
        else set()
    )
    entries = tuple(name for name in names if name in listed)
    for name in entries:
        if name not in editable:
            raise ScaffoldError(f"`{name}` is added to `__all__` by another statement")
    return Change(module, tuple(name for name in names if name in have), entries)


def _ways(file: Source, change: Change, width: int | None) -> Iterator[list[Edit]]:
    """The ways to make a change, the likeliest hand first."""
    if _bare(file):
        end = len(file.text)
        yield [Edit(end, end, _opened(file.text, change.module, change.entries, width))]
        return
    edits: list[Edit] = []
    if change.imports:
        edits.append(
            add_import(file, change.module, change.imports, line_width(file, width))
        )
        beside = edits[0].end
    else:
        beside = file.span(imports_of(file, change.module)[-1])[1]
    literal = find_literal(file)
    if literal is None or not change.entries:
        yield edits
        return
    listing = read_listing(file, literal)
    for entry in additions(file, listing, change.entries, beside, width):
        yield [*edits, entry]


def _removals(file: Source, change: Change, width: int | None) -> list[Edit]:
    edits = remove_import(file, change.module, change.imports) if change.imports else []
    literal = find_literal(file)
    if literal is None or not change.entries:
        return edits
    listing = read_listing(file, literal)
    if change.imports and set(listing.values) == set(change.entries):
        start, _ = file.span(imports_of(file, change.module)[0])
        entries = [value for value in listing.values if value]
        for header in (
            file.text[: start - blanks] for blanks in range(min(start, 2) + 1)
        ):
            if header + _opened(header, change.module, entries, width) == file.text:
                return [Edit(len(header), len(file.text), "")]
    return [*edits, removal(file, listing, change.entries, width)]


def _opened(header: str, module: str, names: Sequence[str], width: int | None) -> str:
    """What makes the first export of a file that holds at most a docstring and comments, in black's style."""
    limit = width or WIDTHS[0]
    line = wrapped(module, sorted(names, key=by_type), limit, hanging=True)
    head = "__all__ = "
    entries = Hand("[", "]", len(head), "    ", False, limit).write(
        [f'"{name}"' for name in names]
    )
    text = f"{line}\n\n{head}{entries}"
    if header and not header.endswith("\n"):
        return "\n\n" + text
    return ("\n" if header else "") + text + "\n"


def _bare(file: Source) -> bool:
    """The file holds nothing but, perhaps, a docstring and comments."""
    return len(file.tree.body) == (ast.get_docstring(file.tree) is not None)


def _lazy(file: Source) -> bool:
    """The file gives its modules out on demand, so that a plain import would undo what it is made for."""
    if "_import_structure" in file.bound or re.search(
        r"(?m)^ *sys\.modules\[__name__\] *=", file.text
    ):
        return True
    if "__getattr__" not in file.bound:
        return False
    imports = relative_imports(file)
    served = exported_names(file) - file.bound and not any(
        s.names[0].name == "*" for s in imports
    )
    return bool(served) or ("TYPE_CHECKING" in file.bound and not imports)


def _spliced(file: Source, edits: Sequence[Edit]) -> bytes:
    try:
        return file.spliced(edits)
    except UnicodeEncodeError as error:
        raise ScaffoldError(
            f"the file's encoding, {file.encoding}, cannot hold these names"
        ) from error


def _proved(
    edited: bytes, file: Source, data: bytes, change: Change, width: int | None
) -> bool:
    """The edit does what it is asked for, nothing else, once, and can be undone."""
    try:
        new = read_source(edited)
        return (
            set(change.imports) <= imported_names(new, change.module)
            and set(change.entries) <= exported_names(new)
            and _spliced(new, _removals(new, change, width)) == data
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
        literal.elts = [
            e
            for e in literal.elts
            if not isinstance(e, ast.Constant) or e.value not in change.entries
        ]
    tree = larger.tree
    tree.body = [s for s in tree.body if not isinstance(s, ast.ImportFrom) or s.names]
    if _bare(smaller):
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
