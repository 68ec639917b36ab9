"""From a plan to the files of the tree."""

from __future__ import annotations

import os
import stat
from itertools import takewhile
from typing import TYPE_CHECKING

from ..errors import FileError, ScaffoldError
from .files import about, beside, place, reason, shown
from .journal import Step, Work, put, stage

if TYPE_CHECKING:  # every command takes the lock, and most write nothing
    from ..kinds import Kind
    from ..plan import Plan
    from ..tree import Tree


def commit(tree: Tree, plan: Plan) -> None:
    """Write every change of the plan, in its order; if one fails, take back those before it. Call it within `hold`.

    Raises:
        ScaffoldError: a file is no longer what the plan saw, or must not be written; nothing was changed.
        FileError: the file system refused; what was written is undone.
    """
    work = _survey(tree, plan)
    try:
        work.write_journal(tree)
        staged: dict[str, Step] = {}
        for step in work.steps:
            staged.setdefault(step.change.path, step)
        for step in staged.values():
            stage(tree, step, step.change.after)
        _refuse_changed(tree, plan)  # again, for the writing took its time
        for step in work.steps:
            if staged[step.change.path] is not step:  # the second change of a file
                stage(tree, step, step.change.after)
            put(tree, step.change.path, step.change.after)
        work.close(tree)
    except BaseException as e:
        try:
            work.undo(tree)
        except OSError as second:
            raise FileError(
                f"{reason(second)}; the tree is half changed, though Python can import it",
                place(tree, second),
                "the next scaffold command brings it to an end; `scaffold list` will do",
            ) from e
        if isinstance(e, OSError):
            what = f"{reason(e)}; nothing was changed"
            raise FileError(what, place(tree, e)) from e
        raise


def remember(kind: Kind) -> None:
    """Note, outside of all trees, that the user trusts a kind's templates as they are now."""
    from ..trust import fingerprint, trusted_file

    path = trusted_file()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # One write, so that two commands do not mix, with an end of line before it, for what one that was killed wrote.
    # It is not synced: who loses it is asked once more.
    with about(path), open(path, "ab") as file:
        file.write(f"\n{fingerprint(kind)}\n".encode())


def _survey(tree: Tree, plan: Plan) -> Work:
    """Look at every file of the plan before anything is written."""
    _refuse_changed(tree, plan)
    steps, folders = [], []
    for change in plan.changes:
        path = tree.path(change.path)
        if os.path.lexists(beside(path)):
            raise ScaffoldError(
                "it is in the way, for scaffold writes under this name first",
                shown(tree, beside(path)),
                "move it away",
            )
        if change.before is None:
            steps.append(Step(change, None))
            new = list(takewhile(lambda f: not f.exists(), path.parents))
            folders += [shown(tree, folder) for folder in reversed(new)]
            continue
        info = path.stat()
        mode = stat.S_IMODE(info.st_mode)
        if not mode & stat.S_IWUSR:
            raise ScaffoldError(
                "it is read-only", change.path, f"chmod u+w {change.path}"
            )
        steps.append(Step(change, (mode, info.st_uid, info.st_gid, info.st_mtime_ns)))
    stays = (*tree.needs, *plan.stays)
    return Work(tuple(steps), tuple(dict.fromkeys(folders)), stays)


def _refuse_changed(tree: Tree, plan: Plan) -> None:
    for change in plan.net:
        if tree.read(change.path) != change.before:
            raise ScaffoldError(
                "the file changed since scaffold read it; nothing was written",
                change.path,
                "give the command again",
            )
