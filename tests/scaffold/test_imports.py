"""What a text imports: its statements resolved, and the words of those that compute."""

from __future__ import annotations

import ast

import pytest

from scaffold.imports import base_of, computes, imports_in, strings_in


@pytest.mark.parametrize(
    ("statement", "base"),
    [
        ("from a.b import c", "a.b"),
        ("from . import c", "fw.models"),
        ("from .heads import c", "fw.models.heads"),
        ("from .. import c", "fw"),
        ("from ..datasets.x import c", "fw.datasets.x"),
    ],
)
def test_a_relative_import_starts_from_the_package_of_its_file(
    statement: str, base: str
) -> None:
    """One dot is the package itself, each further one is the package above."""
    (node,) = ast.parse(statement).body

    assert isinstance(node, ast.ImportFrom)
    assert base_of(node, ["fw", "models"]) == base


def test_only_what_runs_when_the_module_is_imported_counts() -> None:
    """A function's imports come later, if ever; those for a type checker never do."""
    tree = ast.parse(
        "import a.b, c\n"
        "try:\n    from .d import e, f\nexcept ImportError:\n    from . import g\n"
        "if TYPE_CHECKING:\n    import h\nelse:\n    import i\n"
        "if 0:\n    import j\n"
        "if not typing.TYPE_CHECKING:\n    import l\nelse:\n    import m\n"
        "def late():\n    import k\n"
    )

    assert [*imports_in(tree, "fw")] == [
        ("a.b", []),
        ("c", []),
        ("fw.d", ["e", "f"]),
        ("fw", ["g"]),
        ("i", []),
        ("l", []),
    ]


@pytest.mark.parametrize(
    ("text", "is_computing"),
    [
        ("def __getattr__(name): ...", True),
        ("importlib.import_module('a')", True),
        ("_import_structure = {}", True),
        ("from .a import b", False),
        ("note = 'import_module'", False),
    ],
)
def test_a_file_that_says_one_of_the_words_computes(
    text: str, is_computing: bool
) -> None:
    """In its code; a string is only a string."""
    assert computes(ast.parse(text)) is is_computing


def test_the_strings_are_all_those_in_the_code() -> None:
    """In a call, a table or a docstring, and no bytes."""
    tree = ast.parse("'doc'\nf(x=['a.b'], y={'c': b'd'})\n")

    assert sorted(strings_in(tree)) == ["a.b", "c", "doc"]
