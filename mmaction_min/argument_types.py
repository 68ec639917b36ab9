"""Whether the arguments that a config gives are of the types that a signature states."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np


@dataclass(frozen=True)
class Least:
    """The least that a number may be: `Annotated[int, Least(1)]`."""

    value: float


Positive = Annotated[int, Least(1)]
"""A whole number of things of which there is at least one."""


def misfit(build: Callable[..., Any], args: Mapping[str, Any]) -> tuple[str, str]:
    """The first argument that does not fit, and what it should be: `("depth", "int")`; two empty words if all may do.

    What a signature does not state, or states in terms that nothing is known of, may be anything; so may its default.

    Args:
        build: a class, whose bases are asked for what it hands on to them, a function or a method.
        args: the arguments by name.
    """
    seen: set[str] = set()
    for each in inspect.getmro(build) if inspect.isclass(build) else (build,):
        function = vars(each).get("__init__") if inspect.isclass(each) else each
        function = getattr(function, "__func__", function)  # of a method
        if not inspect.isfunction(function):
            continue
        try:
            hints = get_type_hints(function, include_extras=True)
        except (NameError, TypeError, AttributeError):  # names for type checkers alone
            continue
        parameters = inspect.signature(function).parameters
        for name, value in args.items():
            if name not in hints or name in seen or value is parameters[name].default:
                continue
            if not _fits(value, hints[name]):
                return name, _word(hints[name])
        seen.update(parameters)
    return "", ""


def _fits(value: Any, hint: Any) -> bool:
    kind: Any
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if kind is Annotated:
        least = [each.value for each in inner[1:] if isinstance(each, Least)]
        return _fits(value, inner[0]) and all(value >= each for each in least)
    if kind is Literal:
        return value in inner
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real)
    if kind is bool:
        return value in (False, True)
    if kind is tuple:
        kind, inner = Sequence, tuple(set(inner) - {Ellipsis})
    if hint is Any or not inspect.isclass(kind) or getattr(kind, "_is_protocol", False):
        return True
    if not isinstance(value, kind):
        return (
            isinstance(value, list | tuple) and issubclass(kind, Sequence | np.ndarray)
        ) or (isinstance(value, str) and issubclass(kind, os.PathLike))
    if isinstance(value, str) and kind is Sequence:
        return False  # of letters: a list with one name was meant
    if isinstance(value, Sequence) and len(inner) == 1:
        return all(_fits(each, inner[0]) for each in value)
    return True


def _word(hint: Any) -> str:
    if hint is NoneType:
        return "None"
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(map(_word, get_args(hint)))
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        least = [f" (at least {e.value})" for e in extras if isinstance(e, Least)]
        return _word(kind) + "".join(least)
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Mapping:
        return "dict"
    if kind is Sequence:
        return "list" if inner[0] is Any else f"list of {_word(inner[0])}"
    plain = inspect.isclass(hint) and not get_args(hint)
    return hint.__name__ if plain else str(hint).replace("collections.abc.", "")
