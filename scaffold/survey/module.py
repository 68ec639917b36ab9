"""The facts of one file: what it imports, has and registers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ..imports import COMPUTING, base_of, computes, strings_in
from ..registrations import REGISTER, parse
from ..tree import Tree

_BLOCKS = ("body", "orelse", "finalbody")
# With one of these a registry is filled by others too; None stands for `**options`.
_SHARED = ("parent", "scope", None)


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


def read_module(tree: Tree, path: str) -> Module:
    """The facts of a file of a tree.

    Raises:
        ScaffoldError: it cannot be read, or does not parse.
    """
    name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    module = Module(name, path)
    source = tree.read(path) or b""
    if module.is_package:
        module.source = source
    syntax = parse(source, path)
    for statement, is_certain in _statements(syntax.body):
        match statement:
            case ast.Import():
                module.imports |= {alias.name for alias in statement.names}
            case ast.ImportFrom():
                _take(module, statement)
            case ast.ClassDef(name=own) | ast.FunctionDef(name=own):
                module.defined.add(own)
                for decorator in statement.decorator_list:
                    _register(module, decorator, own, statement.lineno, is_certain)
            case ast.Expr(ast.Call() as call):
                _call(module, call, is_certain)
            case ast.Assign([ast.Name(target)], value):
                _assign(module, target, value)
    if b"locations" in source or any(word.encode() in source for word in COMPUTING):
        module.imports |= set(strings_in(syntax))
        module.computes = module.is_package and computes(syntax)
    return module


def _statements(
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
                yield from _statements(block, is_certain=False)


def _never(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return not test.value
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _take(module: Module, statement: ast.ImportFrom) -> None:
    base = base_of(statement, module.package.split("."))
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
        case ast.Call(ast.Attribute(registry, method), args, keywords):
            if method != REGISTER:
                return
        case _:
            return
    is_certain &= all(k.arg != "force" for k in keywords)
    given = [*args, *(k.value for k in keywords if k.arg == "name")]
    for key in _keys(given[0], name) if given else [name]:
        found = Registered(ast.unparse(registry), key, name, line, is_certain)
        module.registered.append(found)


def _keys(given: ast.expr, name: str) -> list[str]:
    items = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
    keys = []
    for item in items:
        value = item.value if isinstance(item, ast.Constant) else ""
        keys.append(name if value is None else value if isinstance(value, str) else "")
    return keys
