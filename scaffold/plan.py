"""A plan: the files to create, edit and delete, each with what was there before. Nothing is written.

`plan_add`, `plan_remove`, `plan_rename`, `plan_eject` and `plan_init` make one, each in the file of its verb.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Change(NamedTuple):
    """What happens to one file.

    Attributes:
        path: from the tree's root.
        before: what the file held when the plan was made; None if it did not exist.
        after: what it will hold; None if it will not exist.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def verb(self) -> str:
        """create, update or remove."""
        if self.before is None:
            return "create"
        return "remove" if self.after is None else "update"

    def diff(self, moved_from: str = "") -> bytes:
        """The change as a unified diff that `git apply` takes.

        Args:
            moved_from: the place at which the file held `before`, if not its own.
        """
        import difflib

        old, new = f"a/{moved_from or self.path}".encode(), f"b/{self.path}".encode()
        texts = _lines(self.before), _lines(self.after)
        head = b"diff --git %s %s\n" % (old, new)
        if moved_from:
            same = int(100 * difflib.SequenceMatcher(None, *texts).ratio())
            head += f"similarity index {same}%\n".encode()
            head += f"rename from {moved_from}\nrename to {self.path}\n".encode()
        elif self.before is None:
            head, old = head + b"new file mode 100644\n", b"/dev/null"
        elif self.after is None:
            head, new = head + b"deleted file mode 100644\n", b"/dev/null"
        lines = difflib.diff_bytes(difflib.unified_diff, *texts, old, new)
        return head + b"".join(map(_ended, lines))


class Plan(NamedTuple):
    """The changes of one command, in the order in which they are safe: Python can import the tree after each.

    A file may change more than once; each of its changes begins where the one before it ended. A folder that a deletion
    leaves empty goes too, but for those that stay.

    Attributes:
        changes: in their order.
        stays: the folders that stay.
        moved: the files that are created in place of one that is deleted, each with the other one: the diff shows them
            as one.
    """

    changes: tuple[Change, ...]
    stays: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()

    @property
    def net(self) -> tuple[Change, ...]:
        """What each file was and will be; a file that changes twice, as in a rename, is here once."""
        last: dict[str, Change] = {}
        for change in self.changes:
            first = last.get(change.path, change)
            last[change.path] = Change(change.path, first.before, change.after)
        return tuple(last.values())

    def diff(self) -> bytes:
        """All changes as one unified diff."""
        net = {change.path: change for change in self.net}
        for new, old in self.moved:
            net[new] = net[new]._replace(before=net.pop(old).before)
        places = dict(self.moved)
        return b"".join(
            change.diff(places.get(path, "")) for path, change in net.items()
        )


def _lines(content: bytes | None) -> list[bytes]:
    """The lines as git counts them: a newline ends one, a carriage return does not."""
    return re.findall(rb"[^\n]*\n|[^\n]+", content or b"")


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
