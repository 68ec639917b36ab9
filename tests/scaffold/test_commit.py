"""A plan is written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.commit import commit, hold
from scaffold.commit import write as write_module
from scaffold.errors import FileError, ScaffoldError
from scaffold.plan import Change, Plan
from scaffold.tree import Tree

Snapshot = Callable[[], dict[str, "bytes | None"]]
INIT = "fw/models/__init__.py"
HEAD = "fw/models/heads/tsn_head.py"


def new_plan(tree: Tree) -> Plan:
    """A plan that creates, deletes and edits a file, in this order."""
    return Plan(
        (
            Change("configs/new/deep/a.py", None, b"a\n"),
            Change("fw/__init__.py", tree.read("fw/__init__.py"), None),
            Change(INIT, tree.read(INIT), b"edited\n"),
        )
    )


def test_every_change_is_made(tree: Tree) -> None:
    """Folders come with their files; nothing else is left in them."""
    commit(tree, new_plan(tree))

    assert tree.read("configs/new/deep/a.py") == b"a\n"
    assert tree.read("fw/__init__.py") is None
    assert tree.read(INIT) == b"edited\n"
    assert tree.names_in("configs/new/deep") == ["a.py"]


def test_folders_that_are_left_empty_go_too(tree: Tree) -> None:
    """With what Python compiled there; the folders that make it a tree stay."""
    commit(tree, Plan((Change("configs/new/deep/a.py", None, b"a\n"),)))
    cache = tree.root / "configs/new/deep/__pycache__"
    cache.mkdir()
    (cache / "a.cpython-311.pyc").touch()

    commit(tree, Plan((Change("configs/new/deep/a.py", b"a\n", None),)))

    assert tree.names_in("configs") == []
    assert (tree.root / "configs").is_dir()


def test_a_folder_that_holds_something_stays(tree: Tree) -> None:
    """Another file's compiled form is something."""
    commit(tree, Plan((Change("configs/new/a.py", None, b"a\n"),)))
    cache = tree.root / "configs/new/__pycache__"
    cache.mkdir()
    (cache / "ab.cpython-311.pyc").touch()

    commit(tree, Plan((Change("configs/new/a.py", b"a\n", None),)))

    assert tree.names_in("configs/new/__pycache__") == ["ab.cpython-311.pyc"]


def test_a_mode_stays(tree: Tree) -> None:
    """An edited file keeps its bits; a new one gets those of the umask."""
    (tree.root / INIT).chmod(0o754)

    commit(tree, new_plan(tree))

    mask = os.umask(0)
    os.umask(mask)
    assert (tree.root / INIT).stat().st_mode & 0o777 == 0o754
    new = tree.root / "configs/new/deep/a.py"
    assert new.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("path", ["configs/new/deep/a.py", "fw/__init__.py", INIT])
def test_a_file_that_changed_since_the_plan_stops_it(
    tree: Tree, snapshot: Snapshot, path: str
) -> None:
    """Created, edited or deleted by someone else meanwhile: nothing is written."""
    plan = new_plan(tree)
    (tree.root / path).parent.mkdir(parents=True, exist_ok=True)
    (tree.root / path).write_text("someone else")
    before = snapshot()

    with pytest.raises(ScaffoldError, match=f"{path}: the file changed"):
        commit(tree, plan)

    assert snapshot() == before


@pytest.mark.parametrize("call", ["replace", "fsync", "unlink"])
def test_a_refusal_of_the_file_system_is_undone(
    tree: Tree, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """If a change fails, those before it are taken back, and the exit code says I/O."""
    plan, before = new_plan(tree), snapshot()
    real = {"unlink": Path.unlink}.get(call) or getattr(os, call)
    calls = []

    def fail_once(*args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", "the disk")
        return real(*args, **kwargs)

    monkeypatch.setattr(Path if call == "unlink" else os, call, fail_once)
    with pytest.raises(FileError, match="the disk: No space left on device") as refusal:
        commit(tree, plan)

    assert refusal.value.exit_code == 74
    assert snapshot() == before


def test_a_link_within_the_tree_stays_a_link(tree: Tree) -> None:
    """What it points to is edited."""
    (tree.root / "configs/link.py").symlink_to(f"../{INIT}")
    text = tree.read("configs/link.py")

    commit(tree, Plan((Change("configs/link.py", text, b"new\n"),)))

    assert (tree.root / "configs/link.py").is_symlink()
    assert tree.read(INIT) == b"new\n"


@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_file_that_was_edited_while_it_spoke_of_two_names_keeps_both(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    """A rename was killed, and its export edited: neither the new module nor the old one may go."""
    changes = (
        Change("fw/new.py", None, b"new\n"),
        Change(INIT, tree.read(INIT), b"both\n"),
        Change("fw/user.py", None, b"user\n"),
        Change(INIT, b"both\n", b"after\n"),
        Change(HEAD, tree.read(HEAD), None),
    )
    puts = []

    def put(*args: object) -> None:
        puts.append(args)
        if len(puts) > stop:
            raise KeyboardInterrupt
        real(*args)  # type: ignore[arg-type]

    real = write_module.put
    with monkeypatch.context() as patch:
        patch.setattr("scaffold.commit.write.put", put)
        patch.setattr("scaffold.commit.write.Work.undo", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            commit(tree, Plan(changes))
    (tree.root / INIT).write_bytes(b"mine\n")
    with hold(tree) as note:
        pass

    # The first stop is before the file changes at all: then there is one way back.
    assert (tree.root / "fw/new.py").exists() == (stop > 1)
    assert (tree.root / HEAD).exists()
    assert tree.read(INIT) == b"mine\n"
    assert not [p for p in tree.root.rglob("*") if ".scaffold" in p.name]
    assert ("left where it was" in note) == (stop > 1)
    assert f"{INIT} was edited since and is left as it is" in note
