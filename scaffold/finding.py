"""What `scaffold check` finds: a value that says where, what, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .errors import ScaffoldError
from .tree import Tree

Fix = Callable[[Tree], Iterable[tuple[str, bytes]]]


@dataclass(frozen=True)
class Finding:
    """Something that does not agree.

    Attributes:
        path: the file, from the tree's root.
        line: from 1.
        code: a word for its sort ("not-imported").
        what: one sentence without a full stop.
        hint: what to do by hand; empty if nothing is known.
        fix: gives the edited files, where there is one right answer; it may refuse with a ScaffoldError.
    """

    path: str
    line: int
    code: str
    what: str
    hint: str = ""
    fix: Fix | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        names = ("path", "line", "code", "what", "hint")
        return {n: getattr(self, n) for n in names} | {"fixable": self.fix is not None}


def fix_file(path: str, edit: Callable[..., bytes], *args: Any, **options: Any) -> Fix:
    """The fix that is one edit of one file."""

    def fix(tree: Tree) -> list[tuple[str, bytes]]:
        before = tree.read(path)
        if before is None:
            raise ScaffoldError("the file is not there", path)
        return [(path, edit(before, *args, **options))]

    return fix
