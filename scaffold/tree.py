"""The tree: where it begins, which package is the framework, and what stays inside it."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import ScaffoldError

if TYPE_CHECKING:
    from pathlib import Path

    from .style import Style

CONFIGS, TESTS = "configs", "tests"


class Tree:
    """A checkout that has a framework package, `configs/` and `tests/`.

    Attributes:
        folder: where it is, absolute and free of links.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fspath(folder)

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

        return read_style(self.read, self._tools())

    def _settings(self, tool: str) -> dict[str, Any] | None:
        text = self.read("pyproject.toml") or b""
        if tool.encode() not in text:  # most often; a parser costs more than all else
            return None
        settings = self._tools().get(tool)
        return None if settings is None else dict(settings)

    def _tools(self) -> dict[str, Any]:
        text = self.read("pyproject.toml") or b""
        return dict(read_toml(text, "pyproject.toml").get("tool", {}))


def read_toml(text: bytes, where: str) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        ScaffoldError: it is no TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # pragma: no cover (Python 3.10)
        import tomli as tomllib

    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ScaffoldError(f"it is no TOML: {e}", where) from e


def find_tree(start: str | os.PathLike[str], *, upwards: bool = True) -> Tree:
    """The tree around a folder.

    Args:
        start: a folder in the tree.
        upwards: look in the folders above it too, as git does.

    Raises:
        ScaffoldError: there is no tree.
    """
    folder = start = os.path.realpath(start)
    while not _is_tree(folder):
        above = os.path.dirname(folder)
        if not upwards or above == folder:
            raise _no_tree(start, upwards=upwards)
        folder = above
    return Tree(folder)


def _no_tree(start: str, *, upwards: bool) -> ScaffoldError:
    above = " or in a folder above it" if upwards else ""
    return ScaffoldError(
        f"there is no tree here{above}",
        start,
        f"a tree has {CONFIGS}/, {TESTS}/ and a package; go into one, or give --root DIR",
    )


def _is_tree(folder: str) -> bool:
    has_both = all(os.path.isdir(os.path.join(folder, f)) for f in (CONFIGS, TESTS))
    return has_both and bool(_packages(folder))


def _packages(folder: str) -> list[str]:
    return [
        name
        for name in sorted(os.listdir(folder))
        if name not in (CONFIGS, TESTS)
        and os.path.exists(os.path.join(folder, name, "__init__.py"))
    ]
