"""What stands twice in `__all__`, or is imported twice, is taken out once, and nothing else changes."""

from __future__ import annotations

import pytest

from scaffold.exports.once import import_once, list_once


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from .a import A\nfrom .b import B\nfrom .a import A\n",
            "from .a import A\nfrom .b import B\n",
        ),
        (
            "from .a import A, B\nfrom .a import (B, C)  # both\n",
            "from .a import A, B\nfrom .a import (C)  # both\n",
        ),
        # The second one may be there because of what stands between.
        ("from .a import A\nfrom .b import *\nfrom .a import A\n", None),
        ("from .a import A\nA = A()\nfrom .a import A\n", None),
        ("from .a import A\nfrom .b import A\nfrom .a import A\n", None),
        ("from .a import A as B\nfrom .a import A as B\n", None),
    ],
)
def test_the_first_import_of_each_name_stays(before: str, after: str | None) -> None:
    """Where the second one does nothing; any other is left alone."""
    assert import_once(before.encode()) == (after or before).encode()
