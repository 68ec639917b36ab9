"""`scaffold list`: what the tree registers of a kind, and whether its package exports it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from .errors import ScaffoldError
from .kinds import Kind
from .registrations import (
    Registration,
    parse,
    registered_in,
    registering_files,
)
from .tree import Tree


class Row(NamedTuple):
    """One registered module.

    Attributes:
        kind: the kind's name.
        name: as a config says it.
        path: the file, from the tree's root.
        line: where it is registered, from 1.
        is_exported: the package that the file is in imports the class, by name or by a star; or the file is in the root.
    """

    kind: str
    name: str
    path: str
    line: int
    is_exported: bool

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        fields = self._asdict()
        return fields | {"exported": fields.pop("is_exported")}


def list_kinds(
    tree: Tree, kinds: Mapping[str, Kind], wanted: Iterable[Kind]
) -> list[tuple[Kind, list[Row], str]]:
    """Each kind with its rows, by name; and why it has none, where the tree has no place for it.

    Args:
        tree: the tree.
        kinds: all of its kinds.
        wanted: those that are asked for.

    Raises:
        ScaffoldError: a file that mentions a registry does not parse.
    """
    read = cache(registering_files)
    taken = cache(_taken)
    found: list[tuple[Kind, list[Row], str]] = []
    for kind in wanted:
        try:
            framework = tree.framework(kind.package)
        except ScaffoldError as e:
            found.append((kind, [], e.what))
            continue
        package = f"{framework}/{kind.package}/"
        there = registered_in(tree, framework, kind, read)
        rows = []
        for r in _of(kind, kinds, package, there):
            folder = r.path.rpartition("/")[0]
            # Who needs a module of the root imports it; it is in no package of its kind.
            is_exported = folder == framework or _is_taken(
                taken(tree, folder), r.path, r.name + kind.suffix
            )
            rows.append(Row(kind.name, r.name, r.path, r.line, is_exported))
        found.append((kind, _with_aliases(rows), ""))
    return found


def _with_aliases(rows: list[Row]) -> list[Row]:
    """A class that is registered under several names is exported if one of them is."""
    there = {(row.path, row.line) for row in rows if row.is_exported}
    return [r._replace(is_exported=(r.path, r.line) in there) for r in rows]


def _of(
    kind: Kind, kinds: Mapping[str, Kind], package: str, found: list[Registration]
) -> list[Registration]:
    """Those of this kind, and not of another one that shares the registry, as all models of MMEngine share MODELS.

    They are told apart by their suffixes, or else by their packages.
    """
    others = [
        other.suffix
        for other in kinds.values()
        if other.registry == kind.registry and other.name != kind.name
    ]
    if kind.suffix in others:
        return [r for r in found if r.path.startswith(package)]
    longer = tuple({*others} - {""})
    return [r for r in found if not r.name.endswith(longer)]


def _taken(tree: Tree, package: str) -> frozenset[str]:
    """What a package imports: names, and `module.*` for each star; `*` for what computes its imports."""
    path = f"{package}/__init__.py"
    source = tree.read(path)
    if source is None:
        return frozenset()
    found = set()
    for node in ast.walk(parse(source, path)):
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").rpartition(".")[2]
            names = (alias.name for alias in node.names)
            found |= {f"{module}.*" if name == "*" else name for name in names}
        elif isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            found.add("*")
    return frozenset(found)


def _is_taken(taken: frozenset[str], path: str, cls: str) -> bool:
    module = path.rpartition("/")[2].removesuffix(".py")
    return bool(taken & {cls, module, f"{module}.*", "*"})
