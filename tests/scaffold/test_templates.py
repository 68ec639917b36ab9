"""What each kind writes, word for word: a change of a template is seen as a change of these files.

After a wanted change:  UPDATE_GOLDEN=1 python -m pytest tests/scaffold/test_templates.py
"""

from __future__ import annotations

import os
from pathlib import Path

import black
import pytest

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
    # the tutorial's
    "optimizer-abc": (
        "optimizer",
        "MyOptimizer",
        "a:float=0.1",
        "b:float=0.9",
        "c:float=0.0",
    ),
    "head-args": ("head", "MyHead", "hidden:int=256", "must:float", "act"),
    "lr-hook-args": ("lr-hook", "Warm", "gamma:float=0.9"),
}


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


@pytest.mark.parametrize("kind", [path.name for path in Path(BUNDLED).glob("*/")])
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


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("backbone", ("width:tuple[int, ...]=(1, 2)", "must", "out_channels:int=64")),
        ("constructor", ("factor:float=10", "must:int", "names:list[str]=['a']")),
        ("head", ("act", "names:list[str]=['a']", "flag:bool=True", "none=None")),
        ("loss", ("gamma:float=2.0", "must:int", "w:list[float]=[1.0]")),
        ("lr-hook", ("steps", "lrs", "gamma:float=0.9")),
        ("optimizer", ("momentum", "beta:tuple[float, float]=(0.9, 0.99)")),
    ],
)
@pytest.mark.parametrize("width", [79, 120])
def test_arguments_of_all_sorts_give_stable_python(
    kind: str, options: tuple[str, ...], width: int
) -> None:
    """It compiles, and a second run of black, with the tree's width, changes nothing."""
    found = read_kind(Path(BUNDLED) / kind)
    stub = Stub(found, make_names("MyThing", found.suffix), "fw", options)

    for path, text in stub.render(width).items():
        mode = black.Mode(line_length=width)
        assert black.format_str(text.decode(), mode=mode) == text.decode(), path
