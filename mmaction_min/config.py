"""Config: Python files of plain assignments that inherit with `_base_`, in the language of mmcv 1.x.

    cfg = Config.fromfile("configs/tsm_r18_motion.py")
    cfg.model.backbone.depth                               # attribute or item access, as you like
    cfg.merge_from_dict({"optimizer.lr": 0.01, "data.train.pipeline.0.num_clips": 4})
    cfg.dump("work_dirs/run/config.py")                    # reads back to the same config

A config is code that you chose to run: only read files that you trust.
"""

from __future__ import annotations

import ast
import copy
import importlib
import pprint
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from .errors import ConfigError

BASE_KEY = "_base_"
DELETE_KEY = "_delete_"
CUSTOM_KEY = "custom_imports"
_BASE_VARIABLE = re.compile(r"\{\{\s*_base_\.([\w.]+)\s*\}\}")
_FILE_VARIABLE = re.compile(r"\{\{\s*(file\w+)\s*\}\}")


class ConfigDict(dict[str, Any]):
    """A dict whose keys are attributes too. A missing attribute is an AttributeError, a missing key a KeyError."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"the config has no {name!r} here; it has {', '.join(self)}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __deepcopy__(self, memo: dict[int, Any]) -> ConfigDict:
        return ConfigDict(
            {key: copy.deepcopy(value, memo) for key, value in self.items()}
        )


class Config(Mapping[str, Any]):
    """What a config file says, with the files that it inherits merged in.

    Args:
        cfg_dict: the content; copied.
        filename: where it came from, for messages.
    """

    def __init__(
        self, cfg_dict: Mapping[str, Any] | None = None, filename: str = ""
    ) -> None:
        self._cfg_dict: ConfigDict = _to_config_dict(cfg_dict or {})
        self.filename = filename

    @classmethod
    def fromfile(cls, filename: str | Path) -> Config:
        """Read a Python config and, first, the files that its `_base_` names (relative to it).

        What its `custom_imports` names is then imported, so that the registries know a project's own modules.

        Raises:
            ConfigError: a file is missing, does not run, inherits from itself, or cannot be merged with its base;
                or what it wants imported cannot be.
        """
        cfg = _read(Path(filename), ())
        _import_custom(cfg.get(CUSTOM_KEY), str(filename))
        return cls(cfg, str(filename))

    def __getattr__(self, name: str) -> Any:
        if (
            name.startswith("__") or name == "_cfg_dict"
        ):  # asked for by copy and pickle before __init__ ran
            raise AttributeError(name)
        return getattr(self._cfg_dict, name)

    def __getitem__(self, name: str) -> Any:
        return self._cfg_dict[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._cfg_dict[name] = _to_config_dict(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cfg_dict)

    def __len__(self) -> int:
        return len(self._cfg_dict)

    def __repr__(self) -> str:
        return f"Config({self.filename!r}): {dict(self._cfg_dict)!r}"

    def merge_from_dict(self, options: Mapping[str, Any]) -> None:
        """Override entries by dotted keys; a digit indexes a list, and a new key is added.

        Raises:
            ConfigError: the path goes through a value that has no entries, or past the end of a list.
        """
        merged = copy.deepcopy(self._cfg_dict)
        for key, value in options.items():
            _set(merged, key, _to_config_dict(value))
        self._cfg_dict = merged

    @property
    def pretty_text(self) -> str:
        """The config as Python assignments that read back to the same config."""
        return "".join(
            f"{key} = {pprint.pformat(_to_plain(value), width=100, sort_dicts=False)}\n"
            for key, value in self.items()
        )

    def dump(self, file: str | Path) -> None:
        """Write `pretty_text` to a file."""
        Path(file).write_text(self.pretty_text, encoding="utf-8")


def merge(
    child: Mapping[str, Any], base: Mapping[str, Any], where: str = ""
) -> dict[str, Any]:
    """`child` over `base`: a dict goes into a dict, anything else replaces; `_delete_=True` drops the base's dict.

    Raises:
        ConfigError: a dict stands over something else than a dict, without `_delete_`.
    """
    merged = dict(base)
    for key, value in child.items():
        path = f"{where}.{key}" if where else key
        if not isinstance(value, Mapping):
            merged[key] = value
        elif value.get(DELETE_KEY, False) or key not in base:
            merged[key] = merge(
                {k: v for k, v in value.items() if k != DELETE_KEY}, {}, path
            )
        elif isinstance(base[key], Mapping):
            merged[key] = merge(value, base[key], path)
        else:
            raise ConfigError(
                f"{path} is a dict here and {base[key]!r} in the base",
                hint=f"put {DELETE_KEY}=True into the dict if it should replace it",
            )
    return merged


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """`--cfg-options` words to values: `a.b=1`, `a=[1,2]`, `a=(1,2)`, `a=1,2` (a list), `a=true`, `a=None`, `a=text`.

    Raises:
        ConfigError: a word has no `=`.
    """
    options = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ConfigError(
                f"{pair!r} is no override",
                "--cfg-options",
                "write KEY=VALUE, such as optimizer.lr=0.01",
            )
        options[key] = _parse_value(text)
    return options


def _parse_value(text: str) -> Any:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    parts = _split(text)
    if len(parts) > 1:
        return [_parse_value(part) for part in parts]
    if text[:1] + text[-1:] in ("[]", "()"):
        values = [_parse_value(part) for part in _split(text[1:-1]) if part.strip()]
        return values if text[0] == "[" else tuple(values)
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(
        text.lower(), None if text == "None" else text
    )


def _split(text: str) -> list[str]:
    """Split at the commas that stand in no bracket."""
    depth, parts = 0, [""]
    for char in text:
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _read(path: Path, stack: tuple[Path, ...]) -> dict[str, Any]:
    path = path.resolve()
    if path in stack:
        chain = " -> ".join(file.name for file in (*stack, path))
        raise ConfigError(f"the config inherits from itself: {chain}", str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        by = f"named by `{BASE_KEY}` in {stack[-1]}" if stack else ""
        raise ConfigError(
            f"the config cannot be read ({getattr(e, 'strerror', None) or e})",
            str(path),
            by,
        ) from e
    base = _read_bases(_base_names(text, path), path, stack)
    return _merge_at(_execute(text, path, base), base, path)


def _read_bases(
    names: Sequence[str], path: Path, stack: tuple[Path, ...]
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in names:
        base = _read(path.parent / name, (*stack, path))
        if twice := merged.keys() & base.keys():
            raise ConfigError(
                f"two of its bases define {', '.join(sorted(twice))}", str(path)
            )
        merged.update(base)
    return merged


def _merge_at(
    child: Mapping[str, Any], base: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    try:
        return merge(child, base)
    except ConfigError as e:
        raise ConfigError(e.what, str(path), e.hint) from None


def _base_names(text: str, path: Path) -> list[str]:
    """`_base_`, found without running the file: `{{ _base_.x }}` in the rest of it needs the bases first."""
    try:
        tree = ast.parse(
            _BASE_VARIABLE.sub("None", _fill_in_file(text, path)), str(path)
        )
    except SyntaxError as e:
        raise ConfigError(
            f"the config is no valid Python: {e.msg}", f"{path}:{e.lineno}"
        ) from e
    for node in tree.body:
        if isinstance(node, ast.Assign) and [
            ast.unparse(target) for target in node.targets
        ] == [BASE_KEY]:
            try:
                names = ast.literal_eval(node.value)
            except ValueError:
                raise ConfigError(
                    f"`{BASE_KEY}` is a path or a list of paths",
                    f"{path}:{node.lineno}",
                ) from None
            return [names] if isinstance(names, str) else list(names)
    return []


def _fill_in_file(text: str, path: Path) -> str:
    values = {
        "fileDirname": str(path.parent),
        "fileBasename": path.name,
        "fileBasenameNoExtension": path.stem,
        "fileExtname": path.suffix,
    }
    return _FILE_VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _execute(text: str, path: Path, base: Mapping[str, Any]) -> dict[str, Any]:
    text = _BASE_VARIABLE.sub(r"__base__('\1')", _fill_in_file(text, path))
    namespace: dict[str, Any] = {
        "__file__": str(path),
        "__base__": lambda key: copy.deepcopy(_look_up(base, key)),
    }
    try:
        exec(compile(text, str(path), "exec"), namespace)
    except Exception as e:
        line = next(
            (
                f":{tb.tb_lineno}"
                for tb in _frames(e)
                if tb.tb_frame.f_code.co_filename == str(path)
            ),
            "",
        )
        raise ConfigError(
            f"the config does not run: {type(e).__name__}: {e}", f"{path}{line}"
        ) from e
    return {
        key: value
        for key, value in namespace.items()
        if not key.startswith("__")
        and key != BASE_KEY
        and not isinstance(value, ModuleType | FunctionType | type)
    }


def _frames(error: BaseException) -> Iterator[Any]:
    tb = error.__traceback__
    while tb is not None:
        yield tb
        tb = tb.tb_next


def _look_up(base: Any, key: str) -> Any:
    for part in key.split("."):
        base = base[part]
    return base


def _set(node: Any, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for part in parents:
        if isinstance(node, dict):
            node = node.setdefault(part, ConfigDict())
        else:
            node = _list_of(node, part, key)[int(part)]
    if isinstance(node, dict):
        node[last] = value
    else:
        _list_of(node, last, key)[int(last)] = value


def _list_of(node: Any, part: str, key: str) -> list[Any]:
    """`node`, if it is a list that has an entry number `part`."""
    if not isinstance(node, list):
        raise ConfigError(f"{key}: there is nothing below {node!r} to set")
    if not part.isdigit() or int(part) >= len(node):
        raise ConfigError(f"{key}: {part!r} is no index into a list of {len(node)}")
    return node


def _to_config_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ConfigDict({key: _to_config_dict(entry) for key, entry in value.items()})
    if isinstance(value, list | tuple):
        return type(value)(_to_config_dict(entry) for entry in value)
    return copy.deepcopy(value)


def _import_custom(custom: Any, where: str) -> None:
    """Import what `custom_imports = dict(imports=["my_project"], allow_failed_imports=False)` names."""
    if not custom:
        return
    known = {"imports": [], "allow_failed_imports": False}
    if not isinstance(custom, Mapping) or custom.keys() - known.keys():
        raise ConfigError(
            f"{CUSTOM_KEY} is {custom!r}",
            where,
            f"write {CUSTOM_KEY} = dict(imports=['my_project'], allow_failed_imports=False)",
        )
    imports, may_fail = ({**known, **custom}[key] for key in known)
    names = [imports] if isinstance(imports, str) else imports
    if not (isinstance(names, list | tuple) and all(isinstance(n, str) for n in names)):
        raise ConfigError(
            f"{CUSTOM_KEY}.imports is {imports!r}", where, "a name, or a list of names"
        )
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as e:
            if may_fail:
                warnings.warn(
                    f"{where}: {name} is left out: {e}", UserWarning, stacklevel=3
                )
                continue
            missing = getattr(e, "name", None) == name.partition(".")[0]
            hint = f"run the command in the folder that has {name.partition('.')[0]}/"
            raise ConfigError(
                f"{CUSTOM_KEY}: {name} cannot be imported: {e}",
                where,
                hint if missing else "",
            ) from e


def _to_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _to_plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_to_plain(entry) for entry in value)
    return value
