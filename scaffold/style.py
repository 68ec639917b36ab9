"""How a tree wants its imports and lists written, as far as its own settings say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import ScaffoldError

# Ways to wrap an import that is too long. The first three are isort's, with its numbers.
GRID, BACKSLASH, HANGING, HANGING_COMMA = "0", "2", "3", "3,"
# Where a tool reads its settings, the first that is there: a file, and the section in it.
PLACES = {
    "isort": (
        (".isort.cfg", "settings"),
        (".isort.cfg", "isort"),
        ("pyproject.toml", "isort"),
        ("setup.cfg", "isort"),
        ("setup.cfg", "tool:isort"),
        ("tox.ini", "isort"),
    ),
    "yapf": ((".style.yapf", "style"), ("setup.cfg", "yapf"), ("pyproject.toml", "yapf")),
    "black": (("pyproject.toml", "black"),),
    "ruff": (("pyproject.toml", "ruff"),),
    "flake8": ((".flake8", "flake8"), ("setup.cfg", "flake8"), ("tox.ini", "flake8")),
    "editor": ((".editorconfig", "*.py"), (".editorconfig", "*")),
}  # fmt: skip
# The widths that the tools keep when none is stated: by yapf's `based_on_style`, and by tool.
YAPF_WIDTHS = {"google": 80, "facebook": 80, "yapf": 80}
PEP8_WIDTH, BLACK_WIDTH = 79, 88
HANGS: dict[str, object] = {"multi_line_output": 3, "include_trailing_comma": True}
SINGLE: dict[str, object] = {
    "force_single_line": True,
    "force_sort_within_sections": True,
}
ISORT_PROFILES: dict[str, dict[str, object]] = {
    "black": {**HANGS, "line_length": 88},
    "attrs": HANGS,
    "hug": {**HANGS, "line_length": 100},
    "wemake": {**HANGS, "line_length": 80},
    "pycharm": {"multi_line_output": 3},
    "google": {**SINGLE, "line_length": 1000},
    "open_stack": SINGLE,
    "plone": {"force_single_line": True, "line_length": 200},
}


@dataclass(frozen=True)
class Style:
    """How a file is written. What is not stated, the file's own lines must tell.

    Attributes:
        width: how long a line may be; 0 if it is not stated.
        import_width: the same for an import; 0 if it is not stated.
        wrap: how an import that is too long is wrapped; empty if it is not stated.
        by_type: an import names CONSTANTS first, then Classes, then functions.
        by_case: capital letters come before small ones.
        by_line: imports stand in the order of their whole lines.
        single: each name is imported by a statement of its own.
    """

    width: int = 0
    import_width: int = 0
    wrap: str = ""
    by_type: bool = True
    by_case: bool = False
    by_line: bool = False
    single: bool = False


NOTHING_STATED = Style()


class Section(NamedTuple):
    """The settings of one tool, and the file that states them."""

    path: str
    options: Mapping[str, Any]

    def number(self, name: str, default: int) -> int:
        """A setting that is a number.

        Raises:
            ScaffoldError: It is none.
        """
        value = self.options.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise ScaffoldError(
                f"`{name}` is {value!r}, and must be a number",
                self.path,
                "mend it: it says how long the lines of __init__.py may be",
            ) from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A setting that is on or off; ruff writes its name with hyphens."""
        value = self.options.get(name, self.options.get(name.replace("_", "-")))
        on = ("1", "true", "yes", "on")
        return default if value is None else str(value).lower() in on


def read_style(read: Callable[[str], bytes | None], tools: Mapping[str, Any]) -> Style:
    """The style that a tree states to isort, yapf, black, ruff, or else to flake8 or its editors.

    Args:
        read: gives the content of a file at the tree's root, None if it is not there.
        tools: what stands under `tool` in its pyproject.toml.

    Raises:
        ScaffoldError: Its settings cannot be read.
    """
    found = _stated(read, tools)
    order = _import_section(found)
    width = _width(found)
    if order is None:
        return Style(width, width, HANGING_COMMA if "black" in found else "")
    return Style(
        width or order.number("line_length", PEP8_WIDTH),
        order.number("line_length", PEP8_WIDTH),
        _wrap(order),
        by_type=order.flag("order_by_type", default=True)
        and not order.flag("force_alphabetical_sort_within_sections"),
        by_case=order.flag("case_sensitive"),
        by_line=order.flag("force_sort_within_sections"),
        single=order.flag("force_single_line"),
    )


def read_yapf(
    read: Callable[[str], bytes | None], tools: Mapping[str, Any]
) -> str | None:
    """What a tree states to yapf, in one text that yapf reads; empty if it states another formatter, None if none.

    Args:
        read: as for `read_style`.
        tools: as for `read_style`.

    Raises:
        ScaffoldError: its settings cannot be read.
    """
    found = _stated(read, tools)
    if "yapf" in found:
        return str(dict(found["yapf"].options)).replace("'", "")
    return "" if found.keys() & {"black", "ruff"} else None


def _stated(
    read: Callable[[str], bytes | None], tools: Mapping[str, Any]
) -> dict[str, Section]:
    """What is stated to each tool."""
    files = {path for places in PLACES.values() for path, _ in places}
    stated = {path: _sections(path, read(path)) for path in files - {"pyproject.toml"}}
    stated["pyproject.toml"] = tools
    return {
        tool: Section(path, stated[path][name])
        for tool, places in PLACES.items()
        for path, name in reversed(places)  # so that the first one stays
        if isinstance(stated[path].get(name), Mapping)
    }


def _sections(path: str, content: bytes | None) -> Mapping[str, Any]:
    """The sections of a file of `name = value` lines, as their tools read it."""
    if content is None:
        return {}
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        # An .editorconfig has lines above its first section.
        text = content.decode("utf-8-sig")
        parser.read_string(f"[top]\n{text}" if path == ".editorconfig" else text, path)
    except (configparser.Error, UnicodeDecodeError) as error:
        why = " ".join(str(error).split())
        raise ScaffoldError(
            f"it cannot be read: {why}",
            path,
            "mend it: it may say how __init__.py is written",
        ) from error
    return {name: dict(parser[name]) for name in parser.sections()}


def _import_section(found: Mapping[str, Section]) -> Section | None:
    """What is stated about imports, in isort's terms."""
    if "isort" in found:
        path, options = found["isort"]
        profile = ISORT_PROFILES.get(str(options.get("profile")), {})
        return Section(path, {**profile, **options})
    if "ruff" in found:
        path, options = found["ruff"]
        own = options.get("lint", options).get("isort", {})
        width = options.get("line-length", BLACK_WIDTH)
        return Section(path, {**HANGS, "line_length": width, **own})
    return None


def _width(found: Mapping[str, Section]) -> int:
    """How long a line may be; 0 if nothing states it. What formats a line knows it better than what only checks it."""
    if "yapf" in found:
        base = str(found["yapf"].options.get("based_on_style", ""))
        default = YAPF_WIDTHS.get(base, PEP8_WIDTH)
        return found["yapf"].number("column_limit", default)
    for tool in ("black", "ruff"):
        if tool in found:
            return found[tool].number("line-length", BLACK_WIDTH)
    if "isort" in found:
        return 0
    if "flake8" in found:
        return found["flake8"].number("max-line-length", PEP8_WIDTH)
    editor = found.get("editor", Section("", {}))
    stated = editor.options.get("max_line_length", "off") != "off"
    return editor.number("max_line_length", 0) if stated else 0


def _wrap(order: Section) -> str:
    mode = str(order.options.get("multi_line_output", GRID))
    comma = order.flag("include_trailing_comma")
    if mode == HANGING and comma:
        return HANGING_COMMA
    return mode if mode in (GRID, BACKSLASH, HANGING) else ""
