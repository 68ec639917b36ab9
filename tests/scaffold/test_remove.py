"""What a remove takes back, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scaffold.add import plan_add
from scaffold.commit import commit
from scaffold.errors import ScaffoldError
from scaffold.remove import plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree

NewStub = Callable[..., Stub]
Snapshot = Callable[[], dict[str, "bytes | None"]]
EVERY_KIND = [
    ("backbone", "MyNet"),
    ("constructor", "MyOptimizerConstructor"),
    ("head", "MyHead"),
    ("loss", "MyLoss"),
    ("lr-hook", "RelativeStep"),
    ("optimizer", "MyOptimizer"),
]


@pytest.mark.parametrize(("kind", "name"), EVERY_KIND)
def test_remove_after_add_gives_the_same_tree(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot, kind: str, name: str
) -> None:
    """To the byte, with the folders; and no record is kept of the add."""
    before = snapshot()
    commit(tree, plan_add(tree, new_stub(kind, name)))
    added = snapshot()

    plan = plan_remove(tree, new_stub(kind, name))
    commit(tree, plan)

    assert plan.changes[0].path.endswith("__init__.py")
    assert len(added) > len(before)
    assert snapshot() == before


def test_remove_finds_the_arguments_of_the_add(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot
) -> None:
    """It is given the name alone; the files tell the rest, even if the config is gone."""
    before = snapshot()
    for is_config_gone in (False, True):
        stub = new_stub("head", "MyHead", "hidden:int=1", "mode:str=a'b")
        commit(tree, plan_add(tree, stub))
        if is_config_gone:
            (tree.root / stub.config).unlink()
            (tree.root / stub.config).parent.rmdir()

        commit(tree, plan_remove(tree, new_stub()))

        assert snapshot() == before


@pytest.mark.parametrize("role", ["module", "config", "test"])
def test_an_edited_file_is_not_deleted_without_force(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot, role: str
) -> None:
    """One more byte is an edit; the message names the file."""
    before = snapshot()
    stub = new_stub()
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


def test_a_made_by_comment_that_asks_for_the_impossible_is_an_edit(
    tree: Tree, new_stub: NewStub
) -> None:
    """It is not an error of the command's own arguments."""
    stub = new_stub()
    commit(tree, plan_add(tree, stub))
    config = tree.root / stub.config
    config.write_text(config.read_text().replace("MyHead\n_", "MyHead --arg =\n_"))

    with pytest.raises(ScaffoldError, match="not as `scaffold add` would write it"):
        plan_remove(tree, stub)


def test_a_removal_that_began_can_be_finished(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot
) -> None:
    """What was deleted by hand is not missed: neither the module nor the export."""
    before = snapshot()
    stub = new_stub()
    commit(tree, plan_add(tree, stub))
    (tree.root / stub.module).unlink()
    (tree.root / stub.init).write_bytes(before[stub.init] or b"")

    commit(tree, plan_remove(tree, stub))

    assert snapshot() == before


def test_a_name_that_is_left_in_all_is_removed(
    tree: Tree, new_stub: NewStub, snapshot: Snapshot
) -> None:
    """The import was deleted by hand, and its entry of `__all__` forgotten."""
    before = snapshot()
    stub = new_stub()
    commit(tree, plan_add(tree, stub))
    init = tree.root / stub.init
    init.write_text(init.read_text().replace("from .my_head import MyHead\n", ""))

    commit(tree, plan_remove(tree, stub))

    assert snapshot() == before


@pytest.mark.parametrize(("name", "hint"), [("TSNHaed", "TSNHead?"), ("Xyz", "list")])
def test_there_may_be_nothing_to_remove(
    tree: Tree, new_stub: NewStub, name: str, hint: str
) -> None:
    """The hint has the nearest name, or the command that shows them."""
    with pytest.raises(ScaffoldError, match=f"the tree has no head {name}") as refusal:
        plan_remove(tree, new_stub("head", name))

    assert hint in refusal.value.hint


def test_a_hand_written_module_is_not_taken_for_one_that_was_added(
    tree: Tree, new_stub: NewStub
) -> None:
    """`scaffold remove head TSNHead` does not delete what add never wrote, nor say how to."""
    with pytest.raises(ScaffoldError, match="scaffold did not make TSNHead") as refusal:
        plan_remove(tree, new_stub("head", "TSNHead"))

    assert refusal.value.where == "fw/models/heads/tsn_head.py"
    assert "--force" not in refusal.value.hint


def test_a_module_of_another_class_is_never_deleted(
    tree: Tree, new_stub: NewStub
) -> None:
    """Tsn_head.py is TSNHead's, though TsnHead has the same file name; --force changes nothing."""
    with pytest.raises(ScaffoldError, match="it has no class TsnHead"):
        plan_remove(tree, new_stub("head", "TsnHead"), force=True)
