"""`scaffold check`: each thing that may not agree, on a small tree that does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import pytest

from scaffold.add import plan_add
from scaffold.audit import audit, hidden, mend
from scaffold.commit import commit
from scaffold.errors import ScaffoldError
from scaffold.finding import Finding
from scaffold.kinds import find_kind, find_kinds
from scaffold.names import make_names
from scaffold.stub import Stub
from scaffold.tree import Tree

REPOSITORY = Path(__file__).resolve().parents[2]
BUILDER = """
HEADS = Registry("head")
MODELS = Registry("models", parent=MMCV_MODELS)
LOSSES = MODELS
PIPELINES = Registry("pipeline")
HOOKS = Registry("hook")
OPTIMIZERS = Registry("optimizer")
for name in vars(optim):
    OPTIMIZERS.register_module(name, module=name)
"""
HEAD = "from ..builder import HEADS\n\n\n@HEADS.register_module()\nclass MyHead:\n    pass\n"
EXPORT = 'from .tsn_head import TSNHead\n\n__all__ = ["TSNHead"]\n'

Write = Callable[[str, str], None]


@pytest.fixture
def write(tree: Tree) -> Write:
    """Writes a file of the tree, whose registries are made in one place."""

    def write(path: str, text: str) -> None:
        file = tree.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("fw/models/builder.py", BUILDER)
    write(
        "fw/models/heads/tsn_head.py",
        "from ..builder import HEADS\n\n\n@HEADS.register_module()\nclass TSNHead:\n    pass\n",
    )
    return write


def found(tree: Tree) -> list[str]:
    """What is found, as the command line prints it, with its sort."""
    findings = audit(tree, find_kinds(tree.root))
    return [f"{f.path}:{f.line}: {f.code}: {f.what}" for f in findings]


def mended(tree: Tree) -> list[Finding]:
    """Mend the tree; what is left."""
    plan, left = mend(tree, find_kinds(tree.root))
    commit(tree, plan)
    assert left == audit(tree, find_kinds(tree.root))
    return left


def test_a_tree_that_agrees_has_no_finding(tree: Tree, write: Write) -> None:
    """Also after an add of every kind, and with a config that names what is there."""
    for kind in find_kinds(tree.root).values():
        stub = Stub(
            kind,
            make_names("My" + kind.name.title().replace("-", ""), kind.suffix),
            "fw",
        )
        commit(tree, plan_add(tree, stub))
    write(
        "configs/a.py",
        'model = dict(type="Recognizer2D", cls_head=dict(type="TSNHead"))\n',
    )

    assert found(tree) == []


def test_our_own_tree_agrees() -> None:
    """What people download is clean; where Python takes the package from is not the tree's affair."""
    findings = audit(Tree(REPOSITORY), find_kinds(REPOSITORY))

    assert [f for f in findings if f.code != "hidden"] == []


def test_a_module_that_nobody_imports(tree: Tree, write: Write) -> None:
    """It is mended by the import and the entry that `add` would have written."""
    write("fw/models/heads/my_head.py", HEAD)

    assert found(tree) == [
        "fw/models/heads/my_head.py:5: not-imported: MyHead is registered in HEADS, and nothing imports this module"
    ]
    assert mended(tree) == []
    assert tree.read("fw/models/heads/__init__.py") == (
        b"from .my_head import MyHead\n"
        b"from .tsn_head import TSNHead\n\n"
        b'__all__ = ["TSNHead", "MyHead"]\n'
    )


def test_the_function_of_a_loss_is_exported_with_it(tree: Tree, write: Write) -> None:
    """A kind says what else it exports."""
    write(
        "fw/models/losses/my_loss.py",
        "from ..builder import LOSSES\n\ndef my_loss(): ...\n\n@LOSSES.register_module()\nclass MyLoss: ...\n",
    )

    assert mended(tree) == []
    assert b"import MyLoss, my_loss" in (
        tree.read("fw/models/losses/__init__.py") or b""
    )


@pytest.mark.parametrize(
    "other",
    ["from .heads import my_head\n", "import fw.models.heads.my_head\n"],
)
def test_a_module_that_another_one_imports_is_reached(
    tree: Tree, write: Write, other: str
) -> None:
    """It need not be its own package that does it."""
    write("fw/models/heads/my_head.py", HEAD)
    write("fw/models/extra.py", other)
    with open(tree.root / "fw/models/__init__.py", "a") as init:
        init.write("from . import extra\n")

    assert found(tree) == []


def test_an_import_that_never_runs_does_not_count(tree: Tree, write: Write) -> None:
    """A type checker's import registers nothing."""
    write("fw/models/heads/my_head.py", HEAD)
    with open(tree.root / "fw/models/heads/__init__.py", "a") as init:
        init.write("if TYPE_CHECKING:\n    from .my_head import MyHead\n")

    assert [line.split(": ")[1] for line in found(tree)] == ["not-imported"]


def test_a_package_that_imports_by_computing_is_left_alone(
    tree: Tree, write: Write
) -> None:
    """What it imports cannot be read from its text."""
    write("fw/models/heads/my_head.py", HEAD)
    write(
        "fw/models/heads/__init__.py",
        "import pkgutil\nfor m in pkgutil.iter_modules(__path__): ...\n",
    )

    assert found(tree) == []


def test_a_chain_that_is_broken_above(tree: Tree, write: Write) -> None:
    """The parent that does not import the package is named, and mended as its siblings show."""
    write(
        "fw/models/__init__.py",
        "from .backbones import *\nfrom .builder import *\nfrom .losses import *\n",
    )

    assert found(tree) == [
        "fw/models/__init__.py:1: broken-chain: it does not import heads, in which TSNHead is registered"
    ]
    assert mended(tree) == []
    assert b"from .heads import *\n" in (tree.read("fw/models/__init__.py") or b"")


def test_a_module_and_the_chain_above_it_are_mended_at_once(
    tree: Tree, write: Write
) -> None:
    """The first import shows that the second is missing."""
    write("fw/models/__init__.py", "from .builder import *\nfrom .losses import *\n")
    write("fw/models/heads/__init__.py", "")
    write("fw/models/heads/my_head.py", HEAD)

    assert mended(tree) == []


@pytest.mark.parametrize(
    ("init", "line"),
    [
        (
            EXPORT + "from .my_head import MyHead\n",
            "4: not-listed: MyHead is imported and is not in `__all__`",
        ),
        (
            EXPORT.replace('"]', '", "TSNHead"]'),
            "3: twice: `__all__` lists TSNHead twice, first in line 3",
        ),
        (
            EXPORT.replace('"]', '", "MyHead"]'),
            "3: not-there: `__all__` names MyHead, which is not there",
        ),
    ],
)
def test_what_an_init_exports(tree: Tree, write: Write, init: str, line: str) -> None:
    """Each has one right answer, and is mended."""
    write("fw/models/heads/my_head.py", HEAD)
    if "MyHead" not in init:
        (tree.root / "fw/models/heads/my_head.py").unlink()
    write("fw/models/heads/__init__.py", init)

    assert f"fw/models/heads/__init__.py:{line}" in found(tree)
    assert mended(tree) == []


def test_what_no_file_has_is_left(tree: Tree, write: Write) -> None:
    """An entry of `__all__` that nobody defines may be a slip or a rest: a person decides."""
    write("fw/models/heads/__init__.py", EXPORT.replace('"]', '", "TSNHeat"]'))

    (left,) = mended(tree)

    assert left.hint == "did you mean TSNHead?"


@pytest.mark.parametrize(
    "init",
    [
        "from .tsn_head import TSNHead as Head\nfrom .tsn_head import _x\n__all__ = []\n",
        "from .tsn_head import TSNHead  # noqa: F401\n__all__ = []\n",
        "from .tsn_head import TSNHead\n__all__ = []\n__all__.append('TSNHead')\n",
        "from .tsn_head import TSNHead\n__all__ = sorted(['TSNHead'])\n",
        "from .tsn_head import TSNHead\nHEAD = TSNHead\n__all__ = ['HEAD']\n",
        "from torch import *\n__all__ = ['nn']\nfrom . import tsn_head\n",
        "def __getattr__(name): ...\n__all__ = ['Lazy']\nfrom . import tsn_head\n",
        "from . import tsn_head\n__all__ = ['tsn_head']\n",
        "from .tsn_head import *\n__all__ = ['TSNHead']\n",
    ],
)
def test_what_a_file_does_on_purpose_is_no_finding(
    tree: Tree, write: Write, init: str
) -> None:
    """Other names, silenced linters, computed lists, names from elsewhere."""
    write("fw/models/heads/__init__.py", init)

    assert found(tree) == []


def test_the_same_import_twice(tree: Tree, write: Write) -> None:
    """Both places are named, and the second one is taken out."""
    write("fw/models/heads/__init__.py", EXPORT + "from .tsn_head import TSNHead\n")

    assert found(tree) == [
        "fw/models/heads/__init__.py:4: twice: TSNHead is imported from .tsn_head twice, first in line 1"
    ]
    assert mended(tree) == []
    assert tree.read("fw/models/heads/__init__.py") == EXPORT.encode()


def test_a_class_that_is_left_out_among_others_of_its_module(
    tree: Tree, write: Write
) -> None:
    """It is registered, and cannot be imported from where its sisters can."""
    write("fw/models/heads/tsn_head.py", HEAD + HEAD.replace("MyHead", "TSNHead"))

    assert found(tree) == [
        "fw/models/heads/__init__.py:1: left-out: MyHead is registered in HEADS, and not among what is imported from .tsn_head"
    ]
    assert mended(tree) == []
    assert b"import MyHead, TSNHead" in (
        tree.read("fw/models/heads/__init__.py") or b""
    )


def test_one_key_registered_twice(tree: Tree, write: Write) -> None:
    """Two files that are both imported; with `force`, under a condition, or in another registry it is meant."""
    write("fw/models/heads/other.py", HEAD.replace("MyHead", "TSNHead"))
    write(
        "fw/models/__init__.py",
        "from .builder import *\nfrom .heads import *\nfrom .heads import other\nfrom .losses import *\nfrom .backbones import *\n",
    )

    assert found(tree) == [
        "fw/models/heads/tsn_head.py:5: twice: TSNHead is registered in HEADS twice, the other one at fw/models/heads/other.py:5"
    ]
    text = HEAD.replace("MyHead", "TSNHead")
    for harmless in (
        text.replace("module()", "module(force=True)"),
        text.replace("HEADS", "PIPELINES"),
        "from ..builder import HEADS\nif x:\n    @HEADS.register_module()\n    class TSNHead: ...\n",
    ):
        write("fw/models/heads/other.py", harmless)
        assert found(tree) == []


def test_aliases_are_one_registry(tree: Tree, write: Write) -> None:
    """`LOSSES = MODELS`: a key of one is a key of the other."""
    for registry, name in (("LOSSES", "a"), ("MODELS", "b")):
        write(
            f"fw/models/losses/{name}.py",
            f"from .. import builder\n@builder.{registry}.register_module('X')\nclass {name.upper()}: ...\n",
        )
    write("fw/models/losses/__init__.py", "from .a import A\nfrom .b import B\n")

    assert found(tree) == [
        "fw/models/losses/b.py:3: twice: X is registered in builder.MODELS twice, the other one at fw/models/losses/a.py:3"
    ]


@pytest.mark.parametrize(
    ("config", "hint"),
    [
        ('model = dict(cls_head=dict(type="TSNHeda"))', "did you mean TSNHead?"),
        ('model = {"cls_head": {"type": "TSNhead"}}', "did you mean TSNHead?"),
        (
            'model = dict(cls_head=dict(type="fw.Nothing"))',
            "HEADS has no name like it",
        ),
        ('model = dict(cls_head=dict(type="Crop"))', "it is registered in PIPELINES"),
        (
            'model = dict(cls_head=dict(type="PlainHead"))',
            "fw/models/more.py has it, and no decorator registers it: write @HEADS.register_module() above it",
        ),
        ('train_pipeline = [dict(type="Corp")]', "did you mean Crop?"),
        ('data = dict(val=dict(pipeline=[dict(type="Corp")]))', "did you mean Crop?"),
        ('lr_config = dict(policy="RelativStep")', "did you mean RelativeStep?"),
        ('optimizer = dict(type="Adamm")', ""),
        ('optimizer = dict(type="MySgd")', "did you mean MySGD?"),
        ('optimizer = dict(type="AdamW")', ""),
        ('model = dict(loss_cls=dict(type="FocalLoss"))', ""),
        ('model = dict(cls_head=dict(type="mmdet.BBoxHead"))', ""),
        ('model = dict(_scope_="mmdet", cls_head=dict(type="BBoxHead"))', ""),
        (
            'custom_imports = dict(imports=["x"])\nmodel = dict(cls_head=dict(type="X"))',
            "",
        ),
        ("model = dict(cls_head=dict(type=Head))", ""),
        ('train_pipeline = [dict(type="Crop", transforms=[dict(type="Fliplr")])]', ""),
        ('model = dict(train_cfg=dict(assigner=dict(type="X")))', ""),
        ("model = dict(", ""),
    ],
)
def test_the_names_in_a_config(
    tree: Tree, write: Write, config: str, hint: str
) -> None:
    """A name is a finding where the tree can know it; what other projects register is left to them."""
    registered = (
        ("Crop", "PIPELINES"),
        ("RelativeStepLrUpdaterHook", "HOOKS"),
        ("MySGD", "OPTIMIZERS"),
    )
    text = "from .builder import HOOKS, OPTIMIZERS, PIPELINES\nclass PlainHead: ...\n"
    for name, registry in registered:
        text += f"@{registry}.register_module()\nclass {name}: ...\n"
    write("fw/models/more.py", text)
    with open(tree.root / "fw/models/__init__.py", "a") as init:
        init.write("from .more import *\n")
    write("configs/a.py", config)

    findings = audit(tree, find_kinds(tree.root))

    assert [(f.path, f.code, f.hint) for f in findings] == (
        [("configs/a.py", "unknown-name", hint)] if hint else []
    )


def test_what_add_made_and_is_not_whole(tree: Tree, write: Write) -> None:
    """A test or a config that says so misses the others; files that say nothing are not asked for them."""
    stub = Stub(find_kind(tree.root, "head"), make_names("MyHead"), "fw")
    commit(tree, plan_add(tree, stub))
    (tree.root / stub.test).unlink()

    kinds = find_kinds(tree.root)
    assert found(tree) == [
        "configs/heads/my_head.py:1: incomplete: the test of MyHead is not there: tests/models/heads/test_my_head.py"
    ]
    (before,) = audit(tree, kinds)
    (tree.root / stub.config).write_text("# Made by: scaffold add head MyHead\n")
    (edited,) = audit(tree, kinds)

    assert before.fix
    assert before.hint.endswith("`scaffold remove head MyHead` takes the rest back")
    assert not edited.fix
    assert edited.hint.startswith(f"`git restore {stub.test}` if it was committed")
    assert edited.hint.endswith("MyHead --force` takes the rest back")


@pytest.mark.parametrize("role", ["config", "test"])
def test_a_config_or_a_test_is_written_again_as_add_wrote_it(
    tree: Tree, role: str
) -> None:
    """With the same arguments, which the other one tells; but not beside a module that is gone too."""
    options = ("hidden:int=3", "must:float")
    stub = Stub(find_kind(tree.root, "head"), make_names("MyHead"), "fw", options)
    commit(tree, plan_add(tree, stub))
    file = tree.root / stub.paths[role]
    before = file.read_bytes()
    file.unlink()

    plan, left = mend(tree, find_kinds(tree.root))
    commit(tree, plan)

    assert left == []
    assert file.read_bytes() == before
    file.unlink()
    (tree.root / stub.module).unlink()
    assert not any(
        f.fix for f in audit(tree, find_kinds(tree.root)) if f.code == "incomplete"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# Made by: scaffold add head TSNHead\n",  # for another file
        "# Made by: scaffold add neck MyNeck\n",  # by a kind that is gone
        "# Made by: scaffold add head 3\n",  # edited
    ],
)
def test_a_comment_that_does_not_fit_its_file_is_passed_over(
    tree: Tree, write: Write, text: str
) -> None:
    """The file was moved or edited, and is someone's own."""
    write("configs/heads/my_head.py", text)

    assert found(tree) == []


def test_a_file_that_does_not_parse_is_a_finding(tree: Tree, write: Write) -> None:
    """The rest of the tree is read all the same."""
    write("fw/models/heads/bad.py", "def f(:\n")

    (finding,) = audit(tree, find_kinds(tree.root))

    assert (finding.path, finding.line, finding.code) == (
        "fw/models/heads/bad.py",
        1,
        "syntax",
    )


def test_a_file_that_cannot_be_edited_is_left_with_what_to_do(
    tree: Tree, write: Write
) -> None:
    """Nothing else stays unmended because of it."""
    write("fw/models/heads/my_head.py", HEAD)
    write("fw/models/heads/__init__.py", EXPORT + "MyHead = None\n")
    write(
        "fw/models/losses/my_loss.py",
        HEAD.replace("Head", "Loss").replace("HEADS", "LOSSES"),
    )

    (left,) = mended(tree)

    assert left.path == "fw/models/heads/my_head.py"
    assert "from .my_head import MyHead" in left.hint


def test_a_copy_elsewhere_hides_the_tree(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Python looks, not from the current folder, there is another package of the name."""
    other = tmp_path / "site"
    (other / "fw").mkdir(parents=True)
    (other / "fw/__init__.py").touch()
    monkeypatch.chdir(tree.root)
    monkeypatch.setattr(sys, "path", ["", str(other)])

    (finding,) = hidden(tree, "fw")

    assert str(other / "fw") in finding.what
    monkeypatch.setattr(sys, "path", ["", str(tree.root), str(other)])
    assert list(hidden(tree, "fw")) == []
    monkeypatch.setattr(sys, "path", [""])
    assert list(hidden(tree, "fw")) == []


def test_an_editable_install_of_another_checkout_hides_the_tree(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such an install may be a finder and no path."""

    class EditableFinder:
        @staticmethod
        def find_spec(name: str, path: object = None) -> ModuleSpec:
            return ModuleSpec(name, None, origin=str(tmp_path / name / "__init__.py"))

    monkeypatch.setattr(sys, "path", [""])
    monkeypatch.setattr(sys, "meta_path", [PathFinder, EditableFinder])

    (finding,) = hidden(tree, "fw")

    assert str(tmp_path / "fw") in finding.what


def test_a_tree_without_a_place_for_any_kind_is_refused(tmp_path: Path) -> None:
    """There is nothing to check, and that is said."""
    for folder in ("configs", "tests", "fw"):
        (tmp_path / folder).mkdir()
    (tmp_path / "fw/__init__.py").touch()

    with pytest.raises(ScaffoldError, match="no package here"):
        audit(Tree(tmp_path.resolve()), find_kinds(tmp_path))


@pytest.mark.parametrize(
    ("base", "is_judged"),
    [
        ("", True),
        ('custom_imports = dict(imports=["fw"])', True),
        ('custom_imports = dict(imports=["fw.models.more", "other.models"])', False),
        ('_base_ = "mmdet::base.py"', False),
        ('_base_ = "gone.py"', False),
    ],
)
def test_what_a_base_config_imports_counts_for_those_that_inherit_from_it(
    tree: Tree, write: Write, base: str, is_judged: bool
) -> None:
    """Who may bring names from elsewhere is not judged; the tree's own packages are not elsewhere."""
    write("configs/_base_/runtime.py", f"{base}\n")
    write("configs/middle.py", '_base_ = ["_base_/runtime.py"]\n')
    write(
        "configs/a.py",
        '_base_ = ["middle.py"]\nmodel = dict(cls_head=dict(type="TSNHaed"))\n',
    )

    assert len(found(tree)) == is_judged
