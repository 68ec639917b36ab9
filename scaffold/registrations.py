"""What the code of a tree registers, read from its text: nothing of the tree is imported."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import ScaffoldError
from .kinds import Kind
from .tree import Tree

REGISTER = "register_module"


@dataclass(frozen=True)
class Registration:
    """One registered module of a kind.

    Attributes:
        name: its key in the registry, without the kind's suffix.
        path: the file, from the tree's root.
        line: where it is registered, from 1.
    """

    name: str
    path: str
    line: int


def find_registrations(tree: Tree, kind: Kind) -> list[Registration]:
    """What the framework's files register of a kind, by name.

    Raises:
        ScaffoldError: the tree has no place for the kind, or a file that mentions its registry does not parse.
    """
    framework = tree.path(tree.framework(kind.package))
    words = (kind.registry.encode(), REGISTER.encode())
    found = []
    for file in framework.rglob("*.py"):
        if not file.is_file():  # a pipe would be read for ever
            continue
        source = file.read_bytes()
        if all(word in source for word in words):
            path = file.relative_to(tree.root).as_posix()
            for key, line in _keys(parse(source, path), kind.registry):
                name = key.removesuffix(kind.suffix)
                if name and key.endswith(kind.suffix):
                    found.append(Registration(name, path, line))
    return sorted(found, key=lambda registration: registration.name)


def registered_keys(source: bytes, path: str, kind: Kind) -> list[tuple[str, int]]:
    """The keys that one file registers of a kind, each with its line."""
    return list(_keys(parse(source, path), kind.registry))


def parse(source: bytes, path: str) -> ast.Module:
    """The syntax tree of a file.

    Raises:
        ScaffoldError: it is no Python; the message has the line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the user's own code: not ours to say
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        line = getattr(e, "lineno", None)
        raise ScaffoldError(
            f"the file does not parse: {getattr(e, 'msg', e)}",
            f"{path}:{line}" if line else path,
            "mend it first; nothing was written",
        ) from e


def _keys(module: ast.Module, registry: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _is_of(decorator, registry):
                    yield from _named(decorator, node.name, node.lineno)
        elif isinstance(node, ast.Call) and _is_of(node, registry):
            for keyword in node.keywords:
                if keyword.arg == "module" and isinstance(keyword.value, ast.Name):
                    yield from _named(node, keyword.value.id, node.lineno)


def _is_of(call: ast.Call, registry: str) -> bool:
    """It calls `REGISTRY.register_module`, perhaps through a module."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=method):
            return method == REGISTER and name == registry
        case ast.Attribute(value=ast.Attribute(attr=name), attr=method):
            return method == REGISTER and name == registry
    return False


def _named(call: ast.Call, default: str, line: int) -> Iterator[tuple[str, int]]:
    """The keys that a call gives: its `name`, one or a list; without one the class's own name."""
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "name")]
    for key in given or [ast.Constant(default)]:
        for node in ast.walk(key):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, line
