"""What each kind writes, word for word: a change of a template is seen as a change of these files.

After a wanted change:  UPDATE_GOLDEN=1 python -m pytest tests/scaffold/test_templates.py
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import black
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scaffold import render
from scaffold.errors import ScaffoldError
from scaffold.kinds import BUNDLED, read_kind
from scaffold.names import make_names
from scaffold.stub import Stub

GOLDEN = Path(__file__).resolve().parents[1] / "golden/templates"
CASES = {
    "backbone": ("backbone", "MyNet"),
    "constructor": ("constructor", "MyOptimizerConstructor"),
    "head": ("head", "MyHead"),
    "loss": ("loss", "MyLoss"),
    "lr-hook": ("lr-hook", "RelativeStep"),
    "optimizer": ("optimizer", "MyOptimizer"),
    "recognizer": ("recognizer", "MyRecognizer"),
    "localizer": ("localizer", "MyLocalizer"),
    "neck": ("neck", "MyNeck"),
    "dataset": ("dataset", "MyDataset"),
    "transform": ("transform", "MyTransform"),
    "hook": ("hook", "MyHook"),
    # the tutorial's
    "optimizer-abc": (
        "optimizer",
        "MyOptimizer",
        "a:float=0.1",
        "b:float=0.9",
        "c:float=0.0",
    ),
    "head-args": ("head", "MyHead", "hidden:int=256", "must:float", "act"),
    "recognizer-args": ("recognizer", "MyRecognizer", "hidden:int=256", "act"),
    "dataset-args": ("dataset", "MyDataset", "must:float", "names:list=['a']"),
    "lr-hook-args": ("lr-hook", "Warm", "gamma:float=0.9"),
}

KINDS = sorted(path.parent.name for path in Path(BUNDLED).glob("*/kind.toml"))


def rendered(kind: str, name: str, *options: str) -> dict[str, str]:
    """The three files, by their part in the kind's folder."""
    found = read_kind(Path(BUNDLED) / kind)
    stub = Stub(found, make_names(name, found.suffix), "mmaction_min", options)
    texts = stub.render(88).values()
    return {
        f"{role}.py": text.decode()
        for role, text in zip(("module", "config", "test"), texts, strict=True)
    }


@pytest.mark.parametrize("case", CASES)
def test_a_kind_writes_its_golden_files(case: str, _guard: object) -> None:
    """Module, config and test are those of tests/golden/templates/."""
    files = rendered(*CASES[case])
    if os.environ.get("UPDATE_GOLDEN"):
        _guard.is_on = False  # type: ignore[attr-defined]
        (GOLDEN / case).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (GOLDEN / case / name).write_text(text)

    expected = {path.name: path.read_text() for path in (GOLDEN / case).iterdir()}

    assert files == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_bundled_kind_has_a_golden_case(kind: str) -> None:
    """A new folder under templates/ needs a line in CASES."""
    assert kind in CASES


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_says_where_the_idea_goes(case: str) -> None:
    """The module has one TODO, and nothing in it only passes."""
    module = rendered(*CASES[case])["module.py"]

    assert module.count("# TODO: your ") == 1
    assert "pass\n" not in module
    assert "NotImplementedError" not in module


# Names that no kind reserves, beside those that the stubs start with.
ARGUMENTS = {
    "a": ["", ":int", ":int=-1", ":float=1e-05", ":tuple[int, ...]=(1,)", "=None"],
    "beta": [":tuple[float, float]=(0.9, 0.99)", ":tuple[str, int]", "=(1, [2])"],
    "gamma": [":float=2.0", ":float | None", ":list[int]=[1, 2]", ":dict={1: {}}"],
    "mode": [
        ":str",
        ":str=mean",
        "=[u'a', b'b']",
        ":str='\"'",
        ":str=\u00e9",
        "='\\\\'",
    ],
    "a_longer_name_than_most": ["", ":bool=True", ":list[str]=['a', 'b', 'c']"],
    "lr": ["", ":float=0.1"],
    "momentum": ["", ":float=0.5"],
    "weight_decay": [""],
    "steps": ["", ":list[int]=[1]"],
    "lrs": ["", ":list[float]=[0.1]"],
    "fc_lr5": ["", ":bool=False"],
}
LISTS = st.lists(st.sampled_from(list(ARGUMENTS)), max_size=6, unique=True)
OPTIONS = LISTS.flatmap(
    lambda names: st.tuples(
        *(st.sampled_from([name + rest for rest in ARGUMENTS[name]]) for name in names)
    )
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("framework", ["fw", "mmaction_min"])
@given(
    options=OPTIONS,
    name=st.sampled_from(["A", "MyThing", "AnotherThingThatHasANameOfSomeLength"]),
    width=st.integers(40, 240),
)
@settings(max_examples=8, deadline=None)
def test_what_is_written_is_in_black_s_form(
    kind: str, framework: str, options: tuple[str, ...], name: str, width: int
) -> None:
    """Whether black was called or not, a run of black with the tree's width changes nothing."""
    found = read_kind(Path(BUNDLED) / kind)
    stub = Stub(found, make_names(name, found.suffix), framework, options)
    mode = black.Mode(line_length=width, target_versions={black.TargetVersion.PY310})

    try:
        files = stub.render(width)
    except ScaffoldError:  # `lr` is the base class's, or has another type in the stub
        assume(False)

    for path, text in files.items():
        assert black.format_str(text.decode(), mode=mode) == text.decode(), path


@pytest.mark.parametrize("case", CASES)
def test_black_is_not_called_for_the_usual(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The golden files come from the templates alone, at black's own width and at a wider one."""
    kind, name, *options = CASES[case]
    monkeypatch.setattr(render, "_black", None)
    found = read_kind(Path(BUNDLED) / kind)
    stub = Stub(found, make_names(name, found.suffix), "mmaction_min", tuple(options))

    assert stub.render(88) == stub.render(100)


def test_a_tree_s_own_template_is_left_to_black(tmp_path: Path) -> None:
    """What a stranger's template writes is not ours to trust."""
    folder = Path(shutil.copytree(Path(BUNDLED) / "head", tmp_path / "head"))
    (folder / "config.py.jinja").write_text("x = {  'a':1 }\n")

    files = Stub(read_kind(folder), make_names("A"), "fw").render(88)

    assert files["configs/heads/a.py"] == b'x = {"a": 1}\n'
