"""The guard of `conftest.py` keeps the tests away from the real repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def test_no_test_can_write_to_the_repository() -> None:
    """Creating, renaming, deleting and making a folder there are refused."""
    readme, new = REPOSITORY / "LICENSE", REPOSITORY / "written_by_a_test"
    actions = [
        lambda: new.write_text(""),
        lambda: os.replace(readme, new),
        lambda: readme.unlink(),
        lambda: new.mkdir(),
    ]
    for action in actions:
        with pytest.raises(PermissionError, match="a test of scaffold writes to"):
            action()

    assert readme.exists() and not new.exists()


def test_tests_may_read_the_repository_and_write_elsewhere(tmp_path: Path) -> None:
    """The guard is no more than that."""
    (tmp_path / "copy").write_bytes((REPOSITORY / "LICENSE").read_bytes())


def test_a_test_starts_outside_of_the_repository() -> None:
    """`--root` falls back on the current folder, which is a temporary one here."""
    assert not Path.cwd().is_relative_to(REPOSITORY)
