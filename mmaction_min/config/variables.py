"""What a config may say in double braces, and what takes its place.

`{{ fileDirname }}`, `{{ fileBasename }}`, `{{ fileBasenameNoExtension }}`, `{{ fileExtname }}`
    of the file that they stand in, as text.
`{{ $NAME:default }}`
    the environment's NAME, as text.
`{{ _base_.model.backbone }}`
    a value of the bases; within a string, its text (there mmcv leaves a random word).
"""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigKeyError
from ..near import did_you_mean
from ..sources import display

_FILE = re.compile(r"\{\{\s*(file\w+)\s*\}\}")
_ENVIRONMENT = re.compile(r"\{\{\s*\$(\w+)\s*(?::\s*(.*?)\s*)?\}\}")
_BASE = re.compile(r"\{\{\s*_base_\.([\w.]+)\s*\}\}")


def has_variable(text: str) -> bool:
    """Whether reading this text from a file would change it."""
    return any(kind.search(text) for kind in (_FILE, _ENVIRONMENT, _BASE))


def fill_in(text: str, path: Path) -> str:
    """A file's text with the variables that stand for text filled in.

    Raises:
        ConfigKeyError: the environment lacks a variable that has no default.
    """
    values = {
        "fileDirname": path.parent.as_posix(),
        "fileBasename": path.name,
        "fileBasenameNoExtension": path.stem,
        "fileExtname": path.suffix,
    }

    def environment(match: re.Match[str]) -> str:
        value = os.environ.get(match[1], match[2])
        if value is None:
            raise ConfigKeyError(
                f"the environment has no {match[1]}",
                f"{display(path)}:{line_of(text, match)}",
                f"set it, or write {{{{ ${match[1]}:default }}}}",
            )
        return value

    text = _FILE.sub(lambda match: values.get(match[1], match[0]), text)
    return _ENVIRONMENT.sub(environment, text)


def line_of(text: str, match: re.Match[str]) -> int:
    """The line on which a match starts."""
    return text.count("\n", 0, match.start()) + 1


def stand_in(text: str, suffix: str) -> tuple[str, dict[str, str]]:
    """A name in place of each `{{ _base_.key }}`, so that the text parses; and the key of each name."""
    names: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        name = f"__base_{len(names)}__"
        names[name] = match[1]
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        within_string = len(re.findall(r'(?<!\\)"', line)) % 2
        return f'"{name}"' if suffix == ".json" and not within_string else name

    return _BASE.sub(replace, text), names


def base_values(
    names: Mapping[str, str], base: Mapping[str, Any], text: str, path: Path
) -> dict[str, Any]:
    """The bases' value for each name, each a copy of its own.

    Raises:
        ConfigKeyError: the bases have no such key.
    """
    values = {}
    for name, match in zip(names, _BASE.finditer(text), strict=True):
        value: Any = base
        for key in match[1].split("."):
            try:
                value = value[int(key) if isinstance(value, list | tuple) else key]
            except (KeyError, IndexError, TypeError, ValueError):
                known = (
                    [str(each) for each in value] if isinstance(value, Mapping) else []
                )
                raise ConfigKeyError(
                    f"the bases have no {match[1]}: {key!r} is not there",
                    f"{display(path)}:{line_of(text, match)}",
                    did_you_mean(key, known),
                ) from None
        values[name] = copy.deepcopy(value)
    return values


class FillStrings(ast.NodeTransformer):
    """Puts the text of the bases' values into the strings of a Python config."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """A string with a stand-in gets the text of the value."""
        if isinstance(node.value, str) and "__base_" in node.value:
            node.value = _as_text(node.value, self.values)
        return node


def fill_tree(node: Any, values: Mapping[str, Any]) -> Any:
    """The same for what JSON or YAML gave; a string that is a stand-in alone gets the value itself."""
    if isinstance(node, Mapping):
        return {key: fill_tree(value, values) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(fill_tree(value, values) for value in node)
    if isinstance(node, str):
        return values[node] if node in values else _as_text(node, values)
    return node


def _as_text(text: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"__base_\d+__", lambda m: str(values.get(m[0], m[0])), text)
