"""Which argument of a constructor is not of the type that its signature states: asked only where the constructor failed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def misfit(build: Callable[..., Any], args: Mapping[str, Any]) -> tuple[str, str]:
    """The first argument that does not fit, and what it should be: `("depth", "int")`; two empty words if all may do.

    Args:
        build: a class, whose bases are asked too, or a function.
        args: the arguments by name.
    """
    classes = inspect.getmro(build) if inspect.isclass(build) else (build,)
    for each in classes:
        function = vars(each).get("__init__") if inspect.isclass(each) else each
        try:
            hints = get_type_hints(function) if inspect.isfunction(function) else {}
        except (NameError, TypeError, AttributeError):  # names for type checkers alone
            continue
        for name in args.keys() & hints.keys():
            if not _fits(args[name], hints[name]):
                return name, _word(hints[name])
    return "", ""


def _fits(value: Any, hint: Any) -> bool:
    kind: Any
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if kind is Literal:
        return value in inner
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real)
    if kind is tuple:
        kind, inner = Sequence, tuple(set(inner) - {Ellipsis})
    if hint is Any or not inspect.isclass(kind):
        return True
    if not isinstance(value, kind):
        return isinstance(value, list | tuple) and issubclass(kind, Sequence)
    if isinstance(value, Sequence) and len(inner) == 1:
        return all(_fits(each, inner[0]) for each in value)
    return True


def _word(hint: Any) -> str:
    if hint is NoneType:
        return "None"
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(map(_word, get_args(hint)))
    plain = inspect.isclass(hint) and not get_args(hint)
    return hint.__name__ if plain else str(hint).replace("collections.abc.", "")
