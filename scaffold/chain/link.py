"""One step of the chain: a parent package, and how it takes in a sub-package."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import ScaffoldError
from ..exports.imports import relative_imports
from ..exports.literal import exported_names
from ..exports.source import Source, read_source
from ..imports import base_of, imports_in
from ..tree import Tree

STAR, WHOLE, NAMES = "star", "whole", "names"


@dataclass(frozen=True)
class Link:
    """One step of the chain: a parent package, and the sub-package that it should take in."""

    tree: Tree
    parent: str  # from the tree's root
    child: str
    before: bytes

    @property
    def path(self) -> str:
        """The parent's `__init__.py`."""
        return f"{self.parent}/__init__.py"

    @property
    def is_root(self) -> bool:
        """The parent is the framework itself."""
        return "/" not in self.parent

    @cached_property
    def source(self) -> Source:
        """The parent's `__init__.py`, parsed; a refusal says which file it is about."""
        try:
            return read_source(self.before)
        except ScaffoldError as e:
            raise e.within(self.path) from e

    @cached_property
    def siblings(self) -> list[str]:
        """The parent's other sub-packages."""
        folder = self.tree.path(self.parent)
        inits = (init.parent.name for init in sorted(folder.glob("*/__init__.py")))
        return [name for name in inits if name != self.child]

    @cached_property
    def ways(self) -> dict[str, str]:
        """How the parent takes in each sub-package that it takes in; nothing is said of one that is used in part."""
        parent = self.parent.replace("/", ".")
        taken: dict[str, set[str]] = {}
        for base, names in imports_in(self.source.tree, parent):
            above, _, last = base.rpartition(".")
            if base == parent:
                for name in names:
                    taken.setdefault(name, set()).add(".")
            elif above == parent:
                taken.setdefault(last, set()).update(names or ["."])
        ways = {}
        for name in (self.child, *self.siblings):
            found = taken.get(name, set())
            if "*" in found:
                ways[name] = STAR
            elif "." in found:
                ways[name] = WHOLE
            elif found and most(found, self.offers(name)):
                ways[name] = NAMES
        return ways

    def offers(self, child: str) -> set[str]:
        """The names that a sub-package exports."""
        return _offers(self.tree, f"{self.parent}/{child}".replace("/", "."), set())

    def lists(self, child: str) -> bool:
        """The parent's own `__all__` has the names of a sub-package that it takes in by a star."""
        return most(exported_names(self.source), self.offers(child))

    def edited(self, edit: Callable[..., bytes], *args: Any, **options: Any) -> bytes:
        """The parent after an edit; a refusal says which file it is about."""
        try:
            return edit(self.before, self.child, *args, **options)
        except ScaffoldError as e:
            raise e.within(self.path) from e


def links(tree: Tree, framework: str, package: str) -> Iterator[Link]:
    """The steps from a package up to the root; they end at a folder without `__init__.py`, which can import nothing."""
    parent = f"{framework}/{package}"
    while "/" in parent:
        parent, _, child = parent.rpartition("/")
        before = tree.read(f"{parent}/__init__.py")
        if before is None:
            return
        yield Link(tree, parent, child, before)


def most(part: set[str], whole: set[str]) -> bool:
    """More than half of a whole is in a part."""
    return 2 * len(part & whole) > len(whole)


def _offers(tree: Tree, name: str, seen: set[str]) -> set[str]:
    """The names that a star import takes from a module, but for what it imports from other projects."""
    if name in seen:
        return set()
    seen.add(name)
    data, package = _read(tree, name)
    try:
        source = read_source(data)
    except ScaffoldError:  # what does not parse offers nothing
        return set()
    if "__all__" in source.bound:
        return exported_names(source)
    found = {
        n.name
        for n in source.tree.body
        if isinstance(n, ast.ClassDef | ast.FunctionDef)
    }
    for statement in relative_imports(source):
        names = {alias.asname or alias.name for alias in statement.names}
        if names == {"*"}:
            names = _offers(tree, base_of(statement, package.split(".")), seen)
        found |= names
    return {name for name in found if not name.startswith("_")}


def _read(tree: Tree, name: str) -> tuple[bytes, str]:
    """The source of a module of the tree, empty if it is not there, and the package that it is in."""
    path = name.replace(".", "/")
    with suppress(ScaffoldError):  # a link out of the tree: not the tree's code
        init = tree.read(f"{path}/__init__.py")
        if init is not None:
            return init, name
        return tree.read(f"{path}.py") or b"", name.rpartition(".")[0]
    return b"", name
