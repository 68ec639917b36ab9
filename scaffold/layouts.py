"""A layout is a set of kinds for one framework: how its trees look, where their configs are, how its people write.

Its folder has a `layout.toml`, a folder for each kind, and a `setup.cfg` with the settings of the house's formatters,
which counts where a tree has none of its own (an unpacked wheel has none).
"""

# No `from __future__ import annotations`: the annotations of `Layout` are read, as they are, to check its facts.
import os
from functools import cache
from typing import Any, NamedTuple

from .errors import ScaffoldError
from .toml import read_toml

FACTS = "layout.toml"
# Beside the package in a checkout, where people edit them; inside it in an installed wheel.
_HERE = os.path.dirname(os.path.realpath(__file__))
_BESIDE = _HERE if os.path.isdir(os.path.join(_HERE, "templates")) else ""
BUNDLED, LAYOUTS = (
    os.path.join(_BESIDE or os.path.dirname(_HERE), name)
    for name in ("templates", "layouts")
)


class Layout(NamedTuple):
    """What `layout.toml` says.

    Attributes:
        name: the folder's name, as the command line says it.
        folders: where its kinds are: its own folder, then those that it extends.
        summary: one line, for a choice.
        framework: the name of the package.
        signs: what a tree of it has, each as `file: text`: this file of the package holds this text.
        configs: where its configs are, the first that is there.
        extends: folders beside its own whose kinds it has too; a file goes before those of the folders after it.
        house: its `setup.cfg`.
    """

    name: str
    folders: tuple[str, ...]
    summary: str
    framework: str
    signs: tuple[str, ...]
    configs: tuple[str, ...] = ("configs",)
    extends: tuple[str, ...] = ()
    house: bytes | None = None

    @property
    def yapf(self) -> str:
        """The house's style, as yapf reads it; empty for a house that has black's."""
        from .style import read_yapf

        return read_yapf({"setup.cfg": self.house}.get, {}) or ""

    def looks_like(self, tree: str) -> bool:
        """The tree has each of the signs."""
        return all(
            self._has(os.path.join(tree, self.framework), sign) for sign in self.signs
        )

    def configs_of(self, tree: str) -> str:
        """Where the configs of a tree are; the first place, if there are none yet."""
        places = [p for p in self.configs if os.path.isdir(os.path.join(tree, p))]
        return (*places, *self.configs)[0]

    def _has(self, package: str, sign: str) -> bool:
        path, _, text = sign.partition(": ")
        try:
            with open(os.path.join(package, path), "rb") as file:
                return text.encode() in file.read()
        except OSError:
            return False


OWN = Layout("mmaction_min", (BUNDLED,), "the framework beside scaffold", "", ())


def find_layout(tree: str, name: str = "") -> Layout:
    """The layout of a tree.

    Args:
        tree: its folder.
        name: of the layout, if it is known.

    Raises:
        ScaffoldError: there is none of this name, or the tree looks like several.
    """
    if name == OWN.name:  # then the others need not be read
        return OWN
    layouts = _layouts()
    if name:
        if name in layouts:
            return layouts[name]
        choices = ", ".join([OWN.name, *layouts])
        raise ScaffoldError(f"{name!a} is no layout", hint=f"the layouts are {choices}")
    found = [layout for layout in layouts.values() if layout.looks_like(tree)]
    if len(found) > 1:
        names = " and of ".join(layout.name for layout in found)
        raise ScaffoldError(
            f"this looks like a tree of {names}",
            tree,
            f"say which one with --layout {found[0].name}, or in pyproject.toml: "
            f'`layout = "{found[0].name}"` under [tool.scaffold]',
        )
    return found[0] if found else OWN


def looks_like_any(tree: str) -> bool:
    """A layout knows the tree by its look."""
    return any(layout.looks_like(tree) for layout in _layouts().values())


@cache
def _layouts() -> dict[str, Layout]:
    """Those that came with scaffold; a folder without `layout.toml` is there for others to extend."""
    names = sorted(os.listdir(LAYOUTS)) if os.path.isdir(LAYOUTS) else []
    folders = [os.path.join(LAYOUTS, name) for name in names]
    read = [_read_layout(f) for f in folders if os.path.exists(os.path.join(f, FACTS))]
    return {layout.name: layout for layout in read}


def _read_layout(folder: str) -> Layout:
    path = os.path.join(folder, FACTS)
    with open(path, "rb") as file:
        facts = read_toml(file.read(), path)
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in facts.items()
    }
    beside = (os.path.join(LAYOUTS, name) for name in values.get("extends", ()))
    with open(os.path.join(folder, "setup.cfg"), "rb") as file:
        house = file.read()
    return Layout(os.path.basename(folder), (folder, *beside), house=house, **values)
