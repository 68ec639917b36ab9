"""`scaffold show`: what a kind writes, and its templates made the tree's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.errors import ScaffoldError
from scaffold.kinds import BUNDLED, find_kind, read_kind
from scaffold.tree import Tree


def show(tree: Tree, *words: str) -> Result:
    return CliRunner().invoke(main, ["show", *words, "--root", tree.folder])


def test_a_kind_is_shown_for_a_person(tree: Tree) -> None:
    """Its paths, its arguments as they are typed, its templates and an example."""
    lines = show(tree, "head").output.splitlines()

    assert lines[0].startswith("head: from feature maps to class scores")
    for line in (
        "  fw/models/heads/my_name.py",
        "  configs/heads/my_name.py",
        "  tests/models/heads/test_my_name.py",
        "  fw/models/heads/__init__.py",
        "  --arg dropout_ratio:float=0.5",
        f"  {BUNDLED}/head",
        "  scaffold add head MyName",
    ):
        assert line in lines


def test_a_kind_is_shown_for_a_program(tree: Tree) -> None:
    """The same as JSON; an argument without a default has null."""
    answer = json.loads(show(tree, "optimizer", "--json").output)

    assert (answer["version"], answer["command"], answer["ok"]) == (1, "show", True)
    (shown,) = answer["results"]

    assert shown["kind"] == "optimizer"
    assert shown["arguments"][0] == {"name": "lr", "type": "float", "default": "0.01"}
    assert shown["writes"][0] == "fw/core/optimizer/my_name.py"


def test_eject_copies_the_kind_into_the_tree(tree: Tree) -> None:
    """From then on the tree's own folder is used; a second eject is refused, and touches nothing."""
    result = show(tree, "head", "--eject")

    assert "create" in result.output
    own = Path(tree.folder, "templates/head")
    assert find_kind(tree.folder, "head").folder == str(own)
    for path in Path(BUNDLED, "head").iterdir():
        assert (own / path.name).read_bytes() == path.read_bytes()
    again = show(tree, "head", "--eject")
    assert again.exit_code == 1
    assert "hint: edit templates/head directly" in again.output


def test_eject_writes_nothing_in_a_dry_run(
    tree: Tree, snapshot: Callable[[], dict[str, bytes | None]]
) -> None:
    """It prints the files as a diff."""
    before = snapshot()

    result = show(tree, "loss", "--eject", "--dry-run")

    assert "+++ b/templates/loss/kind.toml" in result.output
    assert snapshot() == before


@pytest.mark.parametrize("fact", ["package", "configs"])
@pytest.mark.parametrize("path", ["../models", "/models", "models/../../x", ""])
def test_a_kind_cannot_lead_out_of_the_tree(
    tmp_path: Path, fact: str, path: str
) -> None:
    """Its two paths go downwards, from the framework and from the configs."""
    text = Path(BUNDLED, "head/kind.toml").read_text()
    lines = [x for x in text.splitlines() if not x.startswith(f"{fact} =")]
    (tmp_path / "kind.toml").write_text("\n".join([*lines, f'{fact} = "{path}"']))

    with pytest.raises(ScaffoldError, match=f"{fact} leads out of the tree"):
        read_kind(tmp_path)
