"""A name that stands twice in `__all__` is taken out once, and nothing else changes."""

from __future__ import annotations

import pytest

from scaffold.export_once import list_once


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("__all__ = ['A', 'B', 'A']\n", "__all__ = ['A', 'B']\n"),
        (
            "__all__ = [\n    'A',  # one\n    'B',\n    'A',  # two\n]\n",
            "__all__ = [\n    'A',  # one\n    'B',\n]\n",
        ),
        ("__all__ = ('A', 'A')\r\n", "__all__ = ('A',)\r\n"),
        ("__all__ = ['A', *B, *B]\n", "__all__ = ['A', *B, *B]\n"),
        ("A = 1\n", "A = 1\n"),
    ],
)
def test_the_first_of_each_stays(before: str, after: str) -> None:
    """In the hand of the list; what is no plain string is left alone."""
    assert list_once(before.encode()) == after.encode()
