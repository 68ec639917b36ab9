"""Templates that came with someone else's tree are used only when the user says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.kinds import BUNDLED
from scaffold.tree import Tree
from scaffold.trust import trusted_file


def scaffold(tree: Tree, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--root", tree.folder])


@pytest.fixture
def strange(tree: Tree) -> Tree:
    """A tree that came with a head of its own."""
    folder = Path(tree.folder, "templates/head")
    shutil.copytree(Path(BUNDLED, "head"), folder)
    with open(folder / "config.py.jinja", "a") as file:
        file.write("STRANGE = True\n")
    return tree


def test_a_stranger_s_templates_are_refused(
    strange: Tree, snapshot: Callable[[], dict[str, bytes | None]]
) -> None:
    """The refusal says why and how to go on; nothing is written. The bundled kinds go on as ever."""
    before = snapshot()

    result = scaffold(strange, "add", "head", "MyHead")

    assert result.exit_code == 1
    assert "they write code that you will run" in result.output
    assert "--trust" in result.output
    assert snapshot() == before
    assert scaffold(strange, "add", "loss", "MyLoss").exit_code == 0


def test_the_user_is_asked_once(strange: Tree) -> None:
    """With --trust the templates are used, and from then on without it; the note is outside the tree."""
    assert scaffold(strange, "add", "head", "MyHead", "--trust").exit_code == 0
    assert scaffold(strange, "add", "head", "MyOtherHead").exit_code == 0
    assert scaffold(strange, "remove", "head", "MyHead").exit_code == 0

    assert not trusted_file().startswith(strange.folder)
    assert len(Path(trusted_file()).read_text().split()) == 1


def test_changed_templates_are_asked_about_again(strange: Tree) -> None:
    """The consent is for these bytes only."""
    scaffold(strange, "add", "head", "MyHead", "--trust")
    with open(Path(strange.folder, "templates/head/test.py.jinja"), "a") as file:
        file.write("# more\n")

    assert scaffold(strange, "add", "head", "MyOtherHead").exit_code == 1


def test_what_the_user_ejected_is_trusted(tree: Tree) -> None:
    """It came with scaffold, and the user put it there."""
    assert scaffold(tree, "show", "head", "--eject").exit_code == 0
    assert scaffold(tree, "add", "head", "MyHead").exit_code == 0
