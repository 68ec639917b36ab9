"""What a tree registers is read from its text."""

from __future__ import annotations

import pytest

from scaffold.errors import ScaffoldError
from scaffold.kinds import find_kind
from scaffold.registrations import Registration, find_registrations
from scaffold.tree import Tree


def registered(tree: Tree, kind: str, source: str) -> list[str]:
    """The names of a kind, in a tree with one more file."""
    (tree.root / "fw/more.py").write_text(source)
    return [r.name for r in find_registrations(tree, find_kind(tree.root, kind))]


def test_a_registration_has_its_file_and_line(tree: Tree) -> None:
    """The line is that of the class."""
    (found,) = find_registrations(tree, find_kind(tree.root, "head"))

    assert found == Registration("TSNHead", "fw/models/heads/tsn_head.py", 2)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@LOSSES.register_module()\nclass A: ...", ["A"]),
        ("@LOSSES.register_module('B')\nclass A: ...", ["B"]),
        ("@LOSSES.register_module(name='B')\nclass A: ...", ["B"]),
        ("@LOSSES.register_module(name=['B', 'C'])\nclass A: ...", ["B", "C"]),
        ("@LOSSES.register_module(force=True)\ndef a(): ...", ["a"]),
        ("@builder.LOSSES.register_module()\nclass A: ...", ["A"]),
        ("if x:\n  @LOSSES.register_module()\n  class A: ...", ["A"]),
        ("\n@LOSSES.register_module()\nclass A(B): ...", ["A"]),
        ("x = '''\n@LOSSES.register_module()\nclass A(B): ...\n'''", []),
        ("match x:\n  case 1:\n    LOSSES.register_module(module=A)", ["A"]),
        ("LOSSES.register_module(module=A)", ["A"]),
        ("LOSSES.register_module('B', module=A)", ["B"]),
        ("for name in x: LOSSES.register_module(name, module=A)", []),
        ("@HEADS.register_module()\nclass A: ...  # not of LOSSES", []),
        ("@LOSSES.something()\nclass A: ...  # register_module", []),
        ("@register_module()\nclass A: ...  # LOSSES", []),
        ("'LOSSES.register_module()'", []),
    ],
)
def test_the_forms_of_a_registration(tree: Tree, source: str, names: list[str]) -> None:
    """Decorators and calls, with the class's own name, another or several; what only looks alike is none."""
    assert registered(tree, "loss", source) == names


def test_a_kind_s_own_are_those_with_its_suffix(tree: Tree) -> None:
    """HOOKS holds all hooks; the policies are those whose class says so, and they go by the policy's name."""
    source = "".join(
        f"@HOOKS.register_module()\nclass {name}: ...\n"
        for name in ("StepLrUpdaterHook", "CheckpointHook", "LrUpdaterHook")
    )

    assert registered(tree, "lr-hook", source) == ["Step"]


def test_a_broken_file_is_named_only_if_it_matters(tree: Tree) -> None:
    """A file that mentions the registry and does not parse is refused with its line; any other is passed over."""
    assert registered(tree, "loss", "class Broken(") == []

    source = "# LOSSES.register_module\nclass Broken("
    with pytest.raises(ScaffoldError, match=r"fw/more.py:2: the file does not parse"):
        registered(tree, "loss", source)


def test_the_user_s_warnings_are_not_ours(tree: Tree) -> None:
    """A strange escape in the tree's code makes no noise."""
    source = "@LOSSES.register_module()\nclass A:\n    pattern = '\\d'\n"

    assert registered(tree, "loss", source) == ["A"]
