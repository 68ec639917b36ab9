"""The export edit: golden pairs, bytes that are no plain text, refusals, removal."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from scaffold.errors import ScaffoldError
from scaffold.exports import add_export, remove_export
from scaffold.style import Style

GOLDEN = Path(__file__).parents[2] / "golden" / "exports"
PASTE = 'from .my_head import MyHead\n    "MyHead",'


class Golden(NamedTuple):
    """A golden file: `module: names`, then the file before and the file after, or the refusal."""

    module: str
    names: list[str]
    before: bytes
    after: bytes | None
    refusal: str


def read_golden(name: str) -> Golden:
    head, _, text = (GOLDEN / f"{name}.txt").read_text().partition("\n--- before\n")
    module, _, names = head.partition(": ")
    before, edited, after = text.partition("--- after\n")
    before, _, refusal = before.partition("--- refused\n")
    result = after.encode() if edited else None
    return Golden(module, names.split(", "), before.encode(), result, refusal.strip())


def added(source: bytes) -> bytes:
    return add_export(source, "my_head", ["MyHead"])


def removed(source: bytes) -> bytes:
    return remove_export(source, "my_head", ["MyHead"])


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.txt")))
def test_golden(name: str) -> None:
    """A file becomes what its people would have written, or is refused for the stated reason."""
    golden = read_golden(name)
    if golden.after is None:
        with pytest.raises(ScaffoldError) as refusal:
            add_export(golden.before, golden.module, golden.names)

        assert golden.refusal == f"{refusal.value}".partition("\n")[0]
        assert f"from .{golden.module} import" in refusal.value.hint
        return
    after = add_export(golden.before, golden.module, golden.names)

    assert golden.after.decode() == after.decode()
    assert after == add_export(after, golden.module, golden.names)
    if not any(name.encode() in golden.before for name in golden.names):
        assert golden.before == remove_export(after, golden.module, golden.names)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b"from .a import A\r\n\r\n__all__ = ['A']\r\n",
            b"from .a import A\r\nfrom .my_head import MyHead\r\n\r\n__all__ = ['A', 'MyHead']\r\n",
            id="CRLF",
        ),
        pytest.param(
            b"from .a import A\r\r__all__ = [\r    'A',\r]\r",
            b"from .a import A\rfrom .my_head import MyHead\r\r__all__ = [\r    'A',\r    'MyHead',\r]\r",
            id="CR",
        ),
        pytest.param(
            b"from .a import A\r\n\n__all__ = [\r\n    'A',\n    'B',\r]\r\n",
            b"from .a import A\r\nfrom .my_head import MyHead\r\n\n__all__ = [\r\n    'A',\n    'B',\r    'MyHead',\r\n]\r\n",
            id="mixed newlines",
        ),
        pytest.param(
            b"\xef\xbb\xbffrom .z import Z\n\n__all__ = ['Z']\n",
            b"\xef\xbb\xbffrom .my_head import MyHead\nfrom .z import Z\n\n__all__ = ['Z', 'MyHead']\n",
            id="BOM",
        ),
        pytest.param(
            b"# coding: latin-1\nfrom .a import A  # \xe9t\xe9\n\n__all__ = ['\xe9', 'A']\n",
            b"# coding: latin-1\nfrom .a import A  # \xe9t\xe9\nfrom .my_head import MyHead\n\n__all__ = ['\xe9', 'A', 'MyHead']\n",
            id="latin-1 cookie",
        ),
        pytest.param(
            "s = 'é'; from .a import A; t = 'ü'\n__all__ = ['ä', 'A']\n".encode(),
            "s = 'é'; from .a import A; t = 'ü'\nfrom .my_head import MyHead\n__all__ = ['ä', 'A', 'MyHead']\n".encode(),
            id="semicolons beside letters of two bytes",
        ),
        pytest.param(
            b"from .a import A\n\x0c\n__all__ = [\n\t'A',\n\t'B',\n]\n",
            b"from .a import A\nfrom .my_head import MyHead\n\x0c\n__all__ = [\n\t'A',\n\t'B',\n\t'MyHead',\n]\n",
            id="form feed and tabs",
        ),
        pytest.param(
            b"from .a import A",
            b"from .a import A\nfrom .my_head import MyHead",
            id="no final newline",
        ),
        pytest.param(
            b"__all__ = ['A'  # one\n]",
            b"from .my_head import MyHead\n\n__all__ = ['A', 'MyHead'  # one\n]",
            id="comment where the comma goes",
        ),
        pytest.param(
            b"from .a import A\n__all__ = 'A',\n",
            b"from .a import A\nfrom .my_head import MyHead\n__all__ = 'A', 'MyHead',\n",
            id="tuple without brackets",
        ),
        pytest.param(
            b"from .a import A\n__all__ = [\n]\n",
            b'from .a import A\nfrom .my_head import MyHead\n__all__ = [\n    "MyHead",\n]\n',
            id="empty list on two lines",
        ),
        pytest.param(
            b"x = '\\d'\n",
            b"from .my_head import MyHead\n\nx = '\\d'\n",
            id="an escape that CPython warns about",
        ),
        pytest.param(
            b"from .my_head import (Alpha,\r\n    Beta)\n",
            b"from .my_head import (Alpha,\r\n    Beta, MyHead)\n",
            id="an import of the module on two rows",
        ),
        pytest.param(
            b"import os",
            b"import os\n\nfrom .my_head import MyHead",
            id="no relative import, no final newline",
        ),
    ],
)
def test_shapes_of_bytes(before: bytes, after: bytes) -> None:
    """Encodings, line endings and odd blanks stay as they are, and removing gives the old bytes."""
    assert after == added(before)
    assert before == removed(after)


@pytest.mark.parametrize(
    "header",
    [b"", b"\n", b'"""Heads."""\n', b'"""Heads.""";', b"'''Heads.'''\n\n", b"# A\r\n"],
)
@pytest.mark.parametrize("rest", [b"", b"__all__ = []\n", b'__all__ = ["A"]\n'])
def test_an_empty_list_and_none_come_back_apart(header: bytes, rest: bytes) -> None:
    """A file with an empty `__all__` and one without any each come back from add and remove."""
    source = header + rest

    assert source == removed(added(source))


def test_six_exports_leave_in_any_order() -> None:
    """A file that grew from a docstring is the same again when all is removed, the first one first."""
    source = b'"""Heads."""\n'
    modules = [(f"head_{letter}", f"Head{letter.upper()}") for letter in "fbdace"]
    grown = source
    for module, name in modules:
        grown = add_export(grown, module, [name, f"{module}_{'x' * 12}"])
    for module, name in modules:
        grown = remove_export(grown, module, [name, f"{module}_{'x' * 12}"])

    assert source == grown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"from .b import B, C\n__all__ = ['B', 'C', 'D']\n", b"from .b import C\n__all__ = ['C', 'D']\n"),
        (b"from .b import C, B\n__all__ = ['C', 'B']\n", b"from .b import C\n__all__ = ['C']\n"),
        (b"from .b import B\nx = 1\n", b"x = 1\n"),
        (b"from .b import B  # old\nfrom .c import C\n", b"from .c import C\n"),
        (b"from .b import (\n    B,\n    C as D,\n)\n", b"from .b import (\n    C as D,\n)\n"),
        (
            b"__all__ = [\n    'A',  # a\n    # about b\n    'B'  # b\n]\nfrom .b import B\n",
            b"__all__ = [\n    'A'  # a\n    # about b\n]\n",
        ),
        (b"from .b import B\n__all__ = [\n    'A', 'C',\n    'B', 'D',\n]\n", b"__all__ = [\n    'A', 'C',\n    'D',\n]\n"),
        (b"from .b import B\n__all__ = ['B',\n  'D', 'E',]\n", b"__all__ = ['D', 'E',]\n"),
        (b"from .b import B\n__all__ = [ 'B' ]\n", b"__all__ = [  ]\n"),
        (b"from .b import B\n__all__ = [\n    'B',\n    'A',\n]\n", b"__all__ = [\n    'A',\n]\n"),
    ],
)  # fmt: skip
def test_removal_from_files_of_others(before: bytes, after: bytes) -> None:
    """A name leaves a file that people wrote, with its comma and the comment on its row."""
    assert after == remove_export(before, "b", ["B"])


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (b"\x00", "the file does not parse"),
        (b"\xff\xfe", "the file cannot be decoded"),
        (b"# coding: no-such-codec\n", "the file cannot be decoded"),
        (b"# coding: utf-7\n# +AGE-\n", "a round trip through its encoding, utf-7"),
        (b"print 'x'\n", "the file does not parse"),
        (b"x = " + b"not " * 30_000 + b"1\n", "the file does not parse"),
        (b"return\n", "the file does not parse"),
        (b"x = " + b"(" * 5000 + b")" * 5000, "too many nested parentheses"),
        (b"x = " + b"1 + " * 2000 + b"1\n", "nested too deeply"),
        (b"#" * 10_000_000, "the file has 10,000,000 bytes"),
        (b"MyHead = None\n", "`MyHead` already stands for something else"),
        (b"class MyHead: pass\n", "`MyHead` already stands for something else"),
        (b"if x:\n    from .a import MyHead\n", "`MyHead` already stands"),
        (b"__all__ = [n for n in dir()]\n", "`__all__` is computed"),
        (b"__all__ = sorted(['B', 'A'])\n", "`__all__` is computed"),
        (b"__all__, x = ['A'], 1\n", "`__all__` is computed"),
        (b"from .a import __all__\n", "`__all__` is computed"),
        (b"__all__ += ['A']\n", "`__all__` is computed"),
        (b"if x:\n    __all__ = ['A']\n", "`__all__` is set under a condition"),
        (b"for __all__ in ():\n    pass\n", "`__all__` is computed"),
        (b"__all__ = ['A']\ndel __all__\n", "`__all__` is set in more than one place"),
        (b"__all__ = [" + b"'a' " * 9000 + b"]\n", "LibCST cannot read"),
        (b"from .a import A \\\n\n", "could be both proved right and undone"),
        (b"import sys\nsys.modules[__name__] = x\n", "loads its modules lazily"),
        (b"from t import TYPE_CHECKING\ndef __getattr__(n): ...\n", "lazily"),
    ],
)  # fmt: skip
def test_refusals(source: bytes, what: str) -> None:
    """What cannot be edited safely is refused in a sentence, with the two lines to paste."""
    with pytest.raises(ScaffoldError) as refusal:
        added(source)

    assert what in refusal.value.what
    assert PASTE in refusal.value.hint


@pytest.mark.parametrize(
    ("module", "names", "what"),
    [
        ("my head", ["MyHead"], "`my head` is no Python name"),
        ("my_head", ["class"], "`class` is no Python name"),
        ("", ["MyHead"], "`` is no Python name"),
        ("my_head", [], "an export needs names, each of them once"),
        ("my_head", ["A", "A"], "an export needs names, each of them once"),
    ],
)
def test_names_are_checked(module: str, names: list[str], what: str) -> None:
    """A module or a name that cannot be imported is refused before anything is read."""
    for edit in (add_export, remove_export):
        with pytest.raises(ScaffoldError) as refusal:
            edit(b"", module, names)

        assert what == refusal.value.what


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (b"", "`MyHead` is not imported from .my_head"),
        (b"from .other import MyHead\n__all__ = ['MyHead']\n", "`MyHead` is not imported from .my_head"),
        (b"from .my_head import MyHead\nHEADS = [MyHead]\n", "`MyHead` is still used"),
        (b"from .my_head import MyHead\n__all__ = []\n__all__ += ['MyHead']\n", "by another statement"),
        (b"x = 1; from .my_head import MyHead\n", "another statement shares the import's line"),
        (b"from .my_head import MyHead\n__all__ = 'A', 'MyHead'\n", "without changing something else"),
        (b"from .my_head import MyHead\nx = " + b"1 + " * 2000 + b"1\n", "nested too deeply"),
    ],
)  # fmt: skip
def test_refused_removals(source: bytes, what: str) -> None:
    """A name that is not there, still used, or out of reach is not removed."""
    with pytest.raises(ScaffoldError) as refusal:
        removed(source)

    assert what in refusal.value.what
    assert "MyHead" in refusal.value.hint


def test_a_name_that_the_encoding_lacks_is_refused() -> None:
    """A latin-1 file cannot take a Greek class name."""
    with pytest.raises(ScaffoldError, match="iso-8859-1, cannot hold these names"):
        add_export(b"# coding: latin-1\nfrom .a import A\n", "greek", ["Ωmega"])


def test_the_stated_width_counts() -> None:
    """A width that the style states decides where a line is wrapped, not the file's own lines."""
    names = ", ".join(f"'Head{number}'" for number in range(7))
    source = f"from .a import Head0\n\n__all__ = [{names}]\n".encode()

    wide, narrow = (
        add_export(source, "my_head", ["MyHead"], style=Style(width=width))
        for width in (100, 79)
    )

    assert b"'Head6', 'MyHead']" in wide
    assert b"[\n    'Head0'" in narrow


def test_a_list_that_follows_the_imports_keeps_following() -> None:
    """A long list in the imports' order takes the new name where its import stands."""
    names = ["Zeta", "Beta", "Eta", "Alpha", "Iota", "Theta", "Mu", "Xi", "Pi", "Rho"]
    lines = [f"from .m{at:02} import {name}\n" for at, name in enumerate(names)]
    source = f"{''.join(lines)}\n__all__ = {names}\n".encode()

    edited = add_export(source, "m04b", ["MyHead", "my_head"])

    assert b"'Iota', 'MyHead', 'my_head'," in edited


def test_an_entry_between_rows_that_keep_no_rule() -> None:
    """A sorted list with a comment takes a name in its place, at the start of a row as well."""
    source = b"__all__ = [\n    'B', 'C',  # two\n    'D', 'E',\n]\n"

    assert b"[\n    'A', 'B', 'C',  # two\n" in add_export(source, "a", ["A"])
    assert b"'C', 'CC',  # two\n    'D'" in add_export(source, "a", ["CC"])
    assert b"'D', 'DD', 'E',\n" in add_export(source, "a", ["DD"])


def test_a_package_of_ten_thousand_lines() -> None:
    """A very long file is edited like a short one."""
    numbers = range(5000)
    lines = "".join(f"from .m{number:04} import C{number:04}\n" for number in numbers)
    names = "".join(f"    'C{number:04}',\n" for number in numbers)
    source = f"{lines}\n__all__ = [\n{names}]\n".encode()

    edited = add_export(source, "m2500a", ["C2500a"])

    assert b"from .m2500 import C2500\nfrom .m2500a import C2500a\n" in edited
    assert b"    'C2500',\n    'C2500a',\n" in edited
