"""What a commit is to do: a journal of it on the disk, and the ways to finish it and to undo it."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ScaffoldError
from .files import beside, discard, remove_compiled, remove_if_empty, sync, write

if TYPE_CHECKING:  # every command looks for a journal, and most find none
    from ..plan import Change
    from ..tree import Tree

JOURNAL = ".scaffold-journal"


class Step(NamedTuple):
    """A change, and what its file had beside its content: mode, owner, group, time in nanoseconds; None if it is new."""

    change: Change
    kept: tuple[int, int, int, int] | None


class Work(NamedTuple):
    """What the journal holds: enough to finish a commit, and to undo it.

    `folders` are made for it, outermost first; `stays` are those that it leaves empty.
    """

    steps: tuple[Step, ...]
    folders: tuple[str, ...]
    stays: tuple[str, ...]

    def write_journal(self, tree: Tree) -> None:
        import json

        steps = [
            (s.change.path, _text(s.change.before), _text(s.change.after), s.kept)
            for s in self.steps
        ]
        journal = tree.root / JOURNAL
        write(beside(journal), json.dumps([steps, *self[1:]]).encode())
        os.replace(beside(journal), journal)
        sync(tree.root)

    def finish(self, tree: Tree) -> None:
        """Do what is not done yet."""
        for step in self.steps:
            change = step.change
            discard(beside(tree.path(change.path)))
            if tree.read(change.path) == change.before:
                stage(tree, step, change.after)
                put(tree, change.path, change.after)
        self.close(tree)

    def undo(self, tree: Tree) -> None:
        """Take back what is done, but for files that someone has edited since."""
        for step in reversed(self.steps):
            change = step.change
            discard(beside(tree.path(change.path)))
            if tree.read(change.path) == change.after:
                stage(tree, step, change.before)
                put(tree, change.path, change.before)
            if change.before is None:
                remove_compiled(tree.path(change.path))
        for folder in reversed(self.folders):
            remove_if_empty(tree.path(folder))
        discard(beside(tree.root / JOURNAL))
        self._forget(tree)

    def leave(self, tree: Tree) -> None:
        """Let every file be as it is: one that someone edited in between speaks of old files and of new ones."""
        for step in self.steps:
            discard(beside(tree.path(step.change.path)))
        self._forget(tree)

    def close(self, tree: Tree) -> None:
        """Remove the folders that deletions left empty; then the journal."""
        stays = {tree.root, *(tree.root / folder for folder in self.stays)}
        for step in self.steps:
            path = tree.path(step.change.path)
            if step.change.after is None:
                remove_compiled(path)
                if path == tree.root / step.change.path:  # a link's folder stays
                    for folder in takewhile(lambda f: f not in stays, path.parents):
                        remove_if_empty(folder)
        self._forget(tree)

    def _forget(self, tree: Tree) -> None:
        for folder in {tree.path(step.change.path).parent for step in self.steps}:
            if folder.exists():
                sync(folder)
        (tree.root / JOURNAL).unlink(missing_ok=True)
        with suppress(OSError):  # what matters is done
            sync(tree.root)


def read_journal(text: bytes) -> Work:
    import json

    from ..plan import Change

    try:
        steps, folders, stays = json.loads(text)
        return Work(
            tuple(
                Step(
                    Change(str(path), _bytes(before), _bytes(after)),
                    None if kept is None else (kept[0], kept[1], kept[2], kept[3]),
                )
                for path, before, after, kept in steps
            ),
            tuple(map(str, folders)),
            tuple(map(str, stays)),
        )
    except (ValueError, TypeError, LookupError, AttributeError) as e:
        raise ScaffoldError(
            "it is no journal of this version of scaffold",
            JOURNAL,
            "look at what `git status` shows, and delete it",
        ) from e


def stage(tree: Tree, step: Step, content: bytes | None) -> None:
    """Write what a file will hold beside it, with all else as the file has it."""
    if content is None:
        return
    path = tree.path(step.change.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = beside(path)
    write(staged, content)
    if step.kept is None:
        return
    mode, user, group, time_ns = step.kept
    new = staged.stat()
    if path.exists():
        import shutil  # costs more than the rest of this module

        shutil.copystat(path, staged)  # access lists and the like
    if (new.st_uid, new.st_gid) != (user, group):
        os.chown(staged, user, group)
    os.chmod(staged, mode)
    if content != step.change.before:
        time_ns = new.st_mtime_ns
    os.utime(staged, ns=(time_ns, time_ns))


def put(tree: Tree, relative: str, content: bytes | None) -> None:
    """Put what is staged for a file in its place; None deletes the file."""
    path = tree.path(relative)
    if content is None:
        path.unlink()
    else:
        os.replace(beside(path), path)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("latin-1")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")
