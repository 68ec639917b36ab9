"""The tree: where it begins, which package is the framework, and what stays inside it."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import ScaffoldError
from .layouts import OWN, Layout, find_layout, looks_like_any
from .toml import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from .style import Style

CONFIGS, TESTS = "configs", "tests"


class Tree:
    """A checkout that has a framework package, `configs/` and `tests/`; or an unpacked wheel of a framework we know.

    Attributes:
        folder: where it is, absolute and free of links.
    """

    def __init__(self, folder: str | os.PathLike[str], layout: str = "") -> None:
        self.folder = os.fspath(folder)
        self._layout = layout

    @cached_property
    def layout(self) -> Layout:
        """The layout that the command line names, or the tree's pyproject.toml, or else the one that it looks like.

        Raises:
            ScaffoldError: there is none of this name, or it looks like several.
        """
        stated = (self._settings("scaffold") or {}).get("layout", "")
        return find_layout(self.folder, self._layout or str(stated))

    @cached_property
    def configs(self) -> str:
        """The folder of its configs: in an unpacked wheel it is inside the package."""
        return self.layout.configs_of(self.folder)

    @property
    def needs(self) -> tuple[str, ...]:
        """The folders without which it would be no tree, as `find_tree` sees it: they stay, be they empty."""
        return (CONFIGS, TESTS) if self.layout is OWN else ()

    @cached_property
    def root(self) -> Path:
        """The folder as a path, for those who write: what only looks does not pay for pathlib."""
        from pathlib import Path

        return Path(self.folder)

    def path(self, relative: str) -> Path:
        """The place of a file of the tree, behind links.

        Raises:
            ScaffoldError: a link leads out of the tree.
        """
        return self.root / self.place(relative)

    def place(self, relative: str) -> str:
        """`path`, as text.

        Raises:
            ScaffoldError: a link leads out of the tree.
        """
        place = self.folder
        for part in relative.split("/"):
            place = f"{place}{os.sep}{part}"
            if part in ("", ".", "..") or os.path.islink(place):
                break
        else:  # as nearly always: what follows takes four times as long
            return place
        place = os.path.realpath(os.path.join(self.folder, relative))
        if os.path.commonpath([place, self.folder]) != self.folder:
            raise ScaffoldError(
                "a link leads out of the tree, and nothing is written there",
                relative,
                f"it is {place}",
            )
        return place

    def read(self, relative: str) -> bytes | None:
        """The content of a file, or None if there is no such file.

        Raises:
            ScaffoldError: it is a folder, or a pipe that would never end, or a link leads out of the tree.
        """
        place = self.place(relative)
        if not os.path.exists(place):
            return None
        if not os.path.isfile(place):
            raise ScaffoldError("it is no regular file", relative)
        with open(place, "rb") as file:
            return file.read()

    def names_in(self, relative: str) -> list[str]:
        """The names in a folder; none if there is no such folder."""
        folder = self.place(relative)
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def framework(self, package: str) -> str:
        """The name of the package that has the folder `package`, such as `models/heads`.

        Raises:
            ScaffoldError: no package has it, or more than one.
        """
        stated = (self._settings("scaffold") or {}).get("framework")
        names = [stated] if stated else _packages(self.folder)
        found = [
            name
            for name in names
            if os.path.isdir(os.path.join(self.folder, name, package))
        ]
        if len(found) == 1:
            return str(found[0])
        if not found:
            raise ScaffoldError(
                f"no package here has a folder {package}/",
                self.folder,
                f"the packages are {', '.join(map(str, names))}",
            )
        raise ScaffoldError(
            f"{' and '.join(found)} both have a folder {package}/",
            self.folder,
            f'write `framework = "{found[0]}"` under [tool.scaffold] in pyproject.toml',
        )

    def engine(self) -> str:
        """The package that a project of its own trains with, as its pyproject.toml states it; mostly empty."""
        return str((self._settings("scaffold") or {}).get("engine", ""))

    def engine_home(self) -> Tree | None:
        """The folder that the engine's package is in, where this Python has it."""
        engine = self.engine()
        place = installed(engine) if engine else None
        return Tree(os.path.dirname(place), OWN.name) if place else None

    def width(self) -> int | None:
        """How long a line may be, for black; None if the tree's pyproject.toml does not mention black."""
        from .style import BLACK_WIDTH

        black = self._settings("black")
        return None if black is None else int(black.get("line-length", BLACK_WIDTH))

    @cached_property
    def style(self) -> Style:
        """How the tree writes its imports and lists, as far as its settings say so; they are read once.

        Raises:
            ScaffoldError: a file of settings cannot be read.
        """
        from .style import read_style

        def read(path: str) -> bytes | None:
            own = self.read(path)
            return self.layout.house if own is None and path == "setup.cfg" else own

        return read_style(read, self._tools())

    @property
    def yapf(self) -> str:
        """The style of yapf that new files have: the tree's own, or else the house's; empty where black's form is right."""
        if self.layout is OWN:
            return ""
        from .style import read_yapf

        stated = read_yapf(self.read, self._tools())
        return self.layout.yapf if stated is None else stated

    def _settings(self, tool: str) -> dict[str, Any] | None:
        text = self.read("pyproject.toml") or b""
        if tool.encode() not in text:  # most often; a parser costs more than all else
            return None
        settings = self._tools().get(tool)
        return None if settings is None else dict(settings)

    def _tools(self) -> dict[str, Any]:
        text = self.read("pyproject.toml") or b""
        return dict(read_toml(text, "pyproject.toml").get("tool", {}))


def installed(package: str) -> str | None:
    """The folder of a package as this Python finds it from anywhere but the current folder; nothing of it is run."""
    from importlib.machinery import PathFinder

    current = ("", os.getcwd())
    # What `python -c` and `python -m` put in front is the current folder, and not so from another one.
    paths = sys.path[1:] if sys.path[:1] and sys.path[0] in current else sys.path
    spec = PathFinder.find_spec(package, list(paths))
    others = (finder for finder in sys.meta_path if finder is not PathFinder)
    for finder in others:
        if spec is None and "editable" in f"{finder}".lower():
            spec = finder.find_spec(package, None)
    return (
        os.path.dirname(os.path.realpath(spec.origin)) if spec and spec.origin else None
    )


def find_tree(
    start: str | os.PathLike[str], *, upwards: bool = True, layout: str = ""
) -> Tree:
    """The tree around a folder.

    Args:
        start: a folder in the tree.
        upwards: look in the folders above it too, as git does.
        layout: the name of its layout; without one, its own settings tell, or its look.

    Raises:
        ScaffoldError: there is no tree.
    """
    folder = start = os.path.realpath(start)
    while not _is_tree(folder):
        above = os.path.dirname(folder)
        if not upwards or above == folder:
            raise _no_tree(start, upwards=upwards)
        folder = above
    return Tree(folder, layout)


def _no_tree(start: str, *, upwards: bool) -> ScaffoldError:
    above = " or in a folder above it" if upwards else ""
    return ScaffoldError(
        f"there is no tree here{above}",
        start,
        f"a tree has {CONFIGS}/, {TESTS}/ and a package; go into one, or give --root DIR",
    )


def _is_tree(folder: str) -> bool:
    has_both = all(os.path.isdir(os.path.join(folder, f)) for f in (CONFIGS, TESTS))
    return (has_both and bool(_packages(folder))) or looks_like_any(folder)


def _packages(folder: str) -> list[str]:
    return [
        name
        for name in sorted(os.listdir(folder))
        if name not in (CONFIGS, TESTS)
        and os.path.exists(os.path.join(folder, name, "__init__.py"))
    ]
