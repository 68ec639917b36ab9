"""`scaffold rename`: a module under another name, with every mention of it, and with what was written into it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scaffold.add import plan_add
from scaffold.cli import main
from scaffold.commit import commit
from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.plan import Plan
from scaffold.remove import plan_remove
from scaffold.rename import plan_rename
from scaffold.stub import Stub
from scaffold.tree import Tree

Snapshot = Callable[[], dict[str, "bytes | None"]]
KINDS = {
    "backbone": ("MyNet", "WideNet"),
    "head": ("MyHead", "ShiftHead"),
    "loss": ("MyLoss", "HardLoss"),
    "optimizer": ("MyOptimizer", "Downhill"),
    "constructor": ("MyConstructor", "Groups"),
    "lr-hook": ("RelativeStep", "Staircase"),
}


def stub(tree: Tree, kind: str, name: str, *options: str) -> Stub:
    found = find_kind(tree.root, kind)
    return Stub(found, make_names(name, found.suffix), "fw", options)


def write(tree: Tree, plan: Plan) -> None:
    """Carry out a plan with the plainest means: each change in its turn."""
    for change in plan.changes:
        path = tree.root / change.path
        assert (path.read_bytes() if path.exists() else None) == change.before
        if change.after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(change.after)


def add(tree: Tree, kind: str, name: str, *options: str) -> None:
    write(tree, plan_add(tree, stub(tree, kind, name, *options)))


def rename(tree: Tree, kind: str, old: str, new: str) -> None:
    write(tree, plan_rename(tree, stub(tree, kind, old), stub(tree, kind, new)))


def edit(tree: Tree, path: str, old: str, new: str) -> None:
    file = tree.root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def scaffold(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def refusal(tree: Tree, snapshot: Snapshot, *words: str) -> str:
    """What a rename says that is refused and changes nothing."""
    before = snapshot()
    result = scaffold("rename", *words, "--yes", "--root", str(tree.root))
    assert (result.exit_code, result.stdout) == (1, "")
    assert snapshot() == before
    return result.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_stub_is_what_an_add_of_the_new_name_writes(
    tree: Tree, snapshot: Snapshot, kind: str
) -> None:
    """Byte for byte, with the same arguments; `remove` knows it as its own, and the tree is as before."""
    old, new = KINDS[kind]
    options = ("lr:float=0.5",) if kind == "optimizer" else ("size:int=3",)
    before = snapshot()
    add(tree, kind, new, *options)
    expected = snapshot()
    commit(tree, plan_remove(tree, stub(tree, kind, new)))  # and the empty folders
    add(tree, kind, old, *options)

    rename(tree, kind, old, new)

    files = {path: text for path, text in snapshot().items() if text is not None}
    assert files == {p: text for p, text in expected.items() if text is not None}
    write(tree, plan_remove(tree, stub(tree, kind, new)))
    files = {path: text for path, text in snapshot().items() if text is not None}
    assert files == {p: text for p, text in before.items() if text is not None}


def test_what_was_written_into_the_files_is_kept(tree: Tree) -> None:
    """The names in the code change, and the texts that are nothing but a name or a place; line ends, quotes and spaces stay."""
    add(tree, "loss", "MyLoss")
    module = tree.root / "fw/models/losses/my_loss.py"
    mine = (
        "\r\n# MyLoss, as in my_loss.py\r\nBEST = '{}'; other = {}; note = 'MyLoss!'\r\n"
        "TEST = 'tests/models/losses/test_{}.py', 'fw.models.losses.{}.REDUCTIONS'\r\n"
    )
    old = mine.format("MyLoss", *["my_loss"] * 3)
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n") + old.encode())

    rename(tree, "loss", "MyLoss", "HardLoss")

    text = (tree.root / "fw/models/losses/hard_loss.py").read_bytes().decode()
    assert text.endswith(mine.format("HardLoss", *["hard_loss"] * 3))
    assert "class HardLoss(nn.Module)" in text
    assert "`hard_loss` as a module" in text  # scaffold's own words
    assert text.count("\n") == text.count("\r\n")
    assert not module.exists()


def test_an_edited_config_keeps_its_values_and_says_how_it_was_made(tree: Tree) -> None:
    """Its `Made by` comment has the new name and the arguments, so that `remove` still knows the other files."""
    add(tree, "head", "MyHead", "hidden:int=256")
    edit(tree, "configs/heads/my_head.py", "num_classes=8", "num_classes=400")

    rename(tree, "head", "MyHead", "ShiftHead")

    text = (tree.root / "configs/heads/shift_head.py").read_text()
    assert "# Made by: scaffold add head ShiftHead --arg hidden:int=256\n" in text
    assert 'type="ShiftHead",\n        num_classes=400,' in text
    assert "MyHead" not in text and "my_head" not in text


def test_every_config_that_names_it_names_the_new_one(tree: Tree) -> None:
    """As a type, as a policy, and as a base; comments and other words are left alone."""
    add(tree, "head", "MyHead")
    add(tree, "lr-hook", "RelativeStep")
    (tree.root / "configs/mine.py").write_text(
        "_base_ = ['./heads/my_head.py', 'lr_hooks/relative_step.py']\n"
        "head = dict(type='MyHead', note=\"MyHead is best\")  # MyHead\n"
        "lr_config = {'policy': \"RelativeStep\"}\n"
        "hook = dict(type='RelativeStepLrUpdaterHook')\n"
    )

    rename(tree, "head", "MyHead", "ShiftHead")
    rename(tree, "lr-hook", "RelativeStep", "Staircase")

    assert (tree.root / "configs/mine.py").read_text() == (
        "_base_ = ['./heads/shift_head.py', 'lr_hooks/staircase.py']\n"
        "head = dict(type='ShiftHead', note=\"MyHead is best\")  # MyHead\n"
        "lr_config = {'policy': \"Staircase\"}\n"
        "hook = dict(type='StaircaseLrUpdaterHook')\n"
    )


def test_who_imports_it_imports_the_new_one(tree: Tree) -> None:
    """From the module, from a package above it, or whole; a class of the same name elsewhere is not it,
    nor a word of a test that has nothing to do with the framework.
    """
    add(tree, "head", "MyHead")
    users = {
        "fw/models/heads/sub.py": "from .{m} import {c}\n\n\nclass Sub({c}):\n    pass\n",
        "fw/core/tool.py": "from fw.models import {c} as M\nfrom ..models.heads import {m}\n\nx = {m}.{c}\nx.my_head = x.MyHead\n",
        "tests/test_sub.py": "import fw.models.heads.{m}\n\nx = fw.models.heads.{m}.{c}\n",
    }
    others = {
        "fw/core/other.py": "class MyHead:\n    pass\n\n\nname = 'MyHead'\n",
        "tests/golden/expected.py": "from fw.models.heads import MyHead\n",
        "tests/test_else.py": "from other import x\n\nx('MyHead')\n",
    }
    old, new = {"c": "MyHead", "m": "my_head"}, {"c": "ShiftHead", "m": "shift_head"}
    for path, text in {**users, **others}.items():
        (tree.root / path).parent.mkdir(exist_ok=True)
        (tree.root / path).write_text(text.format(**old))

    rename(tree, "head", "MyHead", "ShiftHead")

    for path, text in {**users, **others}.items():
        assert (tree.root / path).read_text() == text.format(**new)


def test_a_parent_that_names_it_names_the_new_one_and_can_always_be_imported(
    tree: Tree,
) -> None:
    """While the parent and a module need a name each, both are there: Python imports the tree after each change."""
    (tree.root / "fw/models/heads/tsn_head.py").write_text("class TSNHead:\n    pass\n")
    (tree.root / "fw/models/heads/my_head.py").write_text("class MyHead:\n    pass\n")
    (tree.root / "fw/models/heads/__init__.py").write_text(
        "from .my_head import MyHead\nfrom .tsn_head import TSNHead\n\n__all__ = ['MyHead', 'TSNHead']\n"
    )
    (tree.root / "fw/models/__init__.py").write_text(
        "from .heads import MyHead, TSNHead\n\n__all__ = ['MyHead', 'TSNHead']\n"
    )
    (tree.root / "fw/__init__.py").write_text("from .models import MyHead\n")
    (tree.root / "fw/core/user.py").write_text("from ..models.heads import MyHead\n")
    (tree.root / "fw/core/__init__.py").write_text("from . import user\n")
    plan = plan_rename(
        tree, stub(tree, "head", "MyHead"), stub(tree, "head", "ShiftHead")
    )

    for change in plan.changes:
        write(tree, Plan((change,)))
        subprocess.run(
            [sys.executable, "-B", "-c", "import fw, fw.core, fw.models"],
            cwd=tree.root,
            check=True,
        )

    assert (tree.root / "fw/models/__init__.py").read_text() == (
        "from .heads import ShiftHead, TSNHead\n\n__all__ = ['TSNHead', 'ShiftHead']\n"
    )
    assert (tree.root / "fw/__init__.py").read_text() == (
        "from .models import ShiftHead\n"
    )
    assert "MyHead" not in (tree.root / "fw/core/user.py").read_text()
    assert not (tree.root / "fw/models/heads/my_head.py").exists()
    assert len({change.path for change in plan.changes}) == len(plan.net)


def test_what_else_the_module_exports_moves_with_it(tree: Tree) -> None:
    """A helper that the package imports from the module is imported from the new one."""
    add(tree, "head", "MyHead")
    (tree.root / "fw/models/heads/my_head.py").write_text(
        "class MyHead:\n    pass\n\n\ndef helper():\n    pass\n"
    )
    edit(
        tree,
        "fw/models/heads/__init__.py",
        "import MyHead",
        "import MyHead, helper",
    )

    rename(tree, "head", "MyHead", "ShiftHead")

    init = (tree.root / "fw/models/heads/__init__.py").read_text()
    assert "from .shift_head import ShiftHead, helper\n" in init
    assert "my_head" not in init


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("head", "MyHaed", "New"), "the tree has no head MyHaed\nhint: did you mean"),
        (("head", "MyHead", "TSNHead"), "tsn_head.py:2: TSNHead is already registered"),
        (("head", "MyHead", "not-a-name"), "is no Python identifier"),
        (("head", "MyHead", "MyHEAD"), "MyHead and MyHEAD would be in the same file"),
        (("optimizer", "MyOptimizer", "SGD"), "SGD is already registered"),
        (("optimizer", "MyOptimizer", "Optimizer"), "itself imports"),
    ],
)
def test_a_name_that_cannot_be_taken_is_refused(
    tree: Tree, snapshot: Snapshot, words: tuple[str, ...], error: str
) -> None:
    """With its reason, and nothing is written."""
    add(tree, "head", "MyHead")
    add(tree, "optimizer", "MyOptimizer")

    assert error in refusal(tree, snapshot, *words)


@pytest.mark.parametrize(
    ("path", "text", "error"),
    [
        (
            "configs/a.py",
            "a = 'MyHead'\nb = 'My' 'Head'\n",
            "configs/a.py:2: 'My' 'Head' means",
        ),
        ("configs/a.py", "a = 'MyHead' +\n", "configs/a.py:1: the file does not parse"),
        (
            "fw/core/a.py",
            "from ..models import MyHead\nfrom x import ShiftHead\n",
            "fw/core/a.py:2: ShiftHead stands for something else here",
        ),
        (
            "fw/core/a.py",
            "from ..models import MyHead\n\n\ndef f(MyHead):\n    pass\n",
            "fw/core/a.py:4: MyHead is also the name of an argument here",
        ),
        (
            "fw/models/backbones/a.py",
            "@BACKBONES.register_module('MyHead')\nclass A:\n    pass\n\n\nb = 'MyHead'\n",
            "may also be the backbone of this name",
        ),
    ],
)
def test_a_mention_that_may_mean_something_else_is_refused(
    tree: Tree, snapshot: Snapshot, path: str, text: str, error: str
) -> None:
    """The message has its place, and nothing is written."""
    add(tree, "head", "MyHead")
    (tree.root / path).write_text(text)

    assert error in refusal(tree, snapshot, "head", "MyHead", "ShiftHead")


def test_a_class_in_another_file_is_refused(tree: Tree, snapshot: Snapshot) -> None:
    """Its file is not its own, so that nothing can be moved."""
    module = tree.root / "fw/models/heads/tsn_head.py"
    module.rename(module.with_name("many.py"))

    error = refusal(tree, snapshot, "head", "TSNHead", "ShiftHead")

    assert "many.py:2: TSNHead is not in fw/models/heads/tsn_head.py" in error


def test_a_module_that_is_not_exported_is_refused(
    tree: Tree, snapshot: Snapshot
) -> None:
    """The message says which line is missing."""
    add(tree, "head", "MyHead")
    edit(tree, "fw/models/heads/__init__.py", "from .my_head import MyHead\n", "")

    error = refusal(tree, snapshot, "head", "MyHead", "ShiftHead")

    assert "it does not import MyHead from .my_head\nhint:" in error


def test_a_second_registration_is_refused_where_both_modules_are_imported_for_a_moment(
    tree: Tree, snapshot: Snapshot
) -> None:
    """The registry would refuse the name that both give."""
    add(tree, "head", "MyHead")
    with open(tree.root / "fw/models/heads/my_head.py", "a") as module:
        module.write("\n\nHEADS.register_module('Extra', module=MyHead)\n")
    (tree.root / "fw/core/user.py").write_text("from ..models.heads import MyHead\n")

    error = refusal(tree, snapshot, "head", "MyHead", "ShiftHead")

    assert "it also registers Extra" in error


def test_without_a_terminal_it_asks_for_yes(tree: Tree, snapshot: Snapshot) -> None:
    """Exit code 1 and a hint; --dry-run prints the diff all the same."""
    add(tree, "head", "MyHead")
    words = ("rename", "head", "MyHead", "ShiftHead", "--root", str(tree.root))
    before = snapshot()

    result, dry = scaffold(*words), scaffold(*words, "--dry-run")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "hint: --yes writes it" in result.stderr
    assert dry.stdout.startswith(
        "diff --git a/fw/models/heads/my_head.py b/fw/models/heads/shift_head.py\nsimilarity index "
    )
    assert "rename from tests/models/heads/test_my_head.py\n" in dry.stdout
    assert "new file" not in dry.stdout and "deleted file" not in dry.stdout
    assert snapshot() == before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_shows_the_diff_and_asks(
    tree: Tree, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Whoever says no has the tree as it was."""
    add(tree, "head", "MyHead")
    monkeypatch.setattr("scaffold.commands.rename._is_asked", lambda: True)
    before = snapshot()

    result = CliRunner().invoke(
        main,
        ["rename", "head", "MyHead", "ShiftHead", "--root", str(tree.root)],
        input=answer,
    )

    assert "+class ShiftHead" in result.output
    assert "write this? [y/N]" in result.output
    assert (snapshot() == before) == (answer == "n")
    assert result.exit_code == (0 if answer == "y" else 1)


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [(("add", "loss", "MyLoss"), 0), (("add", "head", "Other"), 1)],
)
def test_while_a_person_is_asked_others_can_work(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, meanwhile: tuple[str, ...], code: int
) -> None:
    """Who edits none of its files does no harm; where the rename would not be what was shown, nothing is written."""
    add(tree, "head", "MyHead")
    root = ("--root", str(tree.root))

    def confirm(*_: object, **__: object) -> bool:
        assert scaffold(*meanwhile, *root).exit_code == 0
        return True

    monkeypatch.setattr("scaffold.commands.rename._is_asked", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    result = scaffold("rename", "head", "MyHead", "ShiftHead", *root)

    assert result.exit_code == code
    assert ("the tree changed while you were asked" in result.stderr) == bool(code)
    assert (tree.root / "fw/models/heads/my_head.py").exists() == bool(code)


def test_the_printed_diff_is_the_change(
    tree: Tree, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git apply` makes of it what the command makes, also where a file changes twice on the way."""
    monkeypatch.chdir(tree.root)
    subprocess.run(["git", "init", "--quiet"], check=True)
    add(tree, "head", "MyHead")
    (tree.root / "fw/models/__init__.py").write_text(
        "from .heads import MyHead, TSNHead\n"
    )
    words = ("rename", "head", "MyHead", "ShiftHead")
    diff = scaffold(*words, "--dry-run").stdout_bytes
    scaffold(*words, "--yes")
    expected = {path: text for path, text in snapshot().items() if text}

    subprocess.run(["git", "apply", "--reverse", "-"], input=diff, check=True)
    subprocess.run(["git", "apply", "-"], input=diff, check=True)

    assert {path: text for path, text in snapshot().items() if text} == expected
    assert Path("fw/models/__init__.py").read_text() == (
        "from .heads import ShiftHead, TSNHead\n"
    )
