"""What an add plans, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaffold.add import plan_add
from scaffold.errors import ScaffoldError
from scaffold.stub import Stub
from scaffold.tree import Tree

NewStub = Callable[..., Stub]
Snapshot = Callable[[], dict[str, "bytes | None"]]


def test_an_add_creates_three_files_and_exports_last(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot
) -> None:
    """Python can import the tree after each change: the package imports the module when it is there."""
    before = snapshot()

    plan = plan_add(tree, new_stub())

    assert [(change.verb, change.path) for change in plan.changes] == [
        ("create", "fw/models/heads/my_head.py"),
        ("create", "configs/heads/my_head.py"),
        ("create", "tests/models/heads/test_my_head.py"),
        ("update", "fw/models/heads/__init__.py"),
    ]
    assert b"from .my_head import MyHead" in (plan.changes[-1].after or b"")
    assert snapshot() == before


def put(tree: Tree, path: str, text: str = "") -> None:
    """Write a file of the tree, with its folders."""
    (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
    (tree.root / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("fw/models/heads/my_head.py", "", "heads/my_head.py is there already"),
        ("fw/models/heads/My_Head.py", "", "heads/My_Head.py is there already"),
        ("fw/models/heads/my_head/a.py", "", "heads/my_head is there already"),
        ("configs/heads/my_head.py", "", "configs/heads/my_head.py is there already"),
        ("tests/models/heads/test_my_head.py", "", "test_my_head.py is there already"),
        (
            "fw/x.py",
            "@HEADS.register_module()\nclass MyHead: ...",
            "fw/x.py:2: MyHead is already registered in HEADS",
        ),
        (
            "fw/x.py",
            "@HEADS.register_module('MYHEAD')\nclass A: ...",
            "fw/x.py:2: MYHEAD is already registered",
        ),
        ("fw/models/heads/__init__.py", "x = (\n", r"__init__.py:1: the file does not"),
        ("fw/models/heads/__init__.py", "MyHead = 1\n", "fw/models/heads/__init__.py:"),
    ],
)
def test_what_is_there_already_is_refused(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot, path: str, text: str, what: str
) -> None:
    """A file, in any case, a registered name, a name of the package, or a package that does not parse."""
    put(tree, path, text)
    before = snapshot()

    with pytest.raises(ScaffoldError, match=what) as refusal:
        plan_add(tree, new_stub())

    assert refusal.value.hint
    assert snapshot() == before


def test_a_package_without_init_is_refused(tree: Tree, new_stub: NewStub) -> None:
    """There is nothing to export from."""
    (tree.root / "fw/models/heads/__init__.py").unlink()

    with pytest.raises(ScaffoldError, match="the package has no __init__"):
        plan_add(tree, new_stub())


@pytest.mark.parametrize("name", ["SGD", "AdamW", "Sgd"])
def test_an_optimizer_of_torch_is_not_hidden(
    tree: Tree, new_stub: NewStub, name: str
) -> None:
    """The engine registers them all, though no line of the tree names them."""
    with pytest.raises(ScaffoldError, match=f"{name} is already registered in OPTIM"):
        plan_add(tree, new_stub("optimizer", name))
