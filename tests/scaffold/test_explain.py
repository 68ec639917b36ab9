"""`scaffold explain`: real error texts, each with its cause in a small tree and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmaction_min.config import Config
from mmaction_min.datasets.builder import PIPELINES
from mmaction_min.errors import EngineError
from mmaction_min.models.builder import HEADS, build_backbone, build_head, build_neck
from mmaction_min.runner import HOOKS
from scaffold.commit import commit, hold_new
from scaffold.errors import ScaffoldError
from scaffold.explain import case as explain_case
from scaffold.explain import find_cause
from scaffold.explain.case import Cause
from scaffold.finding import Finding
from scaffold.kinds import find_kinds
from scaffold.project import plan_init
from scaffold.tree import Tree

REPOSITORY = Path(__file__).resolve().parents[2]
CLASS = "@{registry}.register_module()\nclass {name}:\n    def __init__(self, num_classes, *, hidden=1):\n        pass\n"


@pytest.fixture(autouse=True)
def _no_other_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this test's Python finds a package is another test's affair."""
    monkeypatch.setattr(explain_case, "hidden", lambda tree, framework: iter(()))


@pytest.fixture
def cause(tree: Tree) -> Callable[[str], Cause]:
    """Explains a text, in a tree that has a head, a hook and what may go wrong."""
    root = tree.root
    (root / "fw/models/builder.py").write_text(
        'HEADS = Registry("head")\nBACKBONES = Registry("backbone")\nHOOKS = Registry("hook")\n'
    )
    start = "from ..builder import BACKBONES, HEADS, HOOKS\n"
    for path, registry, name in (
        ("heads/tsn_head", "HEADS", "TSNHead"),
        ("heads/lost_head", "HEADS", "LostHead"),
        ("backbones/hook", "HOOKS", "RelativeStepLrUpdaterHook"),
        ("backbones/short", "HOOKS", "Exp"),
        ("heads/twin_a", "HEADS", "TwinHead"),
        ("heads/twin_b", "HEADS", "TwinHead"),
    ):
        text = start + CLASS.format(registry=registry, name=name)
        (root / f"fw/models/{path}.py").write_text(text)
    (root / "fw/models/heads/plain.py").write_text("class PlainHead:\n    pass\n")
    (root / "fw/models/heads/bad.py").write_text("class BadHead(:\n")
    (root / "fw/models/backbones/__init__.py").write_text(
        "from .gone import Gone\nfrom .hook import RelativeStepLrUpdaterHook\nfrom .short import Exp\n"
    )
    (root / "fw/models/round").mkdir()
    (root / "fw/models/round/__init__.py").write_text("from . import a\nb = 1\n")
    (root / "fw/models/round/a.py").write_text("from ..round import b\n")
    (root / "configs/a.py").write_text(
        'model = dict(backbone=dict(type="TSNHead", hiden=1), cls_head=dict(type="MyHead"))\n'
    )
    return lambda text: find_cause(tree, find_kinds(root), text)


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        # mmcv 1.x
        (
            "KeyError: 'MyHead is not in the models registry'",
            "no file of this tree registers MyHead (configs/a.py:1)",
            "scaffold add head MyHead",
        ),
        (
            "KeyError: \"Recognizer2D: 'LostHead is not in the head registry'\"",
            "fw/models/heads/lost_head.py:3: LostHead is registered in HEADS, and nothing imports its module",
            "scaffold check --fix",
        ),
        (
            "KeyError: 'TSNhead is not in the head registry'",
            "fw/models/heads/tsn_head.py:3: nobody registers TSNhead, and TSNHead is near it",
            "write TSNHead in the config",
        ),
        (
            "KeyError: 'TSNHead is not in the backbone registry'",
            "the config asks for it where a backbone belongs (configs/a.py:1)",
            "under its own key",
        ),
        (
            "KeyError: 'TSNHead is not in the head registry'",
            "TSNHead is registered in HEADS and imported with fw: what ran was another copy",
            'python -c "import fw; print(fw.__file__)"',
        ),
        (
            "KeyError: 'RelativeSteppLrUpdaterHook is not in the hook registry'",
            "nobody registers RelativeStepp, and RelativeStep is near it",
            "write RelativeStep in the config",
        ),
        (
            "KeyError: 'ExpLrUpdaterHook is not in the hook registry'",
            "Exp is registered without the ending LrUpdaterHook",
            "name the class ExpLrUpdaterHook",
        ),
        (
            "KeyError: 'OneCycleLrUpdaterHook is not in the hook registry'",
            "no file of this tree registers OneCycleLrUpdaterHook",
            "scaffold add lr-hook OneCycle",
        ),
        (
            "KeyError: 'PlainHead is not in the head registry'",
            "fw/models/heads/plain.py:1: the class PlainHead is there, and no decorator registers it",
            "write @HEADS.register_module() above it",
        ),
        (
            "KeyError: 'BadHead is not in the head registry'",
            "fw/models/heads/bad.py:1: the file that has it is broken: the file does not parse",
            "mend it first",
        ),
        (
            "KeyError: 'mmdet.FastRCNN is not in the models registry'",
            "mmdet.FastRCNN is mmdet's, and not of this tree",
            "custom_imports",
        ),
        (
            "KeyError: 'adamw is not in the optimizer registry'",
            "nobody registers adamw, and AdamW is near it",
            "write AdamW",
        ),
        (
            "KeyError: 'TSNHead is already registered in head'",
            "TSNHead is registered once in this tree, so its file was run twice",
            "import it by one name",
        ),
        (
            "KeyError: 'Nothing is already registered in models'",
            "no file of this tree registers Nothing: two other packages do",
            "import one of the two",
        ),
        (
            "TypeError: Recognizer2D: TSNHead: __init__() got an unexpected keyword argument 'num_clases'",
            "fw/models/heads/tsn_head.py:3: TSNHead has no argument `num_clases`",
            "write num_classes instead of num_clases",
        ),
        (
            "KeyError: '`cfg` or `default_args` must contain the key \"type\", but got {}'",
            "a dict of the config that something is built from has no `type`",
            "give it one",
        ),
        (
            "KeyError: 'TwinHead is already registered in head'",
            "fw/models/heads/twin_b.py:3: TwinHead is registered twice: here, and at fw/models/heads/twin_a.py:3",
            "rename one of the two",
        ),
        (
            "TypeError: SyncBatchNorm.__init__() got an unexpected keyword argument 'x'",
            "SyncBatchNorm is not of this tree",
            "scaffold list",
        ),
        (
            "TypeError: TSNHead.__init__() got an unexpected keyword argument 'zzz'",
            "TSNHead has no argument `zzz` (configs/a.py:1); it takes num_classes, hidden",
            "take zzz out of the config, or let TSNHead.__init__ take it",
        ),
        (
            "TypeError: PlainHead.__init__() got an unexpected keyword argument 'x'",
            "it takes no arguments",
            "take x out",
        ),
        # MMEngine
        (
            "KeyError: 'MyHead is not in the mmengine::model registry. Please check whether the value of "
            "`MyHead` is correct or it was registered as expected.'",
            "no file of this tree registers MyHead",
            "scaffold add head MyHead",
        ),
        (
            "TypeError: TSNHead.__init__() missing 1 required positional argument: 'num_classes'",
            "TSNHead needs `num_classes`, and the config does not give it",
            "give num_classes in the config",
        ),
        # Python
        (
            "ImportError: cannot import name 'LostHead' from 'fw.models.heads' (/fw/models/heads/__init__.py)",
            "fw/models/heads/lost_head.py:3: LostHead is there, and fw/models/heads/__init__.py does not import it",
            "scaffold check --fix",
        ),
        (
            "AttributeError: module 'fw.models.heads' has no attribute 'PlainHead'",
            "PlainHead is there, and fw/models/heads/__init__.py does not import it",
            "from fw.models.heads.plain import PlainHead",
        ),
        (
            "ImportError: cannot import name 'TSNHead' from partially initialized module 'fw.models.heads' "
            "(most likely due to a circular import)",
            "nothing that it imports leads back to it",
            "python -c",
        ),
        (
            "ImportError: cannot import name 'NewHead' from 'fw.models.heads' (x)",
            "fw.models.heads has no NewHead, nor has any other file of fw",
            "scaffold add head NewHead",
        ),
        (
            "ImportError: cannot import name 'TSNHeat' from 'fw.models.heads' (x)",
            "has no TSNHeat",
            "write TSNHead",
        ),
        (
            "ModuleNotFoundError: No module named 'fw.models.heads.tsn_haed'",
            "there is no fw.models.heads.tsn_haed; fw.models.heads.tsn_head is near it",
            "write fw.models.heads.tsn_head",
        ),
        (
            "ModuleNotFoundError: No module named 'fw.models.backbones.gone'",
            "fw/models/backbones/__init__.py:1: it imports gone, and there is no such file",
            "take the import of .gone out",
        ),
        (
            "ModuleNotFoundError: No module named 'fw.models.heads.tsn_head'",
            "fw.models.heads.tsn_head is in this tree, and Python did not look here",
            "pip install -e",
        ),
        (
            "ModuleNotFoundError: No module named 'fw.zzz'",
            "there is no fw.zzz in this tree",
            "scaffold list",
        ),
        (
            "ModuleNotFoundError: No module named 'fw.models.heads.bad'",
            "fw/models/heads/bad.py:1: the file does not parse",
            "mend it first",
        ),
        (
            "ImportError: cannot import name 'A' from 'fw.zzz' (x)",
            "there is no fw.zzz in this tree",
            "scaffold list",
        ),
        (
            "TypeError: __init__() got an unexpected keyword argument 'hiden'",
            "fw/models/heads/tsn_head.py:3: TSNHead has no argument `hiden`",
            "write hidden instead of hiden",
        ),
        (
            "TypeError: __init__() got an unexpected keyword argument 'zzz'",
            "some class does not take `zzz`, and no config of this tree gives it",
            "look for the class in the line above",
        ),
        (
            "TypeError: class `TSNHead` in fw/models/heads/tsn_head.py: __init__() got an unexpected keyword argument 'hiden'",
            "fw/models/heads/tsn_head.py:3: TSNHead has no argument `hiden`",
            "write hidden instead of hiden",
        ),
        (
            "AttributeError: partially initialized module 'fw.models.round' has no attribute 'a' (most likely due to a circular import)",
            "fw/models/round/__init__.py:1: fw.models.round has a, but not yet, for files import each other in a circle: fw/models/round/__init__.py -> fw/models/round/a.py -> fw/models/round/__init__.py",
            "move one of these imports into the function",
        ),
        (
            "ImportError: cannot import name 'TSNHead' from partially initialized module 'fw.models.heads.tsn_head' (x)",
            "nothing that it imports leads back to it",
            "python -c",
        ),
        (
            "ModuleNotFoundError: No module named 'mmcv.models'",
            "fw/models/__init__.py:1: mmcv is not installed where the error came from; here fw.models has what that has",
            "import from fw.models",
        ),
        (
            "ModuleNotFoundError: No module named 'mmcv._ext'",
            "without its compiled operators",
            "mmcv-full for 1.x",
        ),
        (
            "KeyError: 'AdamW2 is not in the optimizer registry'",
            "nobody registers AdamW2, and AdamW is near it",
            "write AdamW in the config, or `scaffold add optimizer AdamW2`",
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'configs/b.py'",
            "configs/a.py:1: there is no configs/b.py, and configs/a.py is near it",
            "write configs/a.py",
        ),
        (
            'FileNotFoundError: file "/somewhere/else.py" does not exist',
            "there is no /somewhere/else.py",
            "ls configs",
        ),
        (
            "FileNotFoundError: file 'configs/a.py' does not exist",
            "configs/a.py:1: configs/a.py is there, from the tree's root",
            "cd ",
        ),
        (
            "ModuleNotFoundError: No module named 'decord'",
            "decord is no part of this tree",
            "pip install decord",
        ),
    ],
)
def test_an_error_has_a_cause_and_a_remedy(
    cause: Callable[[str], Cause], error: str, what: str, mend: str
) -> None:
    """The file and line are those to look at; the remedy is a command, or what to write."""
    found = cause(error)

    place = f"{found.path}:{found.line}: " if found.path else ""
    assert what in f"{place}{found.what}"
    assert mend in found.mend


@pytest.mark.parametrize(
    ("fail", "what", "mend"),
    [
        (
            lambda: build_head(dict(type="AbsentHead")),
            "no file of this tree registers AbsentHead",
            "scaffold add head AbsentHead",
        ),
        (
            lambda: build_backbone(dict(type="TSNHead")),
            "TSNHead is registered in HEADS, and the config asks for it where a backbone belongs",
            "under its own key",
        ),
        (
            lambda: build_head(
                dict(type="TSNHead", num_classes=2, in_channels=3, tpok=1)
            ),
            "TSNHead has no argument `tpok`",
            "write topk",
        ),
        (
            lambda: build_head(dict(type="TSNHead", in_channels=3)),
            "TSNHead needs `num_classes`",
            "give num_classes in the config",
        ),
        (
            lambda: build_neck(dict(type="AbsentNeck")),
            "no file of this tree registers AbsentNeck",
            "scaffold add neck AbsentNeck",
        ),
        (
            lambda: PIPELINES.build(dict(type="Fancy")),
            "no file of this tree registers Fancy",
            "scaffold add transform Fancy",
        ),
        (
            lambda: HOOKS.build(dict(type="TextLogerHook")),
            "TextLoggerHook is near it",
            "scaffold add hook TextLogerHook",
        ),
        (
            lambda: Config.fromfile(REPOSITORY / "configs/tsn_r81_motion.py"),
            "there is no configs/tsn_r81_motion.py, and configs/tsn_r18_motion.py is near it",
            "write configs/tsn_r18_motion.py",
        ),
        (
            lambda: build_head(dict(num_classes=2)),
            "has no `type`",
            "give it one",
        ),
        (
            lambda: HEADS.register_module("TSNHead", module=dict),
            "TSNHead is registered once in this tree, so its file was run twice",
            "import it by one name",
        ),
    ],
)
def test_the_messages_of_mmaction_min_are_known(
    fail: Callable[[], object], what: str, mend: str
) -> None:
    """Each is made by the engine itself, and explained in our own tree."""
    with pytest.raises(EngineError) as error:
        fail()

    found = find_cause(Tree(REPOSITORY), find_kinds(REPOSITORY), str(error.value))

    assert what in found.what
    assert mend in found.mend


def test_the_last_error_of_a_traceback_counts(cause: Callable[[str], Cause]) -> None:
    """Those above it led to it."""
    found = cause(
        "KeyError: 'MyHead is not in the head registry'\n"
        "During handling of the above exception, another exception occurred:\n"
        "ModuleNotFoundError: No module named 'decord'\n"
    )

    assert "decord" in found.what


def test_what_is_not_known_is_said(cause: Callable[[str], Cause]) -> None:
    """No guess is made."""
    with pytest.raises(ScaffoldError, match="not one that scaffold can explain"):
        cause("RuntimeError: CUDA out of memory")


@pytest.mark.parametrize(
    "error",
    [
        "KeyError: 'TSNHead is not in the head registry'",
        "KeyError: 'TSNHead is already registered in head'",
        "ImportError: cannot import name 'TSNHead' from 'fw.models.heads' (x)",
        "ModuleNotFoundError: No module named 'fw.models.heads.tsn_head'",
    ],
)
def test_where_another_copy_is_imported_that_is_the_cause(
    cause: Callable[[str], Cause], monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    """The tree itself is right."""
    copy = Finding("fw/__init__.py", 1, "hidden", "it takes the copy", "uninstall it")
    monkeypatch.setattr(explain_case, "hidden", lambda tree, framework: iter([copy]))

    assert cause(error) == Cause(
        "it takes the copy", "fw/__init__.py", 1, "uninstall it"
    )


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        (
            "KeyError: 'MyHead is not in the head registry'",
            "configs/alone.py:1: MyHead is registered in HEADS of proj, which configs/alone.py does not import",
            'write `custom_imports = dict(imports=["proj"]',
        ),
        (
            "KeyError: 'TSNHaed is not in the head registry'",
            f"{REPOSITORY}/mmaction_min/models/heads/tsn_head.py:",
            "write TSNHead in the config",
        ),
        (
            "TypeError: TSNHead.__init__() got an unexpected keyword argument 'in_chanels'",
            "TSNHead has no argument `in_chanels`",
            "write in_channels",
        ),
        (
            "ModuleNotFoundError: No module named 'mmaction_min.runner'",
            "mmaction_min.runner is installed here, and was not where the error came from",
            "run it with this Python",
        ),
    ],
)
def test_in_a_project_the_engine_is_looked_into_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, what: str, mend: str
) -> None:
    """A name of the engine is no news; a config that does not import the project is the cause where it is one."""
    monkeypatch.setattr("scaffold.tree.installed", lambda name: f"{REPOSITORY}/{name}")
    with hold_new(str(tmp_path / "proj")) as (tree, _):
        commit(tree, plan_init(tree, "proj"))
    (tmp_path / "proj/proj/models/heads/my_head.py").write_text(
        "from mmaction_min.models.builder import HEADS\n\n\n@HEADS.register_module()\nclass MyHead: ...\n"
    )
    (tmp_path / "proj/proj/models/heads/__init__.py").write_text(
        "from .my_head import MyHead\n"
    )
    (tmp_path / "proj/configs/alone.py").write_text(
        '_base_ = ["_base_/models/tsn_r18.py"]\nmodel = dict(cls_head=dict(type="MyHead"))\n'
    )

    found = find_cause(tree, find_kinds(tree.folder), error)

    place = f"{found.path}:{found.line}: " if found.path else ""
    assert what in f"{place}{found.what}"
    assert mend in found.mend
