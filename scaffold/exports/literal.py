"""Where `__all__` stands in a file: what it exports, and the one literal that can be edited."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..errors import ScaffoldError
from .source import Source

Literal = ast.List | ast.Tuple
# What holds no statement of the module itself: other scopes, and statements that hold none at all.
CLOSED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.expr,
    ast.Assign,
    ast.AugAssign,
    ast.Expr,
    ast.Import,
    ast.ImportFrom,
)


def exported_names(source: Source) -> set[str]:
    """The names that any statement of the module puts into `__all__` as a plain string."""
    mentions = (s for s in _statements(source.tree) if _mentions(s))
    return {
        node.value
        for statement in mentions
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def find_literal(source: Source) -> Literal | None:
    """The list or tuple to edit: the last one written out in the one statement that sets `__all__`.

    Raises:
        ScaffoldError: `__all__` is computed, or set in more than one place or under a condition.
    """
    stores = [s for s in _statements(source.tree) if _stores(s)]
    if len(stores) > 1:
        lines = ", ".join(str(s.lineno) for s in stores)
        raise ScaffoldError("`__all__` is set in more than one place", f"lines {lines}")
    if not stores and "__all__" not in source.bound:
        return None
    where = f"line {stores[0].lineno}" if stores else ""
    if stores and stores[0] not in source.tree.body:
        raise ScaffoldError("`__all__` is set under a condition", where)
    literals = _literals(stores[0]) if stores else []
    if not literals:
        raise ScaffoldError("`__all__` is computed, not written out", where)
    return literals[-1]


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The module's own statements, also those below `if`, `try` and the like."""
    todo: list[ast.AST] = list(reversed(tree.body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, CLOSED):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))


def _mentions(statement: ast.stmt) -> bool:
    """A statement sets `__all__`, or adds to it."""
    match statement:
        case ast.AugAssign(target=ast.Name(id="__all__")):
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("__all__"), attr=method))):
            return method in ("append", "extend", "insert")
    return _stores(statement)


def _stores(statement: ast.stmt) -> bool:
    """A statement binds or deletes `__all__`, itself and not in a statement below it."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return any(_holds(target) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.For(target=target):
            return _holds(target)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return any((a.asname or a.name) == "__all__" for a in names)
    return False


def _holds(target: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(target)
    )


def _literals(statement: ast.stmt) -> list[Literal]:
    """The lists and tuples written out in the sum that a statement gives to `__all__`, from left to right."""
    match statement:
        case ast.Assign([ast.Name()], value) | ast.AnnAssign(value=ast.expr() as value):
            found: list[Literal] = []
        case _:
            return []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        if isinstance(value.right, Literal):
            found.insert(0, value.right)
        value = value.left
    return [value, *found] if isinstance(value, Literal) else found
