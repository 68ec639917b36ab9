"""Reading: JSON and YAML, variables, bases, and the text that is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmaction_min.config import Config, ConfigDict
from mmaction_min.errors import (
    ConfigFileError,
    ConfigKeyError,
    ConfigMissingError,
    ConfigSyntaxError,
    ConfigTypeError,
)

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", '{"_base_": "a.py", "x": {"k": 2}, "y": {{ _base_.n }}, "z": "n={{ _base_.n }}!"}'),
        ("c.yaml", "_base_: a.py\nx: {k: 2}\ny: {{ _base_.n }}\nz: n={{ _base_.n }}!\n"),
        ("c.yml", "_base_: [a.py]\nx:\n  k: 2\ny: '{{ _base_.n }}'\nz: \"n={{_base_.n}}!\"\n"),
        ("c.py", "_base_ = 'a.py'\nx = dict(k=2)\ny = {{ _base_.n }}\nz = 'n={{ _base_.n }}!'"),
        ("c.py", "_base_ = 'a.py'\nx = dict(k=2)\nn = [0, {{ _base_.n }}]\ny = n[1]\nz = f'n={y}!'\ndel n"),
        ("c.py", "import os\n_base_ = os.path.join('.', 'a' + '.py')\nx = dict(k=2)\ny = {{ _base_.n }}\nz = f'n={{ _base_.n }}!'"),
    ],
)  # fmt: skip
def test_every_format_inherits_and_uses_the_values_of_its_base(
    write: Write, name: str, text: str
) -> None:
    """A base value is itself where it stands alone, and its text within a string."""
    write("a.py", "x = dict(k=1, l=(1, 2))\nn = 5")

    cfg = Config.fromfile(write(name, text))

    want = {"x": {"k": 2, "l": (1, 2)}, "n": 5, "y": 5, "z": "n=5!"}
    assert dict(cfg) == want


def test_variables_of_file_and_environment_are_text(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file has its own; the environment goes before the default, which may be empty."""
    monkeypatch.setenv("SOME_LR", "0.5")
    monkeypatch.delenv("NO_SUCH_NAME", raising=False)
    write("base/a.py", "base = '{{ fileBasenameNoExtension }}{{ fileExtname }}'")
    path = write(
        "c.py",
        "_base_ = 'base/a.py'\nhere = '{{fileDirname}}'\nlr = {{ $SOME_LR:0.1 }}\n"
        "n = {{$NO_SUCH_NAME:3}}\nempty = '{{ $NO_SUCH_NAME: }}'",
    )

    cfg = Config.fromfile(path)

    assert (cfg.base, cfg.here) == ("a.py", str(path.parent))
    assert (cfg.lr, cfg.n, cfg.empty) == (0.5, 3, "")


def test_variables_can_be_left_alone_in_the_bases_too(write: Write) -> None:
    """`use_predefined_variables=False` is for all files (mmcv forgets the bases)."""
    write("a.py", "a = '{{ fileBasename }}'")
    path = write("c.py", "_base_ = 'a.py'\nc = '{{ fileBasename }}'")

    cfg = Config.fromfile(path, use_predefined_variables=False)

    assert dict(cfg) == {"a": "{{ fileBasename }}", "c": "{{ fileBasename }}"}
    assert dict(Config.fromstring(cfg.pretty_text, ".py")) == dict(cfg)


def test_the_text_of_all_files_is_kept(write: Write) -> None:
    """The bases first, each below its path, as in mmcv."""
    base = write("a.py", "a = 1\n")
    path = write("c.py", "_base_ = 'a.py'\n")

    cfg = Config.fromfile(path)

    assert cfg.text == f"{base}\na = 1\n\n{path}\n_base_ = 'a.py'\n"
    assert (cfg.filename, Config.fromfile(path).filename) == (str(path), str(path))


def test_what_a_file_has_beside_its_values_is_left_out(write: Write) -> None:
    """Modules, functions, classes and what `from __future__` leaves are no entries."""
    text = (
        "from __future__ import annotations\nimport os.path as osp\nfrom math import floor\n"
        "from collections import OrderedDict\ndef f(x: int): return x + 1\nx = f(1)\n_y = 2\n"
    )

    assert dict(Config.fromfile(write("c.py", text))) == {"x": 2, "_y": 2}


def test_delete_is_obeyed_and_gone_at_every_depth(write: Write) -> None:
    """Also below a dict that the base does not have (mmcv leaves it there)."""
    write("a.py", "a = dict(b=dict(c=1, d=2))\nn = None")
    text = "_base_ = 'a.py'\na = dict(b=dict(_delete_=True, e=dict(_delete_=True, f=1)))\nn = dict(_delete_=True, k=1)"

    cfg = Config.fromfile(write("c.py", text))

    assert dict(cfg) == {"a": {"b": {"e": {"f": 1}}}, "n": {"k": 1}}
    assert type(cfg.a.b.e) is ConfigDict


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("c.json", '{"a": 1,\n"b" 2}', ConfigSyntaxError, r"c.json:2: .*Expecting ':'"),
        ("c.yaml", "a: [1\nb: 2", ConfigSyntaxError, r"c.yaml:2: .*\nhint: the line is: b: 2"),
        ("c.yaml", "- 1", ConfigTypeError, "no mapping of keys"),
        ("c.yaml", "a: !!python/object/apply:os.getcwd []", ConfigSyntaxError, "could not determine a constructor"),
        ("c.py", "a = 1\0", ConfigSyntaxError, "null bytes"),
        ("c.py", f"a = {'(' * 5000}", ConfigSyntaxError, "too many nested parentheses"),
        ("c.py", "text = 1", ConfigKeyError, r"c.py:1: text is a name that a config has"),
        ("c.toml", "a = 1", ConfigFileError, r"no .py, .json"),
        ("c.py", "_base_ = 'none.py'", ConfigMissingError, "none.py cannot be read"),
        ("c.py", "_base_ = [1]", ConfigTypeError, "a path or a list of paths"),
        ("c.py", "x = '{{ $NO_SUCH_NAME }}'", ConfigKeyError, "the environment has no NO_SUCH_NAME"),
        ("c.json", '{"_base_": "a.json", "x": {{ _base_.a.k }}}', ConfigKeyError, r"c.json:1: .*'k' is not there"),
        ("c.json", '{"_base_": "c.json"}', ValueError, "inherits from itself: c.json -> c.json"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_an_error_of_its_kind(
    write: Write, name: str, text: str, error: type[Exception], message: str
) -> None:
    """What mmcv raises, with the place; and no YAML runs code."""
    write("a.json", '{"a": 1}')

    with pytest.raises(error, match=message):
        Config.fromfile(write(name, text))


def test_the_errors_are_what_mmcv_raises_too() -> None:
    """So that code which was written for mmcv catches them."""
    pairs = [
        (ConfigMissingError, FileNotFoundError),
        (ConfigFileError, OSError),
        (ConfigSyntaxError, SyntaxError),
        (ConfigTypeError, TypeError),
        (ConfigKeyError, KeyError),
    ]

    assert all(issubclass(ours, theirs) for ours, theirs in pairs)
    error = ConfigMissingError("what", "where", "hint")
    assert type(error)(*error.args).hint == "hint"  # an OSError would drop it


def test_a_name_of_the_base_gets_the_right_spelling_as_a_hint(write: Write) -> None:
    """The commonest slip of who knows Python and not `_base_`."""
    write("a.py", "norm = dict(mean=0)")

    with pytest.raises(ValueError, match=r"c.py:2: .*\nhint: .*\{\{ _base_.norm \}\}"):
        Config.fromfile(write("c.py", "_base_ = 'a.py'\nx = dict(**norm)"))
    with pytest.raises(ValueError, match=r"c.py:2: .*\nhint: did you mean True\?"):
        Config.fromfile(write("c.py", "# a comment\nx = true"))
