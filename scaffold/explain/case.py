"""What `scaffold explain` finds, and the tree that it looks at."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..audit import audit, frameworks, hidden
from ..config_types import Config, entries_of, read_configs
from ..finding import Finding
from ..kinds import Kind
from ..registrations import parse
from ..survey import Survey, survey_engine, take_survey
from ..survey.module import Module, Registered
from ..tree import Tree


@dataclass(frozen=True)
class Cause:
    """Why an error came.

    Attributes:
        what: one sentence without a full stop.
        path: the file to look at, from the tree's root; empty if there is none.
        line: in that file, from 1.
        mend: what to type, or to do.
    """

    what: str
    path: str = ""
    line: int = 0
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        place = {"path": self.path, "line": self.line} if self.path else {}
        return {**place, "what": self.what, "mend": self.mend}


class Case:
    """The tree that an error came from, and the engine that it is trained with, if that is another package."""

    def __init__(self, tree: Tree, kinds: Mapping[str, Kind]) -> None:
        self.tree, self.kinds = tree, kinds
        self.own = [take_survey(tree, name) for name in frameworks(tree, kinds)]
        self.engine, self.home = tree.engine(), tree.engine_home()
        engine = survey_engine(tree)
        self.surveys = [*self.own, engine] if engine else self.own
        self.findings = audit(tree, kinds)

    def registered(self, key: str) -> Iterator[tuple[Survey, str, Module, Registered]]:
        """Who registers a key, and where."""
        for survey in self.surveys:
            for origin, keys in survey.table.items():
                for module, found in keys.get(key, []):
                    yield survey, origin, module, found

    def defined(self, name: str) -> tuple[Module, ast.stmt] | None:
        """The class or function of a name."""
        for survey in self.surveys:
            for module in survey.modules.values():
                if name in module.defined:
                    is_own = survey in self.own
                    home = self.tree if is_own or not self.home else self.home
                    source = home.read(module.path) or b""
                    for node in parse(source, module.path).body:
                        if getattr(node, "name", "") == name:
                            return module, node
        return None

    def finding(self, *paths: str, codes: str = "") -> Finding | None:
        """What `scaffold check` says of some files."""
        found = (f for f in self.findings if f.path in paths)
        return next((f for f in found if not codes or f.code in codes.split()), None)

    def hidden(self) -> Cause | None:
        """Python takes the framework from elsewhere."""
        for survey in self.own:
            for finding in hidden(self.tree, survey.framework):
                return Cause(finding.what, finding.path, 1, finding.hint)
        return None

    @cached_property
    def configs(self) -> list[Config]:
        """The configs of the tree."""
        return read_configs(self.tree, [survey.framework for survey in self.surveys])

    def mentions(self, name: str) -> str:
        """The configs that use a name: " (configs/a.py:3)"; nothing if none does."""
        places = [
            f"{config.path}:{use.line}"
            for config in self.configs
            for use in config.uses
            if use.name == name
        ]
        return f" ({', '.join(places[:3])})" if places else ""

    def without(self, package: str, name: str) -> str:
        """A config that uses a name and does not import the package that has it, nor inherits from one that does."""
        for config in self.configs:
            is_used = any(use.name == name for use in config.uses)
            tops = {module.partition(".")[0] for module in config.imports}
            if is_used and config.is_whole and package not in tops:
                return config.path
        return ""

    def given(self, argument: str) -> str:
        """The `type` beside an argument in a config; empty if no config gives the argument."""
        for config in self.configs:
            source = self.tree.read(config.path) or b""
            if argument.encode() in source:
                for node in ast.walk(parse(source, config.path)):
                    entries = entries_of(node) if isinstance(node, ast.expr) else {}
                    named = getattr(entries.get("type"), "value", None)
                    if argument in entries and isinstance(named, str):
                        return named.rpartition(".")[2]
        return ""

    def kind_for(self, name: str, registry: str) -> tuple[str, str]:
        """The kind that adds a name, and the NAME to give; KIND where that is not clear."""
        for kind in self.kinds.values():
            if kind.suffix and name.endswith(kind.suffix):
                return kind.name, name.removesuffix(kind.suffix)
        for kind in self.kinds.values():
            titles = (kind.name, singular(kind.registry))
            named = name.lower().endswith(kind.name)
            # "pipeline transform" is the title of a registry, too
            titled = singular(registry) in titles or registry.endswith(f" {kind.name}")
            if not kind.suffix and (named or titled):
                return kind.name, name
        return "KIND", name


def singular(word: str) -> str:
    """A registry's name, or what errors call it, as one word that compares."""
    return re.sub(r"[\s_-]", "", word.lower()).removesuffix(
        "es" if word.lower().endswith("sses") else "s"
    )
