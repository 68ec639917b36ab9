"""What the code of a tree registers, read from its text: nothing of the tree is imported."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .errors import ScaffoldError
from .kinds import Kind
from .tree import Tree

REGISTER = "register_module"


class Registration(NamedTuple):
    """One registered module of a kind.

    Attributes:
        name: its key in the registry, without the kind's suffix.
        path: the file, from the tree's root.
        line: where it is registered, from 1.
    """

    name: str
    path: str
    line: int


def registering_files(tree: Tree, framework: str) -> dict[str, bytes]:
    """The files of a framework that register anything: their content by their path."""
    files = {}
    top = tree.place(framework)
    for folder, _, names in os.walk(top):
        inside = folder[len(top) :].replace(os.sep, "/")
        for name in names:
            place = os.path.join(folder, name)
            if name.endswith(".py") and os.path.isfile(place):  # a pipe never ends
                with open(place, "rb") as file:
                    source = file.read()
                if REGISTER.encode() in source:
                    files[f"{framework}{inside}/{name}"] = source
    return files


def find_registrations(
    tree: Tree,
    kind: Kind,
    read: Callable[[Tree, str], dict[str, bytes]] = registering_files,
) -> list[Registration]:
    """What the framework's files register of a kind, by name.

    Args:
        tree: the tree.
        kind: of this kind.
        read: gives the files; who asks for several kinds reads them once.

    Raises:
        ScaffoldError: the tree has no place for the kind, or a file that mentions its registry does not parse.
    """
    return registered_in(tree, tree.framework(kind.package), kind, read)


def registered_in(
    tree: Tree,
    framework: str,
    kind: Kind,
    read: Callable[[Tree, str], dict[str, bytes]] = registering_files,
) -> list[Registration]:
    """What one package registers of a kind, by name; see `find_registrations`."""
    found = []
    for path, source in read(tree, framework).items():
        if kind.registry.encode() in source:
            for key, line in _keys(source, kind.registry, path):
                name = key.removesuffix(kind.suffix)
                if name and key.endswith(kind.suffix):
                    found.append(Registration(name, path, line))
    return sorted(found, key=lambda registration: registration.name)


def registered_keys(source: bytes, path: str, kind: Kind) -> list[tuple[str, int]]:
    """The keys that one file registers of a kind, each with its line."""
    return list(_keys(source, kind.registry, path))


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


def _keys(source: bytes, registry: str, path: str) -> Iterable[tuple[str, int]]:
    """The keys that a file gives a registry, each with its line."""
    plain = _plain_keys(source, registry)
    if plain is not None:
        return plain
    mentions = (REGISTER.encode() in line for line in source.splitlines())
    lines = [number for number, has in enumerate(mentions, start=1) if has]
    return _parsed_keys(_nodes_at(lines, parse(source, path)), registry)


def _plain_keys(source: bytes, registry: str) -> list[tuple[str, int]] | None:
    """The keys of a file that registers in the plainest form only, which most do; None for any other.

    To parse the files of a framework would take longer than all else that `scaffold list` does.
    """
    plain = rb"\n@(\w+)\.register_module\(\)\nclass (\w+)[(:]"
    found = list(re.finditer(plain, source))
    if len(found) != source.count(REGISTER.encode()):
        return None
    for match in found:
        before = source[: match.start()]
        if before.count(b'"""') % 2 or before.count(b"'''") % 2:  # perhaps in a string
            return None
    return [
        (match[2].decode(), source.count(b"\n", 0, match.start(2)) + 1)
        for match in found
        if match[1].decode() == registry
    ]


def _nodes_at(lines: Sequence[int], module: ast.Module) -> Iterator[ast.AST]:
    """`ast.walk`, but only into what has one of some lines."""
    todo: list[ast.AST] = [module]
    while todo:
        node = todo.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            heads = (child, *getattr(child, "decorator_list", ()))
            first = min(getattr(head, "lineno", 0) for head in heads)
            last = getattr(child, "end_lineno", None) or lines[-1]  # a `case` has none
            if any(first <= line <= last for line in lines):
                todo.append(child)


def _parsed_keys(nodes: Iterable[ast.AST], registry: str) -> Iterator[tuple[str, int]]:
    for node in nodes:
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
