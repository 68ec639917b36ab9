"""What a tree states about its lines and imports, and the edits that follow it."""

from __future__ import annotations

import pytest

from scaffold.errors import ScaffoldError
from scaffold.exports import add_export, remove_export
from scaffold.style import GRID, HANGING, HANGING_COMMA, Style, read_style
from scaffold.tree import Tree

ISORT = Style(79, 79, GRID)


def stated(path: str, text: str) -> Style:
    files = {path: text.encode()}
    return read_style(files.get, {})


@pytest.mark.parametrize(
    ("path", "text", "style"),
    [
        ("setup.cfg", "[metadata]\nname = x\n", Style()),
        ("setup.cfg", "[isort]\nknown_third_party = a, b\n", ISORT),
        ("setup.cfg", "[tool:isort]\nline_length = 100\n", Style(100, 100, GRID)),
        (".isort.cfg", "[settings]\nmulti_line_output = 3\n", Style(79, 79, HANGING)),
        ("tox.ini", "[isort]\nmulti_line_output = 8\n", Style(79, 79)),
        ("setup.cfg", "[isort]\nprofile = black\n", Style(88, 88, HANGING_COMMA)),
        ("setup.cfg", "[isort]\nprofile = black\nline_length = 99\n", Style(99, 99, HANGING_COMMA)),
        ("setup.cfg", "[isort]\nprofile = google\n", Style(1000, 1000, GRID, by_line=True, single=True)),
        ("setup.cfg", "[isort]\norder_by_type = False\n", Style(79, 79, GRID, by_type=False)),
        ("setup.cfg", "[isort]\ncase_sensitive = yes\n", Style(79, 79, GRID, by_case=True)),
        ("setup.cfg", "[yapf]\nbased_on_style = pep8\ncolumn_limit = 100\n", Style(100, 100)),
        ("setup.cfg", "[yapf]\nbased_on_style = google\n[isort]\n", Style(80, 79, GRID)),
        (".style.yapf", "[style]\nbased_on_style = pep8\n", Style(79, 79)),
        (".flake8", "[flake8]\nmax-line-length = 120\n", Style(120, 120)),
        ("tox.ini", "[flake8]\nmax-line-length = 120\n[isort]\n", ISORT),
        (".editorconfig", "root = true\n[*]\nmax_line_length = 100\n", Style(100, 100)),
        (".editorconfig", "[*.py]\nmax_line_length = off\n", Style()),
    ],
)  # fmt: skip
def test_settings_in_files_of_their_own(path: str, text: str, style: Style) -> None:
    """Each tool is understood where it reads its settings; what only checks a width comes last."""
    assert style == stated(path, text)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", Style()),
        ("[tool.black]", Style(88, 88, HANGING_COMMA)),
        ("[tool.black]\nline-length = 100", Style(100, 100, HANGING_COMMA)),
        ("[tool.ruff]\nline-length = 100", Style(100, 100, HANGING_COMMA)),
        ("[tool.ruff.lint.isort]\ncase-sensitive = true", Style(88, 88, HANGING_COMMA, by_case=True)),
        ("[tool.isort]\nline_length = 90\n[tool.yapf]\ncolumn_limit = 80", Style(80, 90, GRID)),
        ("[tool.isort]\nforce_sort_within_sections = true", Style(79, 79, GRID, by_line=True)),
    ],
)  # fmt: skip
def test_settings_in_pyproject(tree: Tree, text: str, style: Style) -> None:
    """The tables under `tool` count, with the names that each tool gives its options."""
    (tree.root / "pyproject.toml").write_text(text)

    assert style == tree.style


def test_the_file_that_a_tool_reads_first_counts() -> None:
    """isort reads its own file before setup.cfg."""
    files = {
        ".isort.cfg": b"[settings]\nline_length = 100\n",
        "setup.cfg": b"[isort]\nline_length = 79\n",
    }

    assert read_style(files.get, {}).import_width == 100


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("setup.cfg", "[isort\nline_length = 79\n", "it cannot be read: File contains no section"),
        ("tox.ini", "\xff", "it cannot be read: 'utf-8' codec"),
        ("setup.cfg", "[yapf]\ncolumn_limit = wide\n", "`column_limit` is 'wide', and must be a number"),
    ],
)  # fmt: skip
def test_broken_settings_are_named(path: str, text: str, what: str) -> None:
    """They are not taken for none: the edit would be in a hand that the tree does not want."""
    with pytest.raises(ScaffoldError) as refusal:
        read_style({path: text.encode("latin-1")}.get, {})

    assert path == refusal.value.where
    assert what in refusal.value.what
    assert "mend it" in refusal.value.hint


NAMES = "from .b import A, b\n"
LONG = "from .long_names import " + ", ".join(f"Name{at}" for at in range(8))


@pytest.mark.parametrize(
    ("style", "source", "module", "name", "line"),
    [
        (Style(by_type=False), "from .b import a, b\n", "b", "C", "from .b import a, b, C\n"),
        (Style(by_type=False), "from .b import a, D\n", "b", "C", "from .b import a, C, D\n"),
        (Style(), NAMES, "b", "MAX", "from .b import MAX, A, b\n"),
        (Style(by_case=True), "from .b import a\n", "B", "C", "from .B import C\nfrom .b import a\n"),
        (Style(single=True), "from .b import A\n", "b", "C", "from .b import A\nfrom .b import C\n"),
        (Style(single=True), "from .b import A\n", "b", "Aa", "from .b import A\nfrom .b import Aa\n"),
        (Style(by_line=True), "from . import b\nfrom .. import c\n", "a", "A", "from .. import c\nfrom .a import A\n"),
        (Style(import_width=79), LONG, "long_names", "Other", "(Name0, Name1,"),
        (Style(import_width=100), LONG, "long_names", "Other", "Name7, Other"),
        (Style(79, 79, HANGING), LONG, "long_names", "Other", "    Name7,\n    Other\n)"),
        (Style(79, 79, HANGING_COMMA), LONG, "long_names", "Other", "    Name7,\n    Other,\n)"),
    ],
)  # fmt: skip
def test_edits_follow_the_style(
    style: Style, source: str, module: str, name: str, line: str
) -> None:
    """What is stated decides where the file's own lines leave it open, and the edit can be undone."""
    before = source.encode()
    after = add_export(before, module, [name], style=style)

    assert line in after.decode()
    assert before == remove_export(after, module, [name], style=style)


@pytest.mark.parametrize(
    ("style", "line"),
    [
        (Style(single=True), b"from .losses import MyLoss\nfrom .losses import my_loss\n"),
        (Style(), b"from .losses import MyLoss, my_loss\n"),
    ],
)  # fmt: skip
def test_a_bare_file_follows_the_style(style: Style, line: bytes) -> None:
    """The first export of an empty package is written as the tree states it."""
    names = ["my_loss", "MyLoss"]
    after = add_export(b"", "losses", names, style=style)

    assert line in after
    assert remove_export(after, "losses", names, style=style) == b""


@pytest.mark.parametrize("source", [b"import os", b"x = 1\n", b"from .a import A"])
def test_lines_of_their_own_leave_together(source: bytes) -> None:
    """Two statements that came together are taken out with the blank line and the newline that came with them."""
    style = Style(single=True)
    after = add_export(source, "losses", ["MyLoss", "my_loss"], style=style)

    assert b"from .losses import MyLoss\nfrom .losses import my_loss" in after
    assert source == remove_export(after, "losses", ["my_loss", "MyLoss"], style=style)
