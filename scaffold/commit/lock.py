"""One command at a time on a tree."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import FileError, LockedError
from .files import reason
from .recovery import recover

if TYPE_CHECKING:  # every command takes the lock, and most write nothing
    from ..tree import Tree

PATIENCE = 30.0  # seconds that a command waits for those before it


@contextmanager
def hold(tree: Tree, patience: float = PATIENCE) -> Iterator[str]:
    """Keep other commands off the tree, and bring to an end what a killed one left there.

    The lock is the kernel's, on the root folder itself: no file is made for it, and it goes with its process. On a
    network file system it holds among the processes of one machine.

    Args:
        tree: the tree.
        patience: how many seconds to wait for another command.

    Yields:
        What was brought to an end, in words; mostly nothing.

    Raises:
        LockedError: another command is still at work.
        ScaffoldError: the journal of a killed command cannot be read.
        FileError: what a killed command began could not be ended.
    """
    folder = os.open(tree.folder, os.O_RDONLY)
    try:
        _lock(folder, tree, patience)
        yield recover(tree)
    finally:
        os.close(folder)


@contextmanager
def hold_new(folder: str) -> Iterator[tuple[Tree, str]]:
    """Make a folder and keep it, as `hold` does; a folder that stays empty is taken away again.

    Args:
        folder: the folder, which may be there already; it is made with those above it.

    Yields:
        The folder as a tree, and what was brought to an end in it, in words.

    Raises:
        FileError: the folder cannot be made.
        LockedError: another command is at work in it.
    """
    from ..tree import Tree

    new: list[str] = []
    above = os.path.realpath(folder)
    while not os.path.lexists(above):
        new.append(above)
        above = os.path.dirname(above)
    try:
        os.makedirs(folder, exist_ok=True)
        tree = Tree(os.path.realpath(folder))
        with hold(tree) as note:
            yield tree, note
    except OSError as e:
        raise FileError(f"{reason(e)}; nothing was made", folder) from e
    finally:
        for made in new:
            if os.path.isdir(made) and not os.listdir(made):
                os.rmdir(made)


def _lock(folder: int, tree: Tree, patience: float) -> None:
    import fcntl

    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as e:
            if time.monotonic() > end:
                raise LockedError(
                    "another scaffold command is at work on this tree",
                    str(tree.root),
                    "give the command again when that one has ended",
                ) from e
        time.sleep(0.02)
