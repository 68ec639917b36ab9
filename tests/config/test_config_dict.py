"""ConfigDict: attributes and items, copies, and pickles."""

from __future__ import annotations

import argparse
import copy
import pickle

import pytest

from mmaction_min.config import Config, ConfigDict, DictAction
from mmaction_min.errors import BracketError, ConfigError


def test_dicts_in_it_are_of_its_kind_however_they_come_in() -> None:
    """By the constructor, by item, by attribute, by update and by setdefault; in lists too."""
    cfg = ConfigDict({"a": {"b": 1}}, k=[{"x": 1}])
    cfg.c = {"d": {"e": 2}}
    cfg["f"] = ({"g": 3},)
    cfg.update({"h": {"i": 4}}, j={"k": 5})
    cfg.setdefault("l", {})["m"] = {"n": 6}

    assert (cfg.a.b, cfg.k[0].x, cfg.c.d.e, cfg.f[0].g) == (1, 1, 2, 3)
    assert (cfg.h.i, cfg.j.k, cfg.l.m.n) == (4, 5, 6)


def test_what_is_missing_raises_what_a_dict_and_an_object_raise() -> None:
    """AttributeError for an attribute, so that hasattr works; KeyError for an item; a method is not hidden."""
    cfg = ConfigDict(a=1)

    with pytest.raises(AttributeError, match="no 'b' here; it has a"):
        _ = cfg.b
    with pytest.raises(KeyError):
        _ = cfg["b"]
    with pytest.raises(AttributeError, match=r"write cfg\['items'\]"):
        cfg.items = 1  # type: ignore[assignment,method-assign]
    with pytest.raises(AttributeError):
        del cfg.b
    del cfg.a
    assert (hasattr(cfg, "a"), cfg) == (False, {})


def test_copies_and_pickles_are_the_same_and_independent() -> None:
    """A shallow copy shares what is below; a deep one and a pickle share nothing."""
    cfg = ConfigDict(a={"b": [1]})

    shallow, deep, pickled = (
        cfg.copy(),
        copy.deepcopy(cfg),
        pickle.loads(pickle.dumps(cfg)),
    )
    cfg.a.b.append(2)

    assert shallow == {"a": {"b": [1, 2]}}
    assert deep == pickled == {"a": {"b": [1]}}
    assert type(deep.a) is type(pickled.a) is ConfigDict
    assert type(cfg.to_dict()["a"]) is dict


def test_a_config_copies_as_mmcvs() -> None:
    """copy.copy shares the content, deepcopy and pickle keep file and text."""
    cfg = Config({"a": {"b": 1}}, "text")

    shallow, deep, pickled = (
        copy.copy(cfg),
        copy.deepcopy(cfg),
        pickle.loads(pickle.dumps(cfg)),
    )

    assert shallow._cfg_dict is cfg._cfg_dict
    assert deep._cfg_dict is not cfg._cfg_dict
    assert deep == pickled == cfg
    assert (deep.text, pickled.text) == ("text", "text")


def test_the_option_adds_up() -> None:
    """`DictAction` under mmcv's name; given twice, both count, and the later wins (mmcv forgets the first)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cfg-options", nargs="+", action=DictAction)

    args = parser.parse_args(
        ["--cfg-options", "a=1", "b=[(x,y),false]", "--cfg-options", "a=2"]
    )

    assert args.cfg_options == {"a": 2, "b": [("x", "y"), False]}
    with pytest.raises(BracketError, match="leaves a bracket open"):
        parser.parse_args(["--cfg-options", "a=[(x,y), 1"])
    with pytest.raises(AssertionError, match="closes a bracket too many"):
        parser.parse_args(["--cfg-options", "a=1,2)"])
    with pytest.raises(ConfigError, match="no override"):
        parser.parse_args(["--cfg-options", "a..b=1"])


def test_overrides_merge_dicts_and_know_delete() -> None:
    """A dict goes into a dict, as from a child config; `allow_list_keys=False` lets no number into a list."""
    cfg = Config({"a": {"b": 1, "c": [1, {"d": 2}]}})

    cfg.merge_from_dict(
        {"a": {"e": 3}, "a.c.1.d": 4, "a.f": {"_delete_": True, "g": 5}}
    )
    assert cfg.a == {"b": 1, "c": [1, {"d": 4}], "e": 3, "f": {"g": 5}}
    cfg.merge_from_dict({"a.c.0": 0, "a.f": {"_delete_": True}})
    assert cfg.a == {"b": 1, "c": [0, {"d": 4}], "e": 3, "f": {}}
    with pytest.raises(TypeError):
        cfg.merge_from_dict({"a.c.0": 1}, allow_list_keys=False)
