"""Writes a plan: the only module that opens a file of the tree for writing."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from .errors import FileError, ScaffoldError
from .plan import Change, Plan
from .tree import Tree


def commit(tree: Tree, plan: Plan) -> None:
    """Write every change of the plan, in its order; if one fails, take back those before it.

    Raises:
        ScaffoldError: a file is no longer what the plan saw; nothing was written.
        FileError: the file system refused; what was written is undone.
    """
    for change in plan.changes:
        if tree.read(change.path) != change.before:
            raise ScaffoldError(
                "the file changed while scaffold was at work; nothing was written",
                change.path,
                "give the command again",
            )
    modes = {change.path: _mode(tree.path(change.path)) for change in plan.changes}
    begun: list[Change] = []
    try:
        for change in plan.changes:
            begun.append(change)
            _put(tree, change.path, change.after, modes[change.path])
    except OSError as e:
        for change in reversed(begun):
            _put(tree, change.path, change.before, modes[change.path])
        raise FileError(
            f"{e.strerror}; nothing was changed", str(e.filename or change.path)
        ) from e


def _put(tree: Tree, relative: str, content: bytes | None, mode: int | None) -> None:
    path = tree.path(relative)
    if content is None:
        _delete(path, tree.root / Path(relative).parts[0])
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.scaffold")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _delete(path: Path, top: Path) -> None:
    """Delete a file with its compiled form, and the folders that are empty then, up to `top`."""
    path.unlink(missing_ok=True)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
    with suppress(OSError):  # the first folder that is not empty ends it
        (path.parent / "__pycache__").rmdir()
    with suppress(OSError):
        for folder in takewhile(lambda folder: folder != top, path.parents):
            folder.rmdir()


def _mode(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None
