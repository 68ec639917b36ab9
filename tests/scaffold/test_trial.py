"""`scaffold add --check`: what was added is run, in processes of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.commit import hold
from scaffold.kinds import find_kind
from scaffold.tree import Tree


def add(tree: Tree, *checks: str) -> Result:
    """Add a head whose kind says these commands."""
    own = tree.root / "templates/head"
    if not own.exists():
        shutil.copytree(find_kind(tree.root, "head").folder, own)
    facts = (own / "kind.toml").read_text().partition("check =")[0]
    (own / "kind.toml").write_text(f"{facts}check = {list(checks)!r}\n")
    words = ["add", "head", "MyHead", "-c", "--trust", "--root", str(tree.root)]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_each_command_says_in_one_line_how_it_went(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the last line that it printed; the paths are the new files, and the folder is the tree's root. The test has had its turn."""
    monkeypatch.chdir(tree.root)

    result = add(
        tree,
        "python -c 'import os, sys; print(os.getcwd()); print(*sys.argv[1:])' {test} {config} --to {scratch}",
        "python -c 'print(1); print(2)'",
    )

    lines = result.output.splitlines()
    assert "tests/models/heads/test_my_head.py configs/heads/my_head.py --to " in (
        lines[4]
    )
    assert lines[4].startswith("passed python -c 'import os")
    assert lines[5] == "passed python -c 'print(1); print(2)': 2"
    assert lines[7:] == ["next:", "  python -m fw.train configs/heads/my_head.py"]
    assert result.exit_code == 0
    assert not Path(lines[4].split(" --to ")[-1]).exists()


def test_a_failing_command_leaves_the_files_and_says_what_to_do(tree: Tree) -> None:
    """Exit code 1; the whole output is in a file, which the message names."""
    result = add(tree, "python -c 'print(7); exit(3)'", "python -c 'print(8)'")

    assert "FAILED python -c 'print(7); exit(3)': 7\n" in result.stdout
    assert "passed python -c 'print(8)': 8\n" in result.stdout
    what, hint = result.stderr.splitlines()
    log = Path(what.rpartition(" see ")[2])
    assert log.read_text() == "7\n"
    log.unlink()
    assert hint == ("hint: the files stay; mend them, or `scaffold remove head MyHead`")
    assert result.exit_code == 1
    assert (tree.root / "fw/models/heads/my_head.py").exists()


def test_the_tree_is_free_while_a_check_runs(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command need not wait for a training step."""
    free = []

    def run(tree: Tree, command: str) -> object:
        with hold(tree, patience=0):
            free.append(command)
        raise KeyboardInterrupt

    monkeypatch.setattr("scaffold.trial._run", run)
    add(tree, "python --version")

    assert free == ["python --version"]


def test_a_kind_that_says_no_check_is_refused(tree: Tree) -> None:
    """The files are written by then, and the message says what its kind.toml lacks."""
    result = add(tree)

    assert "the kind head does not say how it is checked\nhint: write" in result.stderr
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "kind", ["backbone", "constructor", "head", "loss", "lr-hook", "optimizer"]
)
def test_the_bundled_kinds_are_checked_by_their_test_and_one_step(
    tree: Tree, kind: str
) -> None:
    """The engine's own command with the option that makes it short."""
    test, training = find_kind(tree.root, kind).check

    assert test == "python -m pytest -q {test}"
    assert training.startswith("python -m {framework}.train {config} --max-steps 1 ")
