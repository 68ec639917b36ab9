"""Writes a plan, all of it or nothing: the only module that opens a file of the tree for writing.

    with hold(tree):
        commit(tree, plan_add(tree, stub))

What is to be done goes into a journal in the tree's root first; then every new content is written and synced beside
its target; then each is renamed into place, in the plan's order, so that Python can import the tree at any moment;
then the journal goes. A command that fails takes back what it did. One that is killed leaves the journal, and the next
command on this tree, of whatever kind, finishes or undoes what that one began.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from .errors import FileError, LockedError, ScaffoldError

if TYPE_CHECKING:  # every command takes the lock, and most write nothing
    from pathlib import Path

    from .kinds import Kind
    from .plan import Change, Plan
    from .tree import Tree

JOURNAL = ".scaffold-journal"
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
        yield _recover(tree)
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
    from .tree import Tree

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
        raise FileError(f"{_reason(e)}; nothing was made", folder) from e
    finally:
        for made in new:
            if os.path.isdir(made) and not os.listdir(made):
                os.rmdir(made)


def commit(tree: Tree, plan: Plan) -> None:
    """Write every change of the plan, in its order; if one fails, take back those before it. Call it within `hold`.

    Raises:
        ScaffoldError: a file is no longer what the plan saw, or must not be written; nothing was changed.
        FileError: the file system refused; what was written is undone.
    """
    work = _survey(tree, plan)
    try:
        work.write_journal(tree)
        staged: dict[str, _Step] = {}
        for step in work.steps:
            staged.setdefault(step.change.path, step)
        for step in staged.values():
            _stage(tree, step, step.change.after)
        _refuse_changed(tree, plan)  # again, for the writing took its time
        for step in work.steps:
            if staged[step.change.path] is not step:  # the second change of a file
                _stage(tree, step, step.change.after)
            _put(tree, step.change.path, step.change.after)
        work.close(tree)
    except BaseException as e:
        try:
            work.undo(tree)
        except OSError as second:
            raise FileError(
                f"{_reason(second)}; the tree is half changed, though Python can import it",
                _place(tree, second),
                "the next scaffold command brings it to an end; `scaffold list` will do",
            ) from e
        if isinstance(e, OSError):
            what = f"{_reason(e)}; nothing was changed"
            raise FileError(what, _place(tree, e)) from e
        raise


def remember(kind: Kind) -> None:
    """Note, outside of all trees, that the user trusts a kind's templates as they are now."""
    from .trust import fingerprint, trusted_file

    path = trusted_file()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # One write, so that two commands do not mix, with an end of line before it, for what one that was killed wrote.
    # It is not synced: who loses it is asked once more.
    with _about(path), open(path, "ab") as file:
        file.write(f"\n{fingerprint(kind)}\n".encode())


class _Step(NamedTuple):
    """A change, and what its file had beside its content: mode, owner, group, time in nanoseconds; None if it is new."""

    change: Change
    kept: tuple[int, int, int, int] | None


class _Work(NamedTuple):
    """What the journal holds: enough to finish a commit, and to undo it.

    `folders` are made for it, outermost first; `stays` are those that it leaves empty.
    """

    steps: tuple[_Step, ...]
    folders: tuple[str, ...]
    stays: tuple[str, ...]

    def write_journal(self, tree: Tree) -> None:
        import json

        steps = [
            (s.change.path, _text(s.change.before), _text(s.change.after), s.kept)
            for s in self.steps
        ]
        journal = tree.root / JOURNAL
        _write(_beside(journal), json.dumps([steps, *self[1:]]).encode())
        os.replace(_beside(journal), journal)
        _sync(tree.root)

    def finish(self, tree: Tree) -> None:
        """Do what is not done yet."""
        for step in self.steps:
            change = step.change
            _discard(_beside(tree.path(change.path)))
            if tree.read(change.path) == change.before:
                _stage(tree, step, change.after)
                _put(tree, change.path, change.after)
        self.close(tree)

    def undo(self, tree: Tree) -> None:
        """Take back what is done, but for files that someone has edited since."""
        for step in reversed(self.steps):
            change = step.change
            _discard(_beside(tree.path(change.path)))
            if tree.read(change.path) == change.after:
                _stage(tree, step, change.before)
                _put(tree, change.path, change.before)
            if change.before is None:
                _remove_compiled(tree.path(change.path))
        for folder in reversed(self.folders):
            _remove_if_empty(tree.path(folder))
        _discard(_beside(tree.root / JOURNAL))
        self._forget(tree)

    def leave(self, tree: Tree) -> None:
        """Let every file be as it is: one that someone edited in between speaks of old files and of new ones."""
        for step in self.steps:
            _discard(_beside(tree.path(step.change.path)))
        self._forget(tree)

    def close(self, tree: Tree) -> None:
        """Remove the folders that deletions left empty; then the journal."""
        stays = {tree.root, *(tree.root / folder for folder in self.stays)}
        for step in self.steps:
            path = tree.path(step.change.path)
            if step.change.after is None:
                _remove_compiled(path)
                if path == tree.root / step.change.path:  # a link's folder stays
                    for folder in takewhile(lambda f: f not in stays, path.parents):
                        _remove_if_empty(folder)
        self._forget(tree)

    def _forget(self, tree: Tree) -> None:
        for folder in {tree.path(step.change.path).parent for step in self.steps}:
            if folder.exists():
                _sync(folder)
        (tree.root / JOURNAL).unlink(missing_ok=True)
        with suppress(OSError):  # what matters is done
            _sync(tree.root)


def _survey(tree: Tree, plan: Plan) -> _Work:
    """Look at every file of the plan before anything is written."""
    _refuse_changed(tree, plan)
    steps, folders = [], []
    for change in plan.changes:
        path = tree.path(change.path)
        if os.path.lexists(_beside(path)):
            raise ScaffoldError(
                "it is in the way, for scaffold writes under this name first",
                _shown(tree, _beside(path)),
                "move it away",
            )
        if change.before is None:
            steps.append(_Step(change, None))
            new = list(takewhile(lambda f: not f.exists(), path.parents))
            folders += [_shown(tree, folder) for folder in reversed(new)]
            continue
        info = path.stat()
        mode = stat.S_IMODE(info.st_mode)
        if not mode & stat.S_IWUSR:
            raise ScaffoldError(
                "it is read-only", change.path, f"chmod u+w {change.path}"
            )
        steps.append(_Step(change, (mode, info.st_uid, info.st_gid, info.st_mtime_ns)))
    stays = (*tree.needs, *plan.stays)
    return _Work(tuple(steps), tuple(dict.fromkeys(folders)), stays)


def _refuse_changed(tree: Tree, plan: Plan) -> None:
    for change in plan.net:
        if tree.read(change.path) != change.before:
            raise ScaffoldError(
                "the file changed since scaffold read it; nothing was written",
                change.path,
                "give the command again",
            )


def _stage(tree: Tree, step: _Step, content: bytes | None) -> None:
    """Write what a file will hold beside it, with all else as the file has it."""
    if content is None:
        return
    path = tree.path(step.change.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = _beside(path)
    _write(staged, content)
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


def _put(tree: Tree, relative: str, content: bytes | None) -> None:
    """Put what is staged for a file in its place; None deletes the file."""
    path = tree.path(relative)
    if content is None:
        path.unlink()
    else:
        os.replace(_beside(path), path)


def _recover(tree: Tree) -> str:
    """Bring to an end what a killed command began: to the new tree if it can be, or else to the old one."""
    if not any(name.startswith(JOURNAL) for name in os.listdir(tree.folder)):
        return ""
    _discard(_beside(tree.root / JOURNAL))
    text = tree.read(JOURNAL)
    if text is None:
        return ""
    work = _read_journal(text)
    is_begun, edited, in_between, has_both = False, [], False, False
    known: dict[str, list[bytes | None]] = {}
    for change in (step.change for step in work.steps):
        known.setdefault(change.path, [change.before]).append(change.after)
    for path, (before, *after) in reversed(known.items()):
        content = tree.read(path)
        if content not in (before, *after):
            edited.append(path)
            changes_twice = len(after) > 1
            # What is still staged is not in place, so it was the old file that someone edited; but where a file changes
            # twice, it may wait for the second time, if one that comes after it is done.
            is_staged = os.path.lexists(_beside(tree.path(path)))
            is_old = is_staged and not (changes_twice and is_begun)
            in_between |= is_old
            has_both |= changes_twice and not is_old
        is_begun |= content in after
    if has_both and is_begun:
        end, done = work.leave, "left where it was"
    elif is_begun and not in_between:
        end, done = work.finish, "finished"
    else:
        end, done = work.undo, "undone"
    try:
        end(tree)
    except OSError as e:
        raise FileError(
            f"{_reason(e)}; what a killed command began could not be brought to an end",
            _place(tree, e),
            "Python can import the tree; give the command again when there is room, or the permission",
        ) from e
    kept = [f"; {path} was edited since and is left as it is" for path in edited]
    return f"what a killed command began was {done}" + "".join(kept)


def _read_journal(text: bytes) -> _Work:
    import json

    from .plan import Change

    try:
        steps, folders, stays = json.loads(text)
        return _Work(
            tuple(
                _Step(
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


def _write(path: Path, content: bytes) -> None:
    """Create a file and wait until the disk has it; a link of this name is not followed."""
    with _about(path), open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with _about(folder):
            os.fsync(descriptor)
    except OSError as e:
        if e.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _about(path: Path | str) -> Iterator[None]:
    """Name the file in an error that knows a descriptor only."""
    try:
        yield
    except OSError as e:
        e.filename = e.filename or str(path)
        raise


def _discard(path: Path) -> None:
    if os.path.lexists(path):
        path.unlink()


def _beside(path: Path) -> Path:
    """Where the new content of a file is written before it is renamed."""
    return path.with_name(f".{path.name.lstrip('.')}.scaffold")


def _remove_compiled(path: Path) -> None:
    """Remove what Python compiled from a file; nothing is lost if that fails."""
    with suppress(OSError):
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()
        (path.parent / "__pycache__").rmdir()


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("latin-1")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _place(tree: Tree, error: OSError) -> str:
    """The file that an error is about, from the tree's root; the root if it does not say."""
    named = error.filename2 or error.filename
    if named is None:
        return tree.folder
    return _shown(tree, tree.root / os.fsdecode(named))


def _shown(tree: Tree, path: Path) -> str:
    return (
        path.relative_to(tree.root).as_posix()
        if path.is_relative_to(tree.root)
        else str(path)
    )
