"""A sub-package is taken into an `__init__.py` by a splice that is proved."""

from __future__ import annotations

import pytest

from scaffold.errors import ScaffoldError
from scaffold.exports.star import add_entries, add_star, add_whole


@pytest.mark.parametrize("edit", [add_star, add_whole])
def test_a_second_edit_changes_nothing(edit: object) -> None:
    """So a command that is given twice is harmless."""
    assert callable(edit)
    once = edit(b"from . import b, c\n", "d")

    assert once != b"from . import b, c\n"
    assert edit(once, "d") == once


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from .a import *\n", "from .a import *\nfrom .b import *\n"),
        (
            "from .a import *  # one\nfrom .c import *  # two\nfrom .d import *  # two\n",
            "from .a import *  # one\nfrom .b import *  # two\nfrom .c import *  # two\nfrom .d import *  # two\n",
        ),
        (
            "from .a import A  # noqa: F401\nfrom .c import *\n",
            "from .a import A  # noqa: F401\nfrom .b import *\nfrom .c import *\n",
        ),
        (
            "from .a import *; x = 1\n",
            "from .a import *; x = 1\nfrom .b import *\n",
        ),
        (
            "# coding: latin-1\nx = 'é'\n",
            "# coding: latin-1\nfrom .b import *  # noqa: F401,F403\n\nx = 'é'\n",
        ),
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom .b import *  # noqa: F401,F403\n",
        ),
        ("from .a import *\r\n", "from .a import *\r\nfrom .b import *\r\n"),
    ],
)
def test_a_star_import_is_written_like_those_that_are_there(
    before: str, after: str
) -> None:
    """Its place and its comment; the file's encoding and line ends stay."""
    assert add_star(before.encode("latin-1"), "b") == after.encode("latin-1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from . import c  # x\n", "from . import b, c  # x\n"),
        (
            "from . import (\n    a,\n    c,\n)\n",
            "from . import (\n    a,\n    b,\n    c,\n)\n",
        ),
        ("from . import c as d, a\n", "from . import c as d, a, b\n"),
        (
            "from . import a\n\n__all__ = ['a']\n",
            "from . import a, b\n\n__all__ = ['a', 'b']\n",
        ),
        (
            "from . import a\n\n__all__ = ['x']\n",
            "from . import a, b\n\n__all__ = ['x']\n",
        ),
    ],
)
def test_a_whole_import_joins_its_siblings(before: str, after: str) -> None:
    """In their order, and in `__all__` if they are there."""
    assert add_whole(before.encode(), "b") == after.encode()


def test_a_whole_import_needs_one_to_join() -> None:
    """Where no sub-package is taken in whole, this one would stand out."""
    with pytest.raises(ScaffoldError, match="is there to extend"):
        add_whole(b"import os\n", "b")


def test_entries_are_added_once_and_only_to_an_all_that_is_there() -> None:
    """A file without `__all__` exports what it imports."""
    source = b"from .b import *\n\n__all__ = ['A']\n"

    longer = add_entries(source, "b", ["A", "B"])

    assert longer == b"from .b import *\n\n__all__ = ['A', 'B']\n"
    assert add_entries(longer, "b", ["A", "B"]) == longer
    assert add_entries(b"from .b import *\n", "b", ["B"]) == b"from .b import *\n"


def test_a_computed_all_is_refused() -> None:
    """There is no list to put the names into."""
    with pytest.raises(ScaffoldError, match="computed"):
        add_entries(b"from .b import *\n__all__ = dir()\n", "b", ["B"])


def test_a_name_that_the_encoding_cannot_hold_is_refused() -> None:
    """The file would not survive a round trip."""
    with pytest.raises(ScaffoldError, match="cannot hold this name"):
        add_star(b"# coding: latin-1\n", "żaba")
