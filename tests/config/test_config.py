"""Config: inheritance, overrides, dump, and what a broken config says."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mmaction_min.config import Config, parse_options
from mmaction_min.errors import ConfigError

Write = Callable[..., Path]


def test_names_of_a_file_become_keys_and_attributes(write: Write) -> None:
    """Assignments are kept; modules, functions and dunder names are not."""
    cfg = Config.fromfile(
        write(
            "a.py",
            "import math\ndef f(): pass\n__x = 1\nlr = math.floor(2.5)\nm = dict(a=[dict(b=1)])",
        )
    )

    assert dict(cfg) == {"lr": 2, "m": {"a": [{"b": 1}]}}
    assert (cfg.lr, cfg["m"].a[0].b, cfg.get("none"), "lr" in cfg) == (2, 1, None, True)


def test_a_child_is_merged_over_its_base(write: Write) -> None:
    """A dict goes into the base's dict, and anything else replaces it."""
    write(
        "base/a.py", "model = dict(type='R', head=dict(type='H', k=1))\nsteps = [1, 2]"
    )
    cfg = Config.fromfile(
        write(
            "c.py", "_base_ = './base/a.py'\nmodel = dict(head=dict(k=2))\nsteps = [3]"
        )
    )

    assert dict(cfg) == {
        "model": {"type": "R", "head": {"type": "H", "k": 2}},
        "steps": [3],
    }


def test_delete_replaces_the_dict_of_the_base(write: Write) -> None:
    """`_delete_=True` drops what the base has there, and is not kept, also where the base has nothing."""
    write("a.py", "model = dict(head=dict(type='H', k=1))")
    cfg = Config.fromfile(
        write(
            "c.py",
            "_base_ = 'a.py'\nmodel = dict(head=dict(_delete_=True, type='N'), neck=dict(_delete_=True, x=1))",
        )
    )

    assert dict(cfg) == {"model": {"head": {"type": "N"}, "neck": {"x": 1}}}


def test_several_bases_must_not_define_the_same(write: Write) -> None:
    """Two bases with one key would hide each other, so they are refused."""
    write("a.py", "x = 1")
    write("b.py", "x = 2")

    with pytest.raises(ConfigError, match="two of its bases define x"):
        Config.fromfile(write("c.py", "_base_ = ['a.py', 'b.py']"))


def test_values_of_the_base_and_of_the_file_can_be_used(write: Write) -> None:
    """`{{ _base_.a.b }}` is the base's value, `{{ fileBasename }}` the file's name."""
    write("a.py", "optimizer = dict(lr=[0.1])")
    cfg = Config.fromfile(
        write(
            "c.py",
            "_base_ = 'a.py'\nlr = {{ _base_.optimizer.lr }}\nname = '{{ fileBasename }}'",
        )
    )

    assert (cfg.lr, cfg.name) == ([0.1], "c.py")
    cfg.lr.append(1)
    assert cfg.optimizer.lr == [0.1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", r"c.py:1: There are syntax errors .*\nhint: the line is: x = \("),
        ("x = 1\ny = 1 / 0", r"c.py:2: the config does not run: ZeroDivisionError"),
        (
            "_base_ = 'none.py'",
            r"c.py:1: the base .*none.py cannot be read \(No such file or directory\)",
        ),
        ("_base_ = 'c.py'", r"inherits from itself: c.py -> c.py"),
        ("x = 1\n_base_ = 1", r"c.py:2: `_base_` is a path or a list of paths"),
        (
            "_base_ = 'a.py'\nx = dict(y=1)",
            r"(?s)c.py:2: x: it is a dict here and 1 in the base.*_delete_=True",
        ),
    ],
)
def test_a_config_that_cannot_be_read_says_where_and_why(
    write: Write, text: str, message: str
) -> None:
    """The file, the line where there is one, and what is wrong with it."""
    write("a.py", "x = 1")

    with pytest.raises(ConfigError, match=message):
        Config.fromfile(write("c.py", text))


def test_overrides_reach_into_dicts_and_lists() -> None:
    """Dotted keys with list indices; new keys are added; the config's source is not touched."""
    source = {"data": {"train": [{"n": 1}]}}
    cfg = Config(source)

    cfg.merge_from_dict({"data.train.0.n": 2, "optimizer.lr": 0.1})

    assert dict(cfg) == {"data": {"train": [{"n": 2}]}, "optimizer": {"lr": 0.1}}
    assert source == {"data": {"train": [{"n": 1}]}}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("x.y", "nothing below 1 to set"),
        ("l.3", "'3' is no index into a list of 1"),
        ("l.a.b", "'a' is no index"),
    ],
)
def test_an_override_that_leads_nowhere_is_refused_and_changes_nothing(
    key: str, message: str
) -> None:
    """A path through a number or past a list's end names the key."""
    cfg = Config({"x": 1, "l": [1]})

    with pytest.raises(ConfigError, match=message):
        cfg.merge_from_dict({"new": 1, key: 1})

    assert dict(cfg) == {"x": 1, "l": [1]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1e-3", 0.001),
        ("true", True),
        ("None", None),
        ("null", "null"),
        ("ResNet", "ResNet"),
        ("'1'", "1"),
        ("1,2", [1, 2]),
        ("[(1,2),a]", [(1, 2), "a"]),
        ("()", ()),
        ("[]", []),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_words_of_the_command_line_become_values(text: str, value: object) -> None:
    """Numbers, truth values, None, lists and tuples are seen; all else is text."""
    assert parse_options([f"k={text}"]) == {"k": value}


def test_a_word_without_an_equals_sign_is_refused() -> None:
    """`--cfg-options lr 0.1` is a slip that must not pass."""
    with pytest.raises(ConfigError, match="'lr' is no override"):
        parse_options(["lr"])


def test_a_dump_reads_back_to_the_same_config(write: Write, tmp_path: Path) -> None:
    """What is written into the work folder can be trained again."""
    cfg = Config.fromfile(
        write("a.py", "x = dict(a=[1, (2, 'b\"c')], n=None)\ny = 'line\\nline'")
    )

    cfg.dump(tmp_path / "dump.py")

    assert dict(Config.fromfile(tmp_path / "dump.py")) == dict(cfg)


def test_a_copy_is_independent() -> None:
    """deepcopy gives a config of its own."""
    cfg = Config({"a": {"b": [1]}})

    copied = copy.deepcopy(cfg)
    copied.a.b.append(2)

    assert cfg.a.b == [1]


def test_a_missing_attribute_says_what_there_is() -> None:
    """The error lists the keys."""
    with pytest.raises(AttributeError, match="no 'b' here; it has a"):
        _ = Config({"a": 1}).b


def test_custom_imports_are_imported_when_the_config_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One name or a list of them, so that a project's modules are registered."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("one_of_mine", "two_of_mine"):
        (tmp_path / f"{name}.py").write_text("")
        monkeypatch.delitem(sys.modules, name, raising=False)
    config = tmp_path / "config.py"

    for imports in ("'one_of_mine'", "['one_of_mine', 'two_of_mine']"):
        config.write_text(f"custom_imports = dict(imports={imports})\n")
        Config.fromfile(config)

    assert {"one_of_mine", "two_of_mine"} <= sys.modules.keys()


@pytest.mark.parametrize(
    ("custom", "message"),
    [
        ("dict(imports=['not_there'])", r"not_there cannot be imported.*\nhint: run"),
        ("dict(imports=3)", r"custom_imports.imports is 3\nhint: a name, or a list"),
        ("['a']", r"custom_imports is \['a'\]\nhint: write custom_imports = dict"),
        ("dict(imports='a', allow=True)", r"hint: write custom_imports = dict"),
    ],
)
def test_custom_imports_that_cannot_be_imported_are_an_error(
    tmp_path: Path, custom: str, message: str
) -> None:
    """The message has the config, the name, and where to run the command."""
    config = tmp_path / "config.py"
    config.write_text(f"custom_imports = {custom}\n")

    with pytest.raises(ConfigError, match=message) as error:
        Config.fromfile(config)

    assert str(config) in str(error.value)


def test_a_custom_import_may_fail_if_the_config_says_so(tmp_path: Path) -> None:
    """It is left out with a warning."""
    config = tmp_path / "config.py"
    config.write_text(
        "custom_imports = dict(imports='not_there', allow_failed_imports=True)\n"
    )

    with pytest.warns(UserWarning, match="not_there is left out"):
        Config.fromfile(config)
