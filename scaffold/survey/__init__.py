"""What a framework's files say of each other, read once: who imports whom, and what each registers where.

Nothing of the tree is imported. Facts are kept and syntax trees are not, so that thousands of files fit.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ..errors import ScaffoldError
from ..imports import COMPUTING
from ..registrations import REGISTER, parse
from ..tree import Tree


class Registered(NamedTuple):
    """A class or function that a module registers.

    Attributes:
        registry: the registry as the file calls it ("HEADS").
        key: its name there; empty if it is computed.
        name: of the class or function; empty if it is another expression.
        line: where it is defined, or registered by a call; from 1.
        is_certain: it is done whenever the module is imported, and without `force`.
    """

    registry: str
    key: str
    name: str
    line: int
    is_certain: bool


@dataclass
class Module:
    """The facts of one file.

    Attributes:
        name: with dots, from the framework on.
        path: from the tree's root.
        source: its bytes, kept for an `__init__.py` alone.
        imports: the modules that it imports, and what may be modules among what it takes from them.
        bound: a name -> the module and the name there that it stands for.
        stars: the modules that it takes everything from.
        registered: what it registers.
        registries: the names of the registries that it makes -> they have no parent, so that nobody else fills them.
        titles: the names of the registries that it makes -> what errors call them ("head").
        defined: its own classes and functions.
        computes: it imports by computing, all of its package for what is known.
    """

    name: str
    path: str
    source: bytes = b""
    imports: set[str] = field(default_factory=set)
    bound: dict[str, tuple[str, str]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    registered: list[Registered] = field(default_factory=list)
    registries: dict[str, bool] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)
    computes: bool = False

    @property
    def is_package(self) -> bool:
        """It is an `__init__.py`."""
        return self.path.endswith("/__init__.py")

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


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

    def closure(self, roots: Iterator[str], *, above: bool = True) -> set[str]:
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
        name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        module = Module(name, path)
        try:
            source = tree.read(module.path) or b""
            _fill(module, source)
        except ScaffoldError as e:
            broken.append(e)
            continue
        if module.is_package:
            module.source = source
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


def statements(
    body: list[ast.stmt], *, is_certain: bool = True
) -> Iterator[tuple[ast.stmt, bool]]:
    """What runs when a module is imported, and whether it runs in any case."""
    for statement in body:
        yield statement, is_certain
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            blocks = [getattr(statement, block, []) for block in _BLOCKS]
            blocks += [handler.body for handler in getattr(statement, "handlers", [])]
            if isinstance(statement, ast.If) and _never(statement.test):
                blocks = [statement.orelse]
            for block in blocks:
                yield from statements(block, is_certain=False)


_BLOCKS = ("body", "orelse", "finalbody")


def _never(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return not test.value
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _fill(module: Module, source: bytes) -> None:
    tree = parse(source, module.path)
    for statement, is_certain in statements(tree.body):
        match statement:
            case ast.Import():
                module.imports |= {alias.name for alias in statement.names}
            case ast.ImportFrom():
                _take(module, statement)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                module.defined.add(name)
                for decorator in statement.decorator_list:
                    _register(module, decorator, name, statement.lineno, is_certain)
            case ast.Expr(ast.Call() as call):
                _call(module, call, is_certain)
            case ast.Assign([ast.Name(name)], value):
                _assign(module, name, value)
    if b"locations" in source or any(word.encode() in source for word in COMPUTING):
        _compute(module, tree)


def _take(module: Module, statement: ast.ImportFrom) -> None:
    above = module.package.split(".")
    kept = above[: len(above) - statement.level + 1] if statement.level else []
    base = ".".join((*kept, *([statement.module] if statement.module else [])))
    module.imports.add(base)
    for alias in statement.names:
        if alias.name == "*":
            module.stars.append(base)
        else:
            module.imports.add(f"{base}.{alias.name}")
            module.bound[alias.asname or alias.name] = (base, alias.name)


def _assign(module: Module, name: str, value: ast.expr) -> None:
    match value:
        case ast.Name(id=other):
            module.bound[name] = (module.name, other)
        case ast.Call(
            func=ast.Name(id=maker) | ast.Attribute(attr=maker), keywords=keywords
        ) if maker.endswith("Registry"):
            module.registries[name] = all(k.arg not in _SHARED for k in keywords)
            first = value.args[0] if value.args else None
            module.titles[name] = str(getattr(first, "value", name))
        case _:
            module.defined.add(name)


_SHARED = ("parent", "scope", None)


def _call(module: Module, call: ast.Call, is_certain: bool) -> None:
    """`HEADS.register_module()(Head)`, or `HEADS.register_module("Head", module=Head)`."""
    match call:
        case ast.Call(func=ast.Call() as maker, args=[ast.Name(id=name)]):
            _register(module, maker, name, call.lineno, is_certain)
        case ast.Call(func=ast.Attribute(attr=method)) if method == REGISTER:
            own = [k.value for k in call.keywords if k.arg == "module"]
            name = own[0].id if own and isinstance(own[0], ast.Name) else ""
            _register(module, call, name, call.lineno, is_certain)


def _register(
    module: Module, call: ast.expr, name: str, line: int, is_certain: bool
) -> None:
    match call:
        case ast.Call(func=ast.Attribute(value=registry, attr=method), args=args):
            if method != REGISTER:
                return
        case _:
            return
    forced = any(k.arg == "force" for k in call.keywords)
    given = [*args, *(k.value for k in call.keywords if k.arg == "name")]
    for key in _keys(given[0], name) if given else [name]:
        found = Registered(
            ast.unparse(registry), key, name, line, is_certain and not forced
        )
        module.registered.append(found)


def _keys(given: ast.expr, name: str) -> list[str]:
    items = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
    keys = []
    for item in items:
        value = item.value if isinstance(item, ast.Constant) else ""
        keys.append(name if value is None else value if isinstance(value, str) else "")
    return keys


def _compute(module: Module, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            module.imports.add(node.value)
        words = {getattr(node, field, None) for field in ("id", "attr", "name")}
        module.computes |= bool(words & COMPUTING) and module.is_package
