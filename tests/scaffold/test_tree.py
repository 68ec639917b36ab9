"""The tree: where it begins, which package is the framework, and that nothing leads out of it."""

from __future__ import annotations

import os

import pytest

from scaffold.errors import ScaffoldError
from scaffold.tree import Tree, find_tree


def test_the_tree_is_found_from_any_folder_in_it(tree: Tree) -> None:
    """As git does it: the nearest folder upwards that looks like one."""
    for folder in (".", "configs", "fw/models/heads"):
        assert find_tree(tree.root / folder).root == tree.root


def test_without_upwards_the_folder_itself_is_meant(tree: Tree) -> None:
    """`--root fw` is a mistake, not the folder above."""
    assert find_tree(tree.root, upwards=False).root == tree.root
    with pytest.raises(ScaffoldError, match=r"fw: there is no tree here\n"):
        find_tree(tree.root / "fw", upwards=False)


@pytest.mark.parametrize("missing", ["configs", "tests", "fw/__init__.py"])
def test_a_tree_has_configs_tests_and_a_package(tree: Tree, missing: str) -> None:
    """Without one of the three, the hint says what a tree is."""
    path = tree.root / missing
    path.unlink() if path.is_file() else path.rmdir()

    with pytest.raises(ScaffoldError, match="there is no tree here or in") as refusal:
        find_tree(tree.root)

    assert "configs/, tests/ and a package" in refusal.value.hint


def test_the_framework_is_the_package_that_has_the_folder(tree: Tree) -> None:
    """Another package beside it, and a package of tests, do not matter."""
    for other in ("tools/__init__.py", "tests/__init__.py"):
        (tree.root / other).parent.mkdir(exist_ok=True)
        (tree.root / other).touch()
    (tree.root / "tests/models/heads").mkdir(parents=True)

    assert tree.framework("models/heads") == "fw"


def test_a_framework_without_the_folder_is_refused(tree: Tree) -> None:
    """The message says which folder is missing, and which packages were looked into."""
    with pytest.raises(ScaffoldError, match="no package here has a folder models/x/"):
        tree.framework("models/x")


def test_of_two_frameworks_pyproject_decides(tree: Tree) -> None:
    """Two packages with the folder need a word; the hint says where it goes."""
    (tree.root / "zoo/models/heads").mkdir(parents=True)
    (tree.root / "zoo/__init__.py").touch()

    with pytest.raises(ScaffoldError, match="fw and zoo both have") as refusal:
        tree.framework("models/heads")
    assert "[tool.scaffold]" in refusal.value.hint
    (tree.root / "pyproject.toml").write_text('[tool.scaffold]\nframework = "zoo"\n')
    assert tree.framework("models/heads") == "zoo"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", None),
        ("[tool.black]", 88),
        ("[tool.black]\nline-length = 79", 79),
        ("[tool.ruff]\nline-length = 79", None),
    ],
)
def test_the_width_is_that_of_black(tree: Tree, text: str, width: int | None) -> None:
    """A tree that does not mention black has no stated width."""
    assert tree.width() is None
    (tree.root / "pyproject.toml").write_text(text)

    assert tree.width() == width


def test_a_broken_pyproject_is_named(tree: Tree) -> None:
    """It is not taken for an empty one."""
    (tree.root / "pyproject.toml").write_text("[tool.black")

    with pytest.raises(ScaffoldError, match="it is no TOML"):
        tree.width()


@pytest.mark.parametrize("path", ["../outside", "link/file", "/etc/passwd", "file"])
def test_no_path_leaves_the_tree(tree: Tree, path: str) -> None:
    """Dots, absolute paths, and links to folders and to files are all refused."""
    outside = tree.root.parent / "outside"
    outside.mkdir()
    (tree.root / "link").symlink_to(outside)
    (tree.root / "file").symlink_to(outside / "file")

    with pytest.raises(ScaffoldError, match="leads out of the tree"):
        tree.path(path)


def test_a_link_within_the_tree_is_followed(tree: Tree) -> None:
    """What is behind it is what is read and written."""
    (tree.root / "link").symlink_to("fw/__init__.py")

    assert tree.path("link") == tree.root / "fw/__init__.py"
    assert tree.read("link") == b'"""A framework."""\n'


def test_only_regular_files_are_read(tree: Tree) -> None:
    """A missing file is None; a folder is refused, and a pipe, which would never end."""
    os.mkfifo(tree.root / "pipe")

    assert tree.read("missing") is None
    assert tree.read("fw/__init__.py/below") is None
    for path in ("fw", "pipe"):
        with pytest.raises(ScaffoldError, match=f"{path}: it is no regular file"):
            tree.read(path)
