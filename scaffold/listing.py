"""`scaffold list`: what the tree registers of a kind, and whether its package exports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ScaffoldError
from .kinds import Kind
from .registrations import find_registrations
from .survey import Survey, take_survey
from .tree import Tree


@dataclass(frozen=True)
class Row:
    """One registered module.

    Attributes:
        name: as a config says it.
        path: the file, from the tree's root.
        line: where it is registered, from 1.
        is_exported: the package that the file is in has the class, too.
    """

    name: str
    path: str
    line: int
    is_exported: bool

    def as_dict(self, kind: Kind) -> dict[str, Any]:
        """For `--json`."""
        return {
            "kind": kind.name,
            "name": self.name,
            "path": self.path,
            "line": self.line,
            "exported": self.is_exported,
        }


def list_rows(tree: Tree, kind: Kind, survey: Survey) -> list[Row]:
    """The registered modules of a kind, by name."""
    exported = {
        (module.path, found.line)
        for module in survey.modules.values()
        for found in module.registered
        if found.name in survey.offers(module.package)
    }
    return [
        Row(r.name, r.path, r.line, (r.path, r.line) in exported)
        for r in find_registrations(tree, kind)
    ]


def list_kinds(
    tree: Tree, kinds: Mapping[str, Kind]
) -> list[tuple[Kind, list[Row], str]]:
    """Each kind with its rows; and why it has none, where the tree has no place for it."""
    surveys: dict[str, Survey] = {}
    found: list[tuple[Kind, list[Row], str]] = []
    for kind in kinds.values():
        try:
            framework = tree.framework(kind.package)
            if framework not in surveys:
                surveys[framework] = take_survey(tree, framework)
            rows = list_rows(tree, kind, surveys[framework])
        except ScaffoldError as e:
            found.append((kind, [], e.what))
        else:
            found.append((kind, rows, ""))
    return found
