"""`--arg NAME[:TYPE][=DEFAULT]` -> an argument of the new constructor: its name, type and default, checked."""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .errors import ScaffoldError

FORM = (
    "--arg NAME[:TYPE][=DEFAULT], such as --arg hidden:int=256 or --arg mode:str=mean"
)
SCALARS = {"int": int, "float": float, "bool": bool, "str": str}
CONTAINERS = {"tuple": tuple, "list": list, "dict": dict}
_BARE = {"tuple": "tuple[Any, ...]", "list": "list[Any]", "dict": "dict[str, Any]"}
# What a config gives for an argument without a default, until the user says better.
_START = {"int": "1", "float": "1.0", "bool": "False", "str": '""', "Any": "None"}
# As other languages write what Python writes with a capital.
_OTHERWISE = {"true": "True", "false": "False", "null": "None", "none": "None"}


class Argument(NamedTuple):
    """One argument of a constructor, as text for a template.

    Attributes:
        name: a Python identifier.
        type: its annotation, such as `tuple[int, ...]`; `Any` where nothing tells.
        default: a Python literal that fits the type; None if the argument must be given.
    """

    name: str
    type: str
    default: str | None = None

    @property
    def is_mutable(self) -> bool:
        """The default is a list or a dict, which all calls would share."""
        return self.default is not None and isinstance(
            ast.literal_eval(self.default), list | dict
        )

    @property
    def parameter(self) -> str:
        """How it stands in the signature."""
        if self.default is None:
            return f"{self.name}: {self.type}"
        if self.is_mutable:
            return f"{self.name}: {self.type} | None = None"
        return f"{self.name}: {self.type} = {self.default}"

    @property
    def given(self) -> str:
        """The expression for its value, in the constructor."""
        if self.is_mutable:
            return f"{self.default} if {self.name} is None else {self.name}"
        return self.name

    @property
    def value(self) -> str:
        """What a config gives: the default, or a value of the type to start with."""
        return _start(_parse(self.type)) if self.default is None else self.default


def parse_arguments(texts: Sequence[str]) -> tuple[Argument, ...]:
    """Read every `--arg`.

    Raises:
        ScaffoldError: one is wrong, or two have one name.
    """
    arguments = [parse_argument(text) for text in texts]
    names = [argument.name for argument in arguments]
    for name in names:
        if names.count(name) > 1:
            raise ScaffoldError(f"{name} is given twice", "--arg")
    return tuple(arguments)


def parse_argument(text: str) -> Argument:
    """Read the text of one `--arg`.

    Raises:
        ScaffoldError: the form, the name or the type is wrong, or the default does not fit the type.
    """
    where = f"--arg {text!a}"
    if not text.isprintable():
        raise ScaffoldError("it has a character that cannot be seen", where)
    head, equals, default = text.partition("=")
    name, colon, annotation = (part.strip() for part in head.partition(":"))
    _check_name(name, where)
    if colon:
        annotation = _check_type(annotation, where)
    if not equals:
        return Argument(name, annotation or "Any")
    default = _as_literal(default.strip(), annotation, where)
    value = ast.literal_eval(default)
    annotation = annotation or _guess_type(value)
    if not _fits(value, _parse(annotation)):
        raise ScaffoldError(
            f"the default {default} is no {annotation}", where, f"write {FORM}"
        )
    return Argument(name, annotation, default)


def _check_name(name: str, where: str) -> None:
    if not (name.isidentifier() and name.isascii()):
        raise ScaffoldError(f"{name!a} is no name", where, f"write {FORM}")
    hint = f"did you mean {name}_?"
    if keyword.iskeyword(name):
        raise ScaffoldError(f"{name} is a keyword of Python", where, hint)
    if hasattr(builtins, name):
        raise ScaffoldError(f"{name} would hide a builtin", where, hint)
    if name in ("self", "cls"):
        raise ScaffoldError(
            f"{name} is what a method calls its own object or class",
            where,
            "choose another name",
        )
    if name.startswith("_"):
        raise ScaffoldError(
            f"{name} begins with an underscore, which says: not for a config", where
        )


def _check_type(text: str, where: str) -> str:
    text = re.sub(r"\b(tuple|list|dict)\b(?!\s*\[)", lambda m: _BARE[m[1]], text)
    node = _parse(text)
    if node is None or not _is_known(node):
        raise ScaffoldError(
            f"{text!a} is no type that an argument can have",
            where,
            "int, float, bool, str, and such as tuple[int, ...] or list[float] | None",
        )
    return ast.unparse(node)


def _parse(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        return None


def _entries(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _repeats(entries: Sequence[ast.expr]) -> bool:
    """It is the `int, ...` of `tuple[int, ...]`."""
    return len(entries) == 2 and ast.unparse(entries[1]) == "..."


def _is_known(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _START
        case ast.Constant(value=value):
            return value is None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_known(left) and _is_known(right)
        case ast.Subscript(value=ast.Name(id=container), slice=inside):
            entries = _entries(inside)
            if container == "tuple" and _repeats(entries):
                return _is_known(entries[0])
            wanted = {"list": 1, "dict": 2, "tuple": len(entries)}.get(container)
            return len(entries) == wanted and all(map(_is_known, entries))
    return False


def _as_literal(text: str, annotation: str, where: str) -> str:
    """`text` in Python's own spelling, without comments."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        value = ...
    if annotation == "str" and not isinstance(value, str):
        return _quoted(repr(text))  # --arg mode:str=mean needs no second quotes
    python = _OTHERWISE.get(text.lower())
    is_text = value is ... and not annotation and text.isidentifier()
    if is_text and (not python or text == "none"):  # which a reduction may be called
        return _quoted(repr(text))
    if type(value) not in (*SCALARS.values(), *CONTAINERS.values(), type(None)):
        raise ScaffoldError(
            f"the default {text!a} is no value that a config can give",
            where,
            (
                f"did you mean {python}?"
                if python
                else "a number, True, False, None, a quoted text, or a tuple, list or dict of these"
            ),
        )
    node = ast.parse(text, mode="eval")
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            part.kind = None  # the u of u"a"
    return _quoted(ast.unparse(node))


def _quoted(text: str) -> str:
    """A literal with black's quotes, but for one whose strings have quotes or escapes in them."""
    return text if '"' in text or "\\" in text else text.replace("'", '"')


def _guess_type(value: Any) -> str:
    name = type(value).__name__
    return name if name in SCALARS else _BARE.get(name, "Any")


def _fits(value: Any, node: ast.expr | None) -> bool:
    match node:
        case ast.Name(id="Any"):
            return True
        case ast.Name(id="float"):
            return type(value) in (int, float) and math.isfinite(value)
        case ast.Name(id=name):
            return type(value) is SCALARS[name]
        case ast.BinOp(left=left, right=right):
            return _fits(value, left) or _fits(value, right)
        case ast.Subscript(value=ast.Name(id=container), slice=inside):
            same = type(value) is CONTAINERS[container]
            return same and _entries_fit(value, _entries(inside))
    return value is None


def _entries_fit(value: Any, types: Sequence[ast.expr]) -> bool:
    if isinstance(value, dict):
        return all(_fits(k, types[0]) and _fits(v, types[1]) for k, v in value.items())
    if isinstance(value, list) or _repeats(types):
        return all(_fits(entry, types[0]) for entry in value)
    return len(value) == len(types) and all(map(_fits, value, types))


def _start(node: ast.expr | None) -> str:
    match node:
        case ast.Name(id=name):
            return _START[name]
        case ast.BinOp(left=left):
            return _start(left)
        case ast.Subscript(value=ast.Name(id="list" | "dict" as container)):
            return {"list": "[]", "dict": "{}"}[container]
        case ast.Subscript(slice=inside):
            entries = _entries(inside)
            kept = () if _repeats(entries) else map(_start, entries)
            text = f"({''.join(f'{entry}, ' for entry in kept)})"
            return _quoted(ast.unparse(ast.parse(text)))
    return "None"
