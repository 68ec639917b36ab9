"""Let a package's `__init__.py` take in a sub-package: `from .heads import *`, or `from . import heads`.

As in `exports`, an edit is a splice, and is given back only if the syntax tree differs by what was asked for, if
the old bytes come back without it, and if a second edit would change nothing.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence

from ..errors import ScaffoldError
from ..style import NOTHING_STATED, Style
from .bare import is_bare
from .edit import completed
from .hand import additions, line_width, read_listing, removal
from .imports import add_import, relative_imports
from .items import insertions, take_apart
from .literal import exported_names, find_literal
from .order import IMPORT_ORDERS, place
from .source import Edit, Source, least_edit, read_source

# What a linter must not say of a star import, in a file that has none to copy.
NOTE = "  # noqa: F401,F403"


def add_star(source: bytes, module: str) -> bytes:
    """Import all that a sub-package exports, on a line like those of its siblings.

    Args:
        source: The `__init__.py`.
        module: The sub-package, without the dot.

    Raises:
        ScaffoldError: The file cannot be edited safely.
    """
    file = read_source(source)
    if star_of(file, module):
        return source
    line = f"from .{module} import *"
    if is_bare(file):
        edit = _opening(file, line + NOTE)
    else:
        style = completed(NOTHING_STATED, file)
        at = next(iter(add_import(file, module, ["*"], style)))
        plain = re.sub(rf"({re.escape(line)})[^\n]*", r"\1", at.text)
        edit = at._replace(text=plain.replace(line, line + _note(file)))
    edited = _spliced(file, edit)
    new = read_source(edited)
    added = star_of(new, module)
    new.tree.body = [s for s in new.tree.body if s is not added]
    return _proved(edited, new, file)


def remove_star(source: bytes, module: str) -> bytes:
    """`add_star`, undone; without a star import of the sub-package, the file as it is.

    Raises:
        ScaffoldError: The line is not as `add_star` would write it.
    """
    file = read_source(source)
    statement = star_of(file, module)
    if statement is None:
        return source
    start, end = file.line_span(statement.lineno, statement.end_lineno or 0)
    for first in (start, start - 1, start - 2):  # with the blank line above it, or not
        blank = first >= 0 and not file.text[first:start].strip("\n")
        if (
            blank
            and add_star(shorter := file.spliced([Edit(first, end, "")]), module)
            == source
        ):
            return shorter
    raise ScaffoldError("the star import was edited since", f"line {statement.lineno}")


def add_whole(source: bytes, module: str) -> bytes:
    """Import a sub-package itself, in the last `from . import` of the file, and export it if its siblings are.

    Args:
        source: The `__init__.py`.
        module: The sub-package.

    Raises:
        ScaffoldError: The file has no such import, or cannot be edited safely.
    """
    file = read_source(source)
    statement = whole_of(file)
    if statement is None:
        raise ScaffoldError("no `from . import` is there to extend")
    siblings = [alias.name for alias in statement.names]
    if module in siblings:
        return source
    code = file.code(statement)
    items = take_apart(code)
    index = place([item.split()[0] for item in items.items], module, IMPORT_ORDERS)
    longer = insertions(items, index, module, 0, line_width(file))[0]
    edited = _spliced(file, least_edit(file.span(statement)[0], code, longer.text))
    new = read_source(edited)
    extended = whole_of(new)
    if extended is not None:
        extended.names = [a for a in extended.names if a.name != module]
    edited = _proved(edited, new, file)
    if exported_names(file).isdisjoint(siblings):
        return edited
    return add_entries(edited, module, [module])


def add_entries(
    source: bytes,
    module: str,
    names: Sequence[str],
    *,
    style: Style = NOTHING_STATED,
) -> bytes:
    """Put names into `__all__` that a star import has brought already.

    Args:
        source: The `__init__.py`.
        module: Where they come from, without the dot; it says their place in an `__all__` that follows the imports.
        names: What to export.
        style: As for `add_export`.

    Raises:
        ScaffoldError: The file cannot be edited safely.
    """
    file = read_source(source)
    missing = [name for name in names if name not in exported_names(file)]
    literal = find_literal(file)
    if literal is None or not missing:
        return source
    statement = star_of(file, module) or whole_of(file) or file.tree.body[0]
    width = completed(style, file).width
    listing = read_listing(file, literal)
    beside = file.span(statement)[1]
    for edit in additions(file, listing, missing, beside, width):
        edited = _spliced(file, edit)
        new = read_source(edited)
        longer = find_literal(new)
        if longer is None:
            continue
        shorter = removal(
            read_listing(new, longer), missing, completed(style, new).width
        )
        longer.elts = [e for e in longer.elts if getattr(e, "value", 0) not in missing]
        if _spliced(new, shorter) == source:
            return _proved(edited, new, file)
    raise ScaffoldError("no way to write `__all__` could be both proved and undone")


def star_of(file: Source, module: str) -> ast.ImportFrom | None:
    """The `from .module import *` of a file."""
    stars = (s for s in _stars(file) if s.level == 1 and s.module == module)
    return next(stars, None)


def _stars(file: Source) -> list[ast.ImportFrom]:
    return [s for s in relative_imports(file) if s.names[0].name == "*"]


def whole_of(file: Source) -> ast.ImportFrom | None:
    """The last `from . import` of a file."""
    found = [s for s in relative_imports(file) if s.level == 1 and s.module is None]
    return found[-1] if found else None


def _note(file: Source) -> str:
    """The comment, with the blanks before it, that most of the file's star imports have."""
    lines = (file.line_span(s.lineno, s.lineno) for s in _stars(file))
    rests = [file.text[start:end].partition("*")[2].rstrip() for start, end in lines]
    notes = Counter(rest if rest.lstrip().startswith("#") else "" for rest in rests)
    return notes.most_common(1)[0][0] if notes else NOTE


def _opening(file: Source, line: str) -> Edit:
    """The first statement of a file, a blank line below its docstring."""
    end = len(file.text)
    if file.text and not file.text.endswith("\n"):
        return Edit(end, end, "\n\n" + line)
    return Edit(end, end, ("\n" if file.text else "") + line + "\n")


def _spliced(file: Source, edit: Edit) -> bytes:
    try:
        return file.spliced([edit])
    except UnicodeEncodeError as error:
        raise ScaffoldError(
            f"the file's encoding, {file.encoding}, cannot hold this name"
        ) from error


def _proved(edited: bytes, cut: Source, old: Source) -> bytes:
    """The edit, if the new file without what was added is the old one."""
    if ast.dump(cut.tree) != ast.dump(old.tree):
        raise ScaffoldError(
            "the import cannot be added without changing something else"
        )
    return edited
