"""A plan says what would be done, and does nothing."""

from __future__ import annotations

import subprocess

import pytest

from scaffold.plan import Change, Plan
from scaffold.tree import Tree


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"a\nb\n"),
        (b"a\nb\n", None),
        (b"a\nb\n", b"a\nc\nb\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\r\nb\r\n", b"a\r\nc\r\nb\r\n"),
        (b"a\rb\n", b"a\rc\n"),
        (b"", b"a\n"),
        (b"\xe9 \x0c\n", b"\xe9 \x0c\nb\n"),
    ],
)
def test_git_applies_the_diff(
    tree: Tree, before: bytes | None, after: bytes | None
) -> None:
    """Whatever the newlines and the encoding: the patched file is what the plan says."""
    path = tree.root / "configs/x.py"
    if before is not None:
        path.write_bytes(before)

    diff = Plan((Change("configs/x.py", before, after),)).diff()
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        input=diff,
        cwd=tree.root,
        check=True,
        env={"GIT_CEILING_DIRECTORIES": str(tree.root.parent), "PATH": "/usr/bin:/bin"},
    )

    assert (path.read_bytes() if path.exists() else None) == after
