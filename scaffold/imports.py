"""What the text of a file imports, by its statements or by computing; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

# An `__init__.py` that says one of these imports by computing: its statements do not tell what it imports.
COMPUTING = {
    "__getattr__",
    "__import__",
    "_import_structure",
    "import_module",
    "iter_modules",
    "walk_packages",
}


def base_of(statement: ast.ImportFrom, package: Sequence[str]) -> str:
    """The module that a statement takes names from, with dots.

    Args:
        statement: `from .a import b`, from the package `fw.models`.
        package: `["fw", "models"]`.
    """
    level = statement.level
    kept = package[: len(package) - level + 1] if level else ()
    return ".".join((*kept, *([statement.module] if statement.module else [])))


def imports_in(tree: ast.Module, package: str) -> Iterator[tuple[str, list[str]]]:
    """The modules that a file imports from, and the names that it takes; none where it imports the module."""
    for node in _at_import(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            yield base_of(node, package.split(".")), names


def computes(tree: ast.Module) -> bool:
    """A file says one of `COMPUTING`."""
    return any(
        getattr(node, field, None) in COMPUTING
        for node in ast.walk(tree)
        for field in ("id", "attr", "name")
    )


def strings_in(tree: ast.Module) -> Iterator[str]:
    """The strings of a file: a table of its modules has their names, and so have the `locations` of a registry."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported, also those below `if` and `try`."""
    hidden: list[ast.stmt] = []
    if isinstance(node, ast.If):
        test = ast.unparse(node.test)
        never = isinstance(node.test, ast.Constant) and not node.test.value
        if never or test.endswith("TYPE_CHECKING"):
            hidden = node.orelse if test.startswith("not ") else node.body
    for child in ast.iter_child_nodes(node):
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if not function and not isinstance(child, ast.expr) and child not in hidden:
            yield child
            yield from _at_import(child)
