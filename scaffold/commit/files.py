"""Files as a commit writes them: created, synced, named in every error."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..tree import Tree


def write(path: Path, content: bytes) -> None:
    """Create a file and wait until the disk has it; a link of this name is not followed."""
    with about(path), open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with about(folder):
            os.fsync(descriptor)
    except OSError as e:
        if e.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def about(path: Path | str) -> Iterator[None]:
    """Name the file in an error that knows a descriptor only."""
    try:
        yield
    except OSError as e:
        e.filename = e.filename or str(path)
        raise


def discard(path: Path) -> None:
    if os.path.lexists(path):
        path.unlink()


def beside(path: Path) -> Path:
    """Where the new content of a file is written before it is renamed."""
    return path.with_name(f".{path.name.lstrip('.')}.scaffold")


def remove_compiled(path: Path) -> None:
    """Remove what Python compiled from a file; nothing is lost if that fails."""
    with suppress(OSError):
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()
        (path.parent / "__pycache__").rmdir()


def remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def reason(error: OSError) -> str:
    return error.strerror or str(error)


def place(tree: Tree, error: OSError) -> str:
    """The file that an error is about, from the tree's root; the root if it does not say."""
    named = error.filename2 or error.filename
    if named is None:
        return tree.folder
    return shown(tree, tree.root / os.fsdecode(named))


def shown(tree: Tree, path: Path) -> str:
    return (
        path.relative_to(tree.root).as_posix()
        if path.is_relative_to(tree.root)
        else str(path)
    )
