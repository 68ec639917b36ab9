"""What a killed command began is brought to an end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import FileError
from .files import beside, discard, place, reason
from .journal import JOURNAL, read_journal

if TYPE_CHECKING:
    from ..tree import Tree


def recover(tree: Tree) -> str:
    """Bring to an end what a killed command began: to the new tree if it can be, or else to the old one."""
    if not any(name.startswith(JOURNAL) for name in os.listdir(tree.folder)):
        return ""
    discard(beside(tree.root / JOURNAL))
    text = tree.read(JOURNAL)
    if text is None:
        return ""
    work = read_journal(text)
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
            is_staged = os.path.lexists(beside(tree.path(path)))
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
            f"{reason(e)}; what a killed command began could not be brought to an end",
            place(tree, e),
            "Python can import the tree; give the command again when there is room, or the permission",
        ) from e
    kept = [f"; {path} was edited since and is left as it is" for path in edited]
    return f"what a killed command began was {done}" + "".join(kept)
