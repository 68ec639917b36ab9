"""From a file to what it says: Python, JSON and YAML, with the files that it inherits."""

from __future__ import annotations

import ast
import builtins
import copy
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

from ..errors import (
    ConfigError,
    ConfigFileError,
    ConfigKeyError,
    ConfigMissingError,
    ConfigSyntaxError,
    ConfigTypeError,
    EngineError,
)
from ..near import did_you_mean
from ..places import Places
from ..sources import Source, display
from .merging import merge
from .variables import FillStrings, base_values, fill_in, fill_tree, stand_in

SUFFIXES = (".py", ".json", ".yaml", ".yml")
BASE_KEY = "_base_"
DEPRECATION_KEY = "_deprecation_"
# What a Python file has beside its own values. (mmcv keeps classes, which it then cannot dump.)
_NO_VALUES = (ModuleType, FunctionType, BuiltinFunctionType, type, type(annotations))


class Reading(NamedTuple):
    """What a file says, and where."""

    content: dict[str, Any]
    source: Source


def read(
    path: Path,
    *,
    text: str | None = None,
    variables: bool = True,
    stack: tuple[Path, ...] = (),
    named_at: str = "",
) -> Reading:
    """Read a config and, first, the files that its `_base_` names (relative to it).

    Args:
        path: the file.
        text: its text, if that is known already.
        variables: fill in `{{ fileDirname }}` and the like, here and in the bases.
        stack: the files that wait for this one.
        named_at: where `_base_` names this one.

    Raises:
        ConfigError: a file is missing, does not parse or run, inherits from itself, or cannot be merged with its base.
    """
    path = Path(os.path.abspath(path.expanduser()))
    if path in stack:
        chain = " -> ".join(file.name for file in (*stack, path))
        raise ConfigError(f"the config inherits from itself: {chain}", named_at)
    raw = _text_of(path, named_at) if text is None else text
    filled = fill_in(raw, path) if variables else raw
    parsable, names = stand_in(filled, path.suffix)
    own = Source(str(path), raw, parsable, names)
    where = Places(own).find((BASE_KEY,))
    readings = [
        read(
            path.parent / name,
            variables=variables,
            stack=(*stack, path),
            named_at=where,
        )
        for name in _base_names(own, where)
    ]
    base = _union(readings, where)
    values = base_values(names, base, filled, path)
    content = _content(own, values)
    content.pop(BASE_KEY, None)
    _warn_if_deprecated(content.pop(DEPRECATION_KEY, None), own)
    source = Source(str(path), raw, parsable, names, tuple(r.source for r in readings))
    merged = merge(content, base, place=Places(own).find)
    return Reading(merged, source)


def _text_of(path: Path, named_at: str) -> str:
    if path.is_file() and path.suffix not in SUFFIXES:
        raise ConfigFileError(
            f"the config is no {', '.join(SUFFIXES)} file", named_at or display(path)
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        others = _configs_in(path.parent)
        hint = did_you_mean(path.name, others)
        if path.is_dir():
            inside = _configs_in(path)
            hint = f"give one of the files in it: {', '.join(inside)}" if inside else ""
        what = f"cannot be read ({getattr(e, 'strerror', None) or e})"
        raise ConfigMissingError(
            f"the base {display(path)} {what}" if named_at else f"the config {what}",
            named_at or display(path),
            hint,
        ) from e


def _configs_in(folder: Path) -> list[str]:
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [name for name in names if name.endswith(SUFFIXES)]


def _base_names(source: Source, where: str) -> list[str]:
    """What `_base_` names; found without running the file where it is a literal, as the rest may need the bases."""
    tree = source.tree
    if not isinstance(tree, ast.Module):
        content = _content(source, {name: name for name in source.stand_ins})
        names = content.get(BASE_KEY, [])
    elif BASE_KEY in source.assigned:
        try:
            names = ast.literal_eval(
                getattr(source.assigned[BASE_KEY], "value", None) or "[]"
            )
        except (
            ValueError
        ):  # an expression: run the file, with names for what the bases have
            content = _content(source, {name: name for name in source.stand_ins})
            names = content.get(BASE_KEY, [])
    else:
        return []
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list | tuple) or not all(
        isinstance(n, str) for n in names
    ):
        raise ConfigTypeError(f"`{BASE_KEY}` is a path or a list of paths", where)
    return list(names)


def _union(readings: Sequence[Reading], where: str) -> dict[str, Any]:
    """What all the bases say; that two say the same would hide one of them."""
    merged: dict[str, Any] = {}
    owner: dict[str, Source] = {}
    for content, source in readings:
        if twice := sorted(merged.keys() & content.keys()):
            places = [
                Places(each).find((twice[0],)) for each in (owner[twice[0]], source)
            ]
            raise ConfigKeyError(
                f"two of its bases define {', '.join(twice)}",
                where,
                f"{twice[0]} stands at {places[0]} and at {places[1]}; keep one of them",
            )
        merged.update(content)
        owner.update(dict.fromkeys(content, source))
    return merged


def _content(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    """What one file says by itself, with the bases' values in it."""
    if source.file.endswith(".py"):
        return _execute(source, values)
    content = fill_tree(_parse_data(source), values)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigTypeError(
            "the config is no mapping of keys to values", source.display
        )
    return content


def _parse_data(source: Source) -> Any:
    if source.file.endswith(".json"):
        try:
            return json.loads(source.text)
        except json.JSONDecodeError as e:
            raise _syntax_error(source, e.msg, e.lineno) from e
    import yaml

    try:
        return yaml.load(source.text, yaml_loader())
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        problem = getattr(e, "problem", None) or str(e)
        raise _syntax_error(source, problem, mark.line + 1 if mark else 1) from e


def yaml_loader() -> Any:
    """PyYAML's safe loader, that also knows the tuples and ranges which a dump has."""
    import yaml

    loader: Any = type("Loader", (yaml.SafeLoader,), {})
    for tag, kind in (("tuple", tuple), ("object/apply:builtins.range", _range)):
        loader.add_constructor(
            f"tag:yaml.org,2002:python/{tag}",
            lambda self, node, kind=kind: kind(
                self.construct_sequence(node, deep=True)
            ),
        )
    return loader


def _range(arguments: Sequence[int]) -> range:
    return range(*arguments)


def _syntax_error(source: Source, what: str, line: int | None) -> ConfigSyntaxError:
    lines = source.raw.splitlines()
    text = lines[line - 1].strip() if line and line <= len(lines) else ""
    return ConfigSyntaxError(
        f"There are syntax errors in config file {Path(source.file).name}: {what}",
        f"{source.display}:{line}" if line else source.display,
        f"the line is: {text[:100]}" if text else "",
    )


def _execute(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    """The names that a Python file leaves, without dunder names, modules, functions and classes."""
    try:
        tree = FillStrings(values).visit(ast.parse(source.text, source.file))
        code = compile(tree, source.file, "exec")
    except SyntaxError as e:
        raise _syntax_error(source, e.msg, e.lineno) from e
    except (ValueError, RecursionError, MemoryError) as e:  # NUL bytes, 5,000 brackets
        raise _syntax_error(source, str(e), None) from e
    namespace: dict[str, Any] = {"__file__": source.file, **copy.deepcopy(dict(values))}
    try:
        exec(code, namespace)
    except EngineError:
        raise  # of a config that this one reads; it says so
    except Exception as e:
        raise ConfigError(
            f"the config does not run: {type(e).__name__}: {e}",
            _place_in(source, e),
            _hint(e, namespace, source),
        ) from e
    return {
        key: value
        for key, value in namespace.items()
        if not str(key).startswith("__") and not isinstance(value, _NO_VALUES)
    }


def _place_in(source: Source, error: Exception) -> str:
    """The last line of the file that the error went through."""
    lines = [number for file, number in _frames(error) if file == source.file]
    return f"{source.display}:{lines[-1]}" if lines else source.display


def _frames(error: Exception) -> Iterator[tuple[str, int]]:
    tb = error.__traceback__
    while tb is not None:
        yield tb.tb_frame.f_code.co_filename, tb.tb_lineno
        tb = tb.tb_next


def _hint(error: Exception, namespace: Mapping[str, Any], source: Source) -> str:
    if not isinstance(error, NameError) or not error.name:
        return ""
    if BASE_KEY in source.assigned:
        return (
            did_you_mean(error.name, namespace)
            or f"a name of the base is written {{{{ {BASE_KEY}.{error.name} }}}}"
        )
    return did_you_mean(error.name, [*namespace, *dir(builtins)])


def _warn_if_deprecated(info: Any, source: Source) -> None:
    """`_deprecation_ = dict(expected='new.py', reference='https://...')` warns who reads the file."""
    if info is None:
        return
    known = info if isinstance(info, Mapping) else {}
    use = f"; use {known['expected']} instead" if "expected" in known else ""
    more = f" (see {known['reference']})" if "reference" in known else ""
    warnings.warn(
        f"the config {source.display} is deprecated{use}{more}",
        DeprecationWarning,
        stacklevel=4,
    )
