"""From a config to text that reads back to the same config."""

from __future__ import annotations

import keyword
import math
import sys
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ..errors import ConfigTypeError
from .variables import has_variable

WIDTH = 100
ATOMS = (complex, bytes, list, tuple, set, frozenset, range, slice)

Keys = tuple[str, ...]


def pretty(content: Mapping[str, Any]) -> str:
    """Python assignments, one for each key at the top.

    Raises:
        ConfigTypeError: a value cannot be written: a function made by `lambda`, an open file, ...
    """
    writer = _Writer()
    lines = []
    for key, value in content.items():
        if _is_name(key):
            text = writer.source(value, (key,), column=len(key) + 3)
            lines.append(f"{key} = {text}\n")
        else:  # JSON and YAML have such keys
            lines.append(f"globals().update({writer.source({key: value}, ())})\n")
    imports = [
        f"from {module} import {name}\n" for module, name in sorted(writer.imports)
    ]
    return "".join([*imports, *lines])


class _Writer:
    """Values as expressions; `imports` are the classes and functions that they name."""

    def __init__(self) -> None:
        self.imports: set[tuple[str, str]] = set()

    def source(self, value: Any, keys: Keys, column: int = 0, indent: int = 0) -> str:
        """An expression that starts in a column: on one line if it fits, else one entry a line."""
        flat = self.flat(value, keys)
        if column + len(flat) <= WIDTH or not _is_container(value):
            return flat
        opening, closing = _brackets(value)
        pad = " " * (indent + 4)
        lines = []
        for head, key, entry in self.entries(value, keys):
            at = len(pad) + len(head)
            text = self.source(entry, (*keys, str(key)), at, len(pad))
            lines.append(f"{pad}{head}{text},\n")
        return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"

    def flat(self, value: Any, keys: Keys) -> str:
        """An expression on one line."""
        if not _is_container(value):
            return self.atom(value, keys)
        opening, closing = _brackets(value)
        parts = [
            head + self.flat(entry, (*keys, str(key)))
            for head, key, entry in self.entries(value, keys)
        ]
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{opening}{', '.join(parts)}{comma}{closing}"

    def entries(self, value: Any, keys: Keys) -> list[tuple[str, Any, Any]]:
        """What stands before each entry, its key, and it."""
        if not isinstance(value, Mapping):
            return [("", i, entry) for i, entry in enumerate(value)]
        if _brackets(value)[0] == "dict(":
            return [(f"{key}=", key, entry) for key, entry in value.items()]
        return [
            (f"{self.flat(key, keys)}: ", key, entry) for key, entry in value.items()
        ]

    def atom(self, value: Any, keys: Keys) -> str:
        """A value that holds no others."""
        if isinstance(value, str):
            text = repr(str(value))
            if has_variable(value):  # as two strings it stays text
                text = text.replace("{{", f"{{{text[0]} {text[0]}{{")
            return text
        if isinstance(value, float):  # a NumPy number too
            finite = math.isfinite(value)
            return repr(float(value)) if finite else f'float("{value}")'
        if isinstance(value, int):  # an IntEnum too; a bool is one
            return repr(value if isinstance(value, bool) else int(value))
        if value is None or type(value) in ATOMS:
            return repr(value)
        if isinstance(value, PurePath):
            self.imports.add(("pathlib", type(value).__name__))
            return repr(value)
        name = getattr(value, "__qualname__", "")
        module = getattr(value, "__module__", "")
        if name and getattr(sys.modules.get(module), name, None) is value:
            self.imports.add((module, name))
            return str(name)
        raise ConfigTypeError(
            f"{'.'.join(keys)} is {value!r}, which cannot be written into a file",
            hint="give a name, a number, or a list or dict of them",
        )


def _is_container(value: Any) -> bool:
    return isinstance(value, Mapping) or (type(value) in (list, tuple) and bool(value))


def _brackets(value: Any) -> tuple[str, str]:
    if isinstance(value, Mapping):
        return ("dict(", ")") if all(map(_is_name, value)) else ("{", "}")
    return ("[", "]") if isinstance(value, list) else ("(", ")")


def _is_name(key: Any) -> bool:
    """Whether a key can be a name in Python; beyond ASCII that normalizes names, so that they change."""
    name = isinstance(key, str) and key.isascii() and key.isidentifier()
    return name and not keyword.iskeyword(key)
