"""Take out of a file's `__all__` what stands in it twice; the first of each stays."""

from __future__ import annotations

import ast

from scaffold.errors import ScaffoldError
from scaffold.export_all import find_literal
from scaffold.export_hand import read_listing, shortened
from scaffold.export_source import read_source
from scaffold.exports import completed
from scaffold.style import NOTHING_STATED, Style


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
    if ast.dump(read_source(edited).tree) != ast.dump(file.tree):
        raise ScaffoldError("`__all__` cannot be shortened without a change elsewhere")
    return edited
