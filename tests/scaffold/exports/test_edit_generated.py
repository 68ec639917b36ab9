"""Export edits of generated files: whatever is edited is whole, done once, and can be undone."""

from __future__ import annotations

import ast
import io
import tokenize
import types
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffold.errors import ScaffoldError
from scaffold.exports import add_export, remove_export
from scaffold.style import GRID, HANGING, HANGING_COMMA, Style

NAMES = st.sampled_from(
    [
        "Alpha",
        "BaseHead",
        "beta",
        "TSN",
        "ResNet3d",
        "ResNet18",
        "MAX",
        "_hidden",
        "ümlaut",
    ]
)
MODULES = st.sampled_from(
    ["a", "base", "my_head2", "resnet18", "resnet3d", "Zeta", "sub.deep"]
)
NOTES = st.sampled_from(
    ["", "  # noqa: F401", "  # isort:skip", " # é", "  # yapf: disable"]
)
LONG = "AndOneMoreThatFillsTheRestOfTheRow"
HEADERS = st.sampled_from(
    [
        "",
        "\n",
        '"""Doc."""\n',
        "'''Doc\n\nlong.'''\n\n",
        "# Copyright\n",
        "#!/usr/bin/python\n\n",
        '"""Doc."""\nfrom __future__ import annotations\n',
        "import os\n",
        "import os\nimport sys\n\n",
        "x = 1 \\\n    + 2\n",
        "\x0c\n",
        "__version__ = '1.0'\n\n",
        'warn = "\\d"\n',
    ]
)
FOOTERS = st.sampled_from(
    [
        "",
        "\n",
        "x = [1,\n2]; y = '''\n'''\n",
        "\ndef f():\n\treturn 1\n",
        "if True:\n    from .late import Late\n",
        "__all__ += ['Extra']\n",
        "__all__.extend(('Extra',))\n",
        "try:\n    from .opt import Opt\nexcept ImportError:\n    pass\n",
        "   # the end",
    ]
)


@st.composite
def imports(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    module, note = draw(MODULES), draw(NOTES)
    star, several = f"from .{module} import *", ", ".join(names)
    forms = [
        f"from .{module} import {several}",
        f"from .{module} import {names[0]} as Other",
        f"from .{module} import ({several})",
        f"from .{module} import (\n    {several},\n)",
        f"from .{module} import ({names[0]},  # first\n    Second)",
        f"from .{module} import \\\n    {several}",
        f"from .{module} import {names[0]}, \\\n    AnotherNameOfConsiderableLength, {LONG}",
        f"from .{module} import ({names[0]}, AnotherNameOfConsiderableLength,\n{' ' * (14 + len(module) + 2)}{LONG})",
        f"from ..{module} import {several}",
        f"from . import {module.partition('.')[0]}",
        f"from .{module} import {names[0]}; z = 1",
        star,
    ]
    return (
        draw(st.sampled_from(forms))
        + note
        + draw(st.sampled_from(["\n", "\n", "\n\n"]))
    )


@st.composite
def listings(draw: st.DrawFn) -> str:
    quote = draw(st.sampled_from(["'", '"']))
    names = draw(st.lists(NAMES, max_size=9))
    items = [quote + name + quote for name in names]
    notes = [draw(NOTES) for _ in items]
    rows = "".join(
        f"    {item},{note}\n" for item, note in zip(items, notes, strict=True)
    )
    left, right = draw(st.sampled_from(["[]", "()"]))
    last = (
        ","
        if right == ")" and len(items) == 1
        else draw(st.sampled_from(["", ",", " "]))
    )
    last = last if items else ""
    packed = ", ".join(items) + last
    forms = [
        f"{left}{packed}{right}",
        f"{left}\n    {packed}\n{right}",
        f"{left}\n{rows}{right}",
        f"{left}\n    # one\n{rows}    # two\n{right}",
        f"{left}  # public\n{rows}{right}",
        left + ",\n           ".join(items) + last + right,
        f"{left}\n" + ",\n\t".join(items) + last + right,
        f"['Zero'] + [{packed.strip(' ')}]",
        f"[*extra, {packed.strip(' ')}]",
        f"base.__all__ + [{packed.strip(' ')}]",
        "base.__all__",
    ]
    head = draw(
        st.sampled_from(
            ["__all__ = ", "__all__: list = ", "\n__all__ = ", "__all__ =\\\n  "]
        )
    )
    return head + draw(st.sampled_from(forms)) + draw(NOTES) + "\n"


@st.composite
def sources(draw: st.DrawFn) -> bytes:
    body = [draw(HEADERS), *draw(st.lists(imports(), max_size=5))]
    if draw(st.integers(0, 4)):
        body.insert(draw(st.sampled_from([1, len(body)])), draw(listings()))
    text = "".join(body) + draw(FOOTERS)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    mixed = draw(st.integers(0, 5)) == 0
    ends = [
        draw(st.sampled_from(["\n", "\r\n"])) if mixed else newline
        for _ in text.split("\n")
    ]
    text = "".join(
        a + b for a, b in zip(text.split("\n"), [*ends[1:], ""], strict=True)
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "latin-1"]))
    cookie = f"# coding: latin-1{newline}" if encoding == "latin-1" else ""
    return (cookie + text).encode(encoding)


def tokens(source: bytes) -> list[str]:
    """The file's words and comments, without the line breaks between them."""
    plain = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    words = tokenize.tokenize(io.BytesIO(plain).readline)
    return [t.string.strip() for t in words if t.string.strip()]


def exported(source: bytes) -> Any:
    """What `__all__` is when the file has run, every import of it answered by a stand-in."""

    def stand_in(*_: object) -> types.ModuleType:
        module = types.ModuleType("stand_in")
        module.__getattr__ = lambda name: ["Stand"] if name == "__all__" else name  # type: ignore[method-assign]
        return module

    names: dict[str, Any] = {
        "__builtins__": {
            "__import__": stand_in,
            "ImportError": ImportError,
            "list": list,
        }
    }
    names |= {"extra": ["Stand"], "base": stand_in()}
    exec(compile(source, "<generated>", "exec", dont_inherit=True), names)
    return names.get("__all__")


def check(source: bytes, module: str, names: list[str], style: Style) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the escape that CPython warns about is meant
        try:
            ast.parse(source)
            before = exported(source)
        except (SyntaxError, NameError, TypeError, AttributeError):
            return
        old = tokens(source)
    try:
        edited = add_export(source, module, names, style=style)
    except ScaffoldError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after, new = exported(edited), iter(tokens(edited))

    assert all(
        token in new for token in old
    ), "a word or a comment is gone or has moved"
    assert edited == add_export(edited, module, names, style=style)
    assert source == remove_export(edited, module, names, style=style)
    if before is not None:
        assert list(before) == [name for name in after if name not in names]
        assert set(names) <= set(after)


EXPORTS = st.sampled_from(
    [
        ("my_head", ["MyHead"]),
        ("a", ["NewLoss", "new_loss"]),
        ("zzz", ["AVeryLongNameThatFillsARowAllByItselfOfSeventyNineColumns_________"]),
        ("resnet3d", ["LIMIT", "New3d"]),
    ]
)
STYLES = st.sampled_from(
    [
        Style(),
        Style(79, 79, GRID),
        Style(60, 60, HANGING, by_type=False, by_case=True),
        Style(88, 88, HANGING_COMMA, by_line=True),
        Style(0, 1000, single=True),
    ]
)
NO_LIMITS = [HealthCheck.too_slow, HealthCheck.filter_too_much]


@settings(max_examples=500, deadline=None, suppress_health_check=NO_LIMITS)
@given(source=sources(), export=EXPORTS, style=STYLES)
def test_generated_files(
    source: bytes, export: tuple[str, list[str]], style: Style
) -> None:
    """An edited file keeps every word in its order, exports the names, and comes back from remove."""
    check(source, *export, style)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None, suppress_health_check=NO_LIMITS)
@given(source=sources(), export=EXPORTS, style=STYLES)
def test_many_generated_files(
    source: bytes, export: tuple[str, list[str]], style: Style
) -> None:
    """The same on 20,000 files."""
    check(source, *export, style)
