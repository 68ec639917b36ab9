"""A plan says what an add or a remove would do, and does nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from scaffold.commit import commit
from scaffold.errors import ScaffoldError
from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.plan import Change, Plan, plan_add, plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree

Snapshot = Callable[[], dict[str, "bytes | None"]]
EVERY_KIND = [
    ("backbone", "MyNet"),
    ("constructor", "MyOptimizerConstructor"),
    ("head", "MyHead"),
    ("loss", "MyLoss"),
    ("lr-hook", "RelativeStep"),
    ("optimizer", "MyOptimizer"),
]


def new_stub(
    tree: Tree, kind: str = "head", name: str = "MyHead", *options: str
) -> Stub:
    """A stub for a tree."""
    found = find_kind(tree.root, kind)
    return Stub(found, make_names(name, found.suffix), "fw", options)


def test_an_add_creates_three_files_and_exports_last(
    tree: Tree, snapshot: Snapshot
) -> None:
    """Python can import the tree after each change: the package imports the module when it is there."""
    before = snapshot()

    plan = plan_add(tree, new_stub(tree))

    assert [(change.verb, change.path) for change in plan.changes] == [
        ("create", "fw/models/heads/my_head.py"),
        ("create", "configs/heads/my_head.py"),
        ("create", "tests/models/heads/test_my_head.py"),
        ("update", "fw/models/heads/__init__.py"),
    ]
    assert b"from .my_head import MyHead" in (plan.changes[-1].after or b"")
    assert snapshot() == before


@pytest.mark.parametrize(("kind", "name"), EVERY_KIND)
def test_remove_after_add_gives_the_same_tree(
    tree: Tree, snapshot: Snapshot, kind: str, name: str
) -> None:
    """To the byte, with the folders; and no record is kept of the add."""
    before = snapshot()
    commit(tree, plan_add(tree, new_stub(tree, kind, name)))
    added = snapshot()

    plan = plan_remove(tree, new_stub(tree, kind, name))
    commit(tree, plan)

    assert plan.changes[0].path.endswith("__init__.py")
    assert len(added) > len(before)
    assert snapshot() == before


def test_remove_finds_the_arguments_of_the_add(tree: Tree, snapshot: Snapshot) -> None:
    """It is given the name alone; the files tell the rest, even if the config is gone."""
    before = snapshot()
    for is_config_gone in (False, True):
        stub = new_stub(tree, "head", "MyHead", "hidden:int=1", "mode:str=a'b")
        commit(tree, plan_add(tree, stub))
        if is_config_gone:
            (tree.root / stub.config).unlink()
            (tree.root / stub.config).parent.rmdir()

        commit(tree, plan_remove(tree, new_stub(tree)))

        assert snapshot() == before


@pytest.mark.parametrize("role", ["module", "config", "test"])
def test_an_edited_file_is_not_deleted_without_force(
    tree: Tree, snapshot: Snapshot, role: str
) -> None:
    """One more byte is an edit; the message names the file."""
    before = snapshot()
    stub = new_stub(tree)
    commit(tree, plan_add(tree, stub))
    path = getattr(stub, role)
    with open(tree.root / path, "a") as file:
        file.write("\n")

    with pytest.raises(
        ScaffoldError, match=f"not as `scaffold add` would write it: {path}\n"
    ) as refusal:
        plan_remove(tree, stub)

    assert "--force" in refusal.value.hint
    commit(tree, plan_remove(tree, stub, force=True))
    assert snapshot() == before


def test_a_made_by_comment_that_asks_for_the_impossible_is_an_edit(tree: Tree) -> None:
    """It is not an error of the command's own arguments."""
    stub = new_stub(tree)
    commit(tree, plan_add(tree, stub))
    config = tree.root / stub.config
    config.write_text(config.read_text().replace("MyHead\n_", "MyHead --arg =\n_"))

    with pytest.raises(ScaffoldError, match="not as `scaffold add` would write it"):
        plan_remove(tree, stub)


def test_a_removal_that_began_can_be_finished(tree: Tree, snapshot: Snapshot) -> None:
    """What was deleted by hand is not missed: neither the module nor the export."""
    before = snapshot()
    stub = new_stub(tree)
    commit(tree, plan_add(tree, stub))
    (tree.root / stub.module).unlink()
    (tree.root / stub.init).write_bytes(before[stub.init] or b"")

    commit(tree, plan_remove(tree, stub))

    assert snapshot() == before


def test_a_name_that_is_left_in_all_is_removed(tree: Tree, snapshot: Snapshot) -> None:
    """The import was deleted by hand, and its entry of `__all__` forgotten."""
    before = snapshot()
    stub = new_stub(tree)
    commit(tree, plan_add(tree, stub))
    init = tree.root / stub.init
    init.write_text(init.read_text().replace("from .my_head import MyHead\n", ""))

    commit(tree, plan_remove(tree, stub))

    assert snapshot() == before


@pytest.mark.parametrize(("name", "hint"), [("TSNHaed", "TSNHead?"), ("Xyz", "list")])
def test_there_may_be_nothing_to_remove(tree: Tree, name: str, hint: str) -> None:
    """The hint has the nearest name, or the command that shows them."""
    with pytest.raises(ScaffoldError, match=f"the tree has no head {name}") as refusal:
        plan_remove(tree, new_stub(tree, "head", name))

    assert hint in refusal.value.hint


def test_a_hand_written_module_is_not_taken_for_one_that_was_added(tree: Tree) -> None:
    """`scaffold remove head TSNHead` does not delete what add never wrote, nor say how to."""
    with pytest.raises(ScaffoldError, match="scaffold did not make TSNHead") as refusal:
        plan_remove(tree, new_stub(tree, "head", "TSNHead"))

    assert refusal.value.where == "fw/models/heads/tsn_head.py"
    assert "--force" not in refusal.value.hint


def test_a_module_of_another_class_is_never_deleted(tree: Tree) -> None:
    """Tsn_head.py is TSNHead's, though TsnHead has the same file name; --force changes nothing."""
    with pytest.raises(ScaffoldError, match="it has no class TsnHead"):
        plan_remove(tree, new_stub(tree, "head", "TsnHead"), force=True)


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
    tree: Tree, snapshot: Snapshot, path: str, text: str, what: str
) -> None:
    """A file, in any case, a registered name, a name of the package, or a package that does not parse."""
    put(tree, path, text)
    before = snapshot()

    with pytest.raises(ScaffoldError, match=what) as refusal:
        plan_add(tree, new_stub(tree))

    assert refusal.value.hint
    assert snapshot() == before


def test_a_package_without_init_is_refused(tree: Tree) -> None:
    """There is nothing to export from."""
    (tree.root / "fw/models/heads/__init__.py").unlink()

    with pytest.raises(ScaffoldError, match="the package has no __init__"):
        plan_add(tree, new_stub(tree))


@pytest.mark.parametrize("name", ["SGD", "AdamW", "Sgd"])
def test_an_optimizer_of_torch_is_not_hidden(tree: Tree, name: str) -> None:
    """The engine registers them all, though no line of the tree names them."""
    with pytest.raises(ScaffoldError, match=f"{name} is already registered in OPTIM"):
        plan_add(tree, new_stub(tree, "optimizer", name))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, b"a\nb\n"),
        (b"a\nb\n", None),
        (b"a\nb\n", b"a\nc\nb\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\r\nb\r\n", b"a\r\nc\r\nb\r\n"),
        (b"a\rb\n", b"a\rc\n"),
        (b"", b"a\n"),
        (b"\xe9 \x0c\n", b"\xe9 \x0c\nb\n"),
    ],
)
def test_git_applies_the_diff(
    tree: Tree, before: bytes | None, after: bytes | None
) -> None:
    """Whatever the newlines and the encoding: the patched file is what the plan says."""
    path = tree.root / "configs/x.py"
    if before is not None:
        path.write_bytes(before)

    diff = Plan((Change("configs/x.py", before, after),)).diff()
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        input=diff,
        cwd=tree.root,
        check=True,
        env={"GIT_CEILING_DIRECTORIES": str(tree.root.parent), "PATH": "/usr/bin:/bin"},
    )

    assert (path.read_bytes() if path.exists() else None) == after
