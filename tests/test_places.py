"""Places: the file and line of a key, through bases, names, copies and overrides."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from mmaction_min.config import Config
from mmaction_min.places import locate, path_of, place_of, place_of_error

BASE = """\
norm = dict(
    mean=0,
    std=1)
pipeline = [
    dict(type="A"),
    dict(type="B", **norm),
]
data = dict(train=dict(pipeline=pipeline), val=dict(pipeline=pipeline))
data["test"] = dict(
    n=1)
data.late = 3
model = dict(
    head=dict(type="H"))
""".replace("data.late = 3\n", "")
CHILD = """\
_base_ = ["base.py", "more.yaml", "more.json"]
model = dict(
    head=dict(
        k=1))
copied = {{ _base_.data.train }}
other: dict = {"a": {
    "b": 1}}
"""


@pytest.fixture
def cfg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    Path("base.py").write_text(BASE)
    Path("more.yaml").write_text("y:\n  - a: 1\n    b: 2\n  - c: 3\n")
    Path("more.json").write_text('{\n "j": {\n  "k": [1,\n 2]}\n}\n')
    Path("c.py").write_text(CHILD)
    return Config.fromfile("c.py")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("model", "c.py:2"),
        ("model.head", "c.py:3"),
        ("model.head.k", "c.py:4"),
        ("model.head.type", "base.py:12"),
        ("model.head.none", "c.py:3"),  # as far as it goes, the heir's
        ("data.train.pipeline.1", "base.py:6"),
        ("data.val.pipeline.1.mean", "base.py:2"),
        ("data.train.pipeline.7", "base.py:8"),
        ("data.test.n", "base.py:10"),
        ("copied.pipeline.0.type", "base.py:5"),
        ("other.a.b", "c.py:7"),
        ("y.1.c", "more.yaml:4"),
        ("y.0.b", "more.yaml:3"),
        ("j.k", "more.json:3"),
        ("j.k.1", "more.json:4"),
        ("none", "c.py"),
    ],
)
def test_a_key_is_found_where_it_was_written(
    cfg: Config, keys: str, place: str
) -> None:
    """In the heir first, then in its bases; through names, `**`, item assignments and `{{ _base_.key }}`."""
    assert place_of(cfg, *keys.split(".")) == place


def test_a_dict_knows_its_place_wherever_it_goes(cfg: Config) -> None:
    """Each use of a shared list has its own path; a copy keeps it, and a plain dict has none."""
    step = cfg.data.val.pipeline[1]

    assert (path_of(step), place_of(step, "std")) == (
        "data.val.pipeline.1",
        "base.py:3",
    )
    for copied in (copy.copy(step), copy.deepcopy(step), step.copy()):
        assert path_of(copied) == "data.val.pipeline.1"
    assert (path_of(dict(step)), place_of({**step})) == ("", "")


def test_an_override_is_its_own_place(cfg: Config) -> None:
    """What the command line says is looked for there; the rest keeps its place."""
    cfg.merge_from_dict({"model.head.k": 2, "brand.new": 1})

    assert place_of(cfg.model.head, "k") == "--cfg-options model.head.k"
    assert place_of(cfg.model.head, "type") == "base.py:12"
    assert place_of(cfg, "brand") == "--cfg-options brand.new"


def test_an_error_finds_the_config_that_was_in_hand(cfg: Config) -> None:
    """The innermost function that had one part of the config; else the only mention of the word."""

    def build(part: object) -> None:
        taken_apart = dict(part)  # type: ignore[call-overload]
        raise ValueError(taken_apart)

    def build_all(whole: Config) -> None:
        raise ValueError("'H' is not there")

    with pytest.raises(ValueError, match="k") as part:
        build(cfg.model.head)
    assert place_of_error(part.value) == "c.py:3"
    assert place_of_error(part.value, ["k"]) == "c.py:4"
    with pytest.raises(ValueError, match="H") as whole:
        build_all(cfg)
    assert place_of_error(whole.value, ["H"]) == "base.py:12"
    assert place_of_error(whole.value, ["type"]) == ""  # it stands at several places


def test_a_key_for_a_place_gets_its_line(cfg: Config) -> None:
    """And a file stays as it is."""
    assert locate("head.k", cfg.model.head) == "c.py:4: head.k"
    assert locate("", cfg.model.head) == "c.py:3"
    assert locate("list.txt", cfg.model.head) == "list.txt"
    assert locate("/data/list.py", cfg.model.head) == "/data/list.py"
    assert locate("head.k", {}) == "head.k"
