"""Writing: what is dumped reads back to the same."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmaction_min.config import Config, ConfigDict, dump, load
from mmaction_min.errors import ConfigFileError, ConfigTypeError

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["{{ fileDirname }}", "a{{ _base_.x }}'\"", "{{$HOME:}}"])
)
KEYS = st.text(min_size=1, max_size=8).filter(lambda key: not key.startswith("__"))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3)
    | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(KEYS | st.integers(), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        KEYS.filter(
            lambda key: key not in ("_base_", "_deprecation_", "dict", "float", "filename", "text", "pretty_text", "custom_imports")
        ),
        VALUES,
        max_size=4,
    )
)  # fmt: skip
def test_the_python_text_of_anything_reads_back_to_the_same(
    content: dict[str, Any],
) -> None:
    """Keys that are no names, keywords, quotes, line ends, braces, infinities, empty containers, tuples of one."""
    cfg = Config(content)

    again = Config.fromstring(cfg.pretty_text, ".py")

    assert again._cfg_dict == cfg._cfg_dict
    assert repr(again._cfg_dict) == repr(cfg._cfg_dict)  # tuples, and the order


@pytest.mark.parametrize("suffix", ["py", "json", "yaml", "yml"])
def test_every_format_reads_back(tmp_path: Path, suffix: str) -> None:
    """Tuples are tuples, and numbers keys, but in JSON."""
    cfg = Config({"a": {"b": [1, 2.5, None, True, "x\ny"], "c": {"d": "é"}}, "e": "-1"})
    if suffix != "json":
        cfg.merge_from_dict({"a.t": (1, (2,)), "a.r": range(3), "a.n": {3: 4}})

    cfg.dump(str(tmp_path / f"dump.{suffix}"))

    again = Config.fromfile(tmp_path / f"dump.{suffix}")
    assert repr(again._cfg_dict) == repr(cfg._cfg_dict)
    assert again.dump() == (tmp_path / f"dump.{suffix}").read_text()


def test_a_config_is_laid_out_to_be_read() -> None:
    """`dict(...)` on one line where it fits, else one entry a line."""
    cfg = Config(
        {"lr": 0.1, "m": {"a": 1, "b": [{"type": "x" * 50}, {"type": "y" * 50}]}}
    )

    assert cfg.pretty_text == (
        "lr = 0.1\nm = dict(\n    a=1,\n    b=[\n"
        f"        dict(type='{'x' * 50}'),\n        dict(type='{'y' * 50}'),\n    ],\n)\n"
    )


def test_numbers_paths_and_classes_are_written_as_such() -> None:
    """A NumPy number as a number; a path or a class with the import that it needs."""
    cfg = Config(
        {"a": np.float64(0.1), "p": Path("/x"), "d": {"type": Path, "n": math.inf}}
    )

    again = Config.fromstring(cfg.pretty_text, ".py")

    assert dict(again) == dict(cfg)
    assert type(again.a) is float


@pytest.mark.parametrize("value", [lambda x: x, object(), [].append])
def test_what_cannot_be_written_is_refused_by_its_key(value: object) -> None:
    """Rather than written so that it cannot be read."""
    with pytest.raises(ConfigTypeError, match=r"model.f is .* cannot be written"):
        _ = Config({"model": {"f": value}}).pretty_text


def test_dump_and_load_know_json_yaml_and_pickle(tmp_path: Path) -> None:
    """As mmcv's do; a config too."""
    cfg = Config({"a": ConfigDict(b=(1, 2))}, "text", None)

    for suffix in ("json", "yaml", "pkl"):
        dump({"a": [1]}, tmp_path / f"x.{suffix}")
        assert load(tmp_path / f"x.{suffix}") == {"a": [1]}
    dump(cfg, str(tmp_path / "cfg.pkl"))
    again = load(str(tmp_path / "cfg.pkl"))
    assert (again._cfg_dict, again.text, type(again.a)) == (
        cfg._cfg_dict,
        "text",
        ConfigDict,
    )
    dump({"x": np.arange(3)}, tmp_path / "array.pkl")
    assert load(tmp_path / "array.pkl")["x"].tolist() == [0, 1, 2]
    assert dump([1], file_format="json") == "[1]"
    with pytest.raises(ConfigFileError, match="'txt' is no format"):
        load(tmp_path / "x.txt")
    with pytest.raises(ConfigTypeError, match="cannot be written into a JSON file"):
        dump(object(), file_format="json")


class _Canary:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('the pickle ran code')",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    """Data is never executed."""
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(_Canary()))

    with pytest.raises(
        ConfigFileError, match=r"x.pkl: .*builtins.exec, which is no data"
    ):
        load(tmp_path / "x.pkl")
