"""The package that a module goes into: its `__init__.py`, read and edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

from .errors import ScaffoldError
from .registrations import parse
from .stub import Stub
from .tree import Tree


def read_init(tree: Tree, stub: Stub) -> bytes:
    """The `__init__.py` of the stub's package, which parses."""
    init = tree.read(stub.init)
    if init is None:
        raise ScaffoldError(
            "the package has no __init__.py to export from",
            stub.init,
            "create it, an empty file will do",
        )
    parse(init, stub.init)
    return init


def edit_init(
    edit: Callable[..., bytes],
    tree: Tree,
    init: bytes,
    stub: Stub,
    names: Sequence[str] = (),
) -> bytes:
    """The `__init__.py` after an edit of a stub's exports, or of these names; a refusal says which file it is about."""
    style = tree.style
    try:
        return edit(init, stub.names.module, names or stub.exports, style=style)
    except ScaffoldError as e:
        raise e.within(stub.init) from e


def mark_of(init: bytes) -> str:
    """A few characters that tell whether a file is another one; no secret depends on them."""
    return f"{crc32(init):08x}"
