"""Take out of a file what stands in it twice: a name in `__all__`, or an import; the first of each stays."""

from __future__ import annotations

import ast

from ..errors import ScaffoldError
from ..style import NOTHING_STATED, Style
from .edit import completed
from .hand import read_listing, shortened
from .imports import relative_imports, take_names
from .literal import find_literal
from .source import Source, read_source


def list_once(source: bytes, *, style: Style = NOTHING_STATED) -> bytes:
    """The file with each name once in `__all__`, in the list's own hand.

    Args:
        source: The file.
        style: As for `add_export`.

    Raises:
        ScaffoldError: The file cannot be edited safely.
    """
    file = read_source(source)
    literal = find_literal(file)
    if literal is None:
        return source
    values = [getattr(item, "value", None) for item in literal.elts]
    twice = [i for i, v in enumerate(values) if v is not None and v in values[:i]]
    if not twice:
        return source
    listing = read_listing(file, literal)
    edited = file.spliced([shortened(listing, twice, completed(style, file).width)])
    literal.elts = [item for i, item in enumerate(literal.elts) if i not in twice]
    return _proved(edited, file)


def import_once(source: bytes, *, style: Style = NOTHING_STATED) -> bytes:
    """The file without the imports that `repeats` finds.

    Args:
        source: The file.
        style: As for `add_export`.

    Raises:
        ScaffoldError: The file cannot be edited safely.
    """
    file = read_source(source)
    found = repeats(file)
    if not found:
        return source
    edited = file.spliced(take_names(file, found, completed(style, file)))
    for statement, names in found:
        statement.names = [a for a in statement.names if a.name not in names]
    body = file.tree.body
    body[:] = [s for s in body if not isinstance(s, ast.ImportFrom) or s.names]
    return _proved(edited, file)


def repeats(file: Source) -> list[tuple[ast.ImportFrom, list[str]]]:
    """The imports of a module of the package that do nothing, each with the names that it takes a second time.

    What stands between the first and the second may be why there is a second: a star import, or another use of the
    name as a target. Then it is not among them.
    """
    relative = relative_imports(file)
    statements = [s for s in relative if s.level == 1 and s.names[0].name != "*"]
    stars = [s.lineno for s in relative if s.names[0].name == "*"]
    targets = {
        node.id
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    homes: dict[str, set[tuple[int, str | None]]] = {}
    for statement in relative:
        for alias in statement.names:
            home = (statement.level, statement.module)
            homes.setdefault(alias.asname or alias.name, set()).add(home)
    first: dict[tuple[str | None, str], int] = {}  # the line that imports a name first
    found = []
    for statement in statements:
        names = []
        for alias in statement.names:
            line = first.setdefault((statement.module, alias.name), statement.lineno)
            is_between = any(line < star < statement.lineno for star in stars)
            is_own = alias.asname is None and alias.name not in targets
            is_alone = len(homes.get(alias.name, ())) == 1
            if line < statement.lineno and is_own and is_alone and not is_between:
                names.append(alias.name)
        if names:
            found.append((statement, names))
    return found


def _proved(edited: bytes, file: Source) -> bytes:
    """The edited file, if it is what the syntax tree, from which the same was taken, says."""
    if ast.dump(read_source(edited).tree) != ast.dump(file.tree):
        raise ScaffoldError("it cannot be taken out without a change elsewhere")
    return edited
