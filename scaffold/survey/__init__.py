"""What a framework's files say of each other, read once: who imports whom, and what each registers where.

Nothing of the tree is imported. Facts are kept and syntax trees are not, so that thousands of files fit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..errors import ScaffoldError
from ..tree import Tree
from .module import Module, Registered, read_module


@dataclass
class Survey:
    """The modules of one framework.

    Attributes:
        framework: the package.
        modules: by their names.
        broken: what does not parse, each as the refusal that says so.
    """

    framework: str
    modules: dict[str, Module]
    broken: list[ScaffoldError]

    @cached_property
    def reached(self) -> set[str]:
        """The modules that are imported with the framework, or with one of its top parts, such as `fw.datasets`."""
        return self.closure(name for name in self.modules if name.count(".") < 2)

    def closure(self, roots: Iterable[str], *, above: bool = True) -> set[str]:
        """The modules that are imported with some others.

        Args:
            roots: the others.
            above: with the packages above each, as Python does it.
        """
        found: set[str] = set()
        todo = list(roots)
        while todo:
            name = todo.pop()
            if name in found or name not in self.modules:
                continue
            found.add(name)
            todo += self.modules[name].imports
            if above:
                todo.append(name.rpartition(".")[0])
            if self.modules[name].computes:
                todo += self._below.get(name, [])
        return found

    def joined(self, other: Survey) -> Survey:
        """Both as one, so that a registry of the one is known to hold what the other registers in it."""
        modules = {**other.modules, **self.modules}
        return Survey(self.framework, modules, [*other.broken, *self.broken])

    def below(self, package: Module) -> dict[str, Module]:
        """The modules and packages directly in a package, by the last part of their names."""
        names = self._below.get(package.name, [])
        return {name.rpartition(".")[2]: self.modules[name] for name in names}

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = {}
        for name in self.modules:
            below.setdefault(name.rpartition(".")[0], []).append(name)
        return below

    def origin(self, module: str, name: str) -> str:
        """Where a name comes from: "fw.models.builder.HEADS", for whoever imports or renames it."""
        seen = set()
        while (module, name) not in seen:
            seen.add((module, name))
            facts = self.modules.get(module)
            if facts is None:
                break
            if name in facts.bound:
                module, name = facts.bound[name]
            elif name not in facts.registries and name not in facts.defined:
                stars = [s for s in facts.stars if name in self.offers(s)]
                module = stars[0] if stars else module
        return f"{module}.{name}"

    def offers(self, module: str) -> set[str]:
        """The names that a module of the tree has, its own and those that it imports."""
        names: set[str] = set()
        todo, seen = [module], set()
        while todo:
            here = todo.pop()
            if here in self.modules and here not in seen:
                seen.add(here)
                facts = self.modules[here]
                names |= facts.defined | facts.bound.keys() | facts.registries.keys()
                todo += facts.stars
        return names

    @cached_property
    def table(self) -> dict[str, dict[str, list[tuple[Module, Registered]]]]:
        """Each registry by its origin, with what is registered there by its key."""
        table: dict[str, dict[str, list[tuple[Module, Registered]]]] = {}
        for module in self.modules.values():
            for found in module.registered:
                first, _, rest = found.registry.partition(".")
                origin = self.origin(module.name, first)
                if rest:
                    home, _, last = f"{origin}.{rest}".rpartition(".")
                    origin = self.origin(home, last)
                keys = table.setdefault(origin, {})
                keys.setdefault(found.key, []).append((module, found))
        return table

    @cached_property
    def named(self) -> dict[str, set[str]]:
        """The short name of each registry, aliases too -> the origins that it stands for."""
        named: dict[str, set[str]] = {}
        for module in self.modules.values():
            for name in module.registries:
                named.setdefault(name, set()).add(f"{module.name}.{name}")
            for name in module.bound:
                if name.isupper():
                    origin = self.origin(module.name, name)
                    if origin in self.table:
                        named.setdefault(name, set()).add(origin)
        return named

    def title(self, origin: str) -> str:
        """What errors call a registry; of one from elsewhere, its name in small letters."""
        module, _, name = origin.rpartition(".")
        own = self.modules.get(module)
        return own.titles.get(name, name.lower()) if own else name.lower()

    def is_closed(self, origin: str) -> bool:
        """Nobody but the tree's code fills a registry, and that by names which can be read."""
        module, _, name = origin.rpartition(".")
        own = self.modules.get(module)
        keys = self.table.get(origin, {})
        return own is not None and own.registries.get(name, False) and "" not in keys


def survey_engine(tree: Tree) -> Survey | None:
    """The package that a project trains with, where this Python has it; mostly there is none but the framework."""
    home = tree.engine_home()
    return take_survey(home, tree.engine()) if home else None


def take_survey(tree: Tree, framework: str) -> Survey:
    """Read every file of a framework, each once."""
    modules, broken = {}, []
    for path in _python_files(tree, framework):
        try:
            module = read_module(tree, path)
        except ScaffoldError as e:
            broken.append(e)
        else:
            modules[module.name] = module
    return Survey(framework, modules, broken)


def _python_files(tree: Tree, framework: str) -> Iterator[str]:
    """The files that can be imported, from the tree's root: no folder with a name that is none for Python."""
    top = str(tree.path(framework))
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if name.isidentifier())
        here = framework + folder[len(top) :].replace(os.sep, "/")
        for name in sorted(files):
            stem, ending = os.path.splitext(name)
            full = os.path.join(folder, name)
            if ending == ".py" and stem.isidentifier() and os.path.isfile(full):
                yield f"{here}/{name}"
