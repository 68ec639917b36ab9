"""The tree: where it begins, which package is the framework, and what stays inside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ScaffoldError
from .style import BLACK_WIDTH, Style, read_style

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover (Python 3.10)
    import tomli as tomllib

CONFIGS, TESTS = "configs", "tests"


@dataclass(frozen=True)
class Tree:
    """A checkout that has a framework package, `configs/` and `tests/`.

    Attributes:
        root: its folder, absolute and free of links.
    """

    root: Path

    def path(self, relative: str) -> Path:
        """The place of a file of the tree, behind links.

        Raises:
            ScaffoldError: a link leads out of the tree.
        """
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root):
            raise ScaffoldError(
                "a link leads out of the tree, and nothing is written there",
                relative,
                f"it is {path}",
            )
        return path

    def read(self, relative: str) -> bytes | None:
        """The content of a file, or None if there is no such file.

        Raises:
            ScaffoldError: it is a folder, or a pipe that would never end, or a link leads out of the tree.
        """
        path = self.path(relative)
        if not path.exists():
            return None
        if not path.is_file():
            raise ScaffoldError("it is no regular file", relative)
        return path.read_bytes()

    def names_in(self, relative: str) -> list[str]:
        """The names in a folder; none if there is no such folder."""
        folder = self.path(relative)
        return (
            sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        )

    def framework(self, package: str) -> str:
        """The name of the package that has the folder `package`, such as `models/heads`.

        Raises:
            ScaffoldError: no package has it, or more than one.
        """
        stated = self._settings().get("scaffold", {}).get("framework")
        names = [stated] if stated else _packages(self.root)
        found = [name for name in names if (self.root / name / package).is_dir()]
        if len(found) == 1:
            return str(found[0])
        if not found:
            raise ScaffoldError(
                f"no package here has a folder {package}/",
                str(self.root),
                f"the packages are {', '.join(map(str, names))}",
            )
        raise ScaffoldError(
            f"{' and '.join(found)} both have a folder {package}/",
            str(self.root),
            f'write `framework = "{found[0]}"` under [tool.scaffold] in pyproject.toml',
        )

    def width(self) -> int | None:
        """How long a line may be, for black; None if the tree's pyproject.toml does not mention black."""
        black = self._settings().get("black")
        return None if black is None else int(black.get("line-length", BLACK_WIDTH))

    def style(self) -> Style:
        """How the tree writes its imports and lists, as far as its settings say so.

        Raises:
            ScaffoldError: a file of settings cannot be read.
        """
        return read_style(self.read, self._settings())

    def _settings(self) -> dict[str, Any]:
        text = self.read("pyproject.toml")
        try:
            tools = tomllib.loads((text or b"").decode()).get("tool", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise ScaffoldError(f"it is no TOML: {e}", "pyproject.toml") from e
        return dict(tools)


def find_tree(start: Path, *, upwards: bool = True) -> Tree:
    """The tree around a folder.

    Args:
        start: a folder in the tree.
        upwards: look in the folders above it too, as git does.

    Raises:
        ScaffoldError: there is no tree.
    """
    start = start.resolve()
    for folder in (start, *start.parents) if upwards else (start,):
        if _is_tree(folder):
            return Tree(folder)
    above = " or in a folder above it" if upwards else ""
    raise ScaffoldError(
        f"there is no tree here{above}",
        str(start),
        f"a tree has {CONFIGS}/, {TESTS}/ and a package; go into one, or give --root DIR",
    )


def _is_tree(folder: Path) -> bool:
    has_both = (folder / CONFIGS).is_dir() and (folder / TESTS).is_dir()
    return has_both and bool(_packages(folder))


def _packages(folder: Path) -> list[str]:
    found = (init.parent.name for init in folder.glob("*/__init__.py"))
    return sorted(name for name in found if name not in (CONFIGS, TESTS))
