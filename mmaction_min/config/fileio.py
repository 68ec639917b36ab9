"""`load` and `dump` of JSON, YAML and pickle files, under mmcv's names."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import IO, Any

from ..errors import ConfigFileError, ConfigTypeError
from .reading import yaml_loader

FORMATS = ("json", "yaml", "yml", "pkl", "pickle")
_PICKLED = {
    ("collections", "OrderedDict"),
    ("mmaction_min.config.config", "Config"),
    ("mmaction_min.config.config_dict", "ConfigDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}


class _Unpickler(pickle.Unpickler):
    """Data alone: what a pickle would call, or import, is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PICKLED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which is no data")
        return super().find_class(module, name)


def load(file: str | Path | IO[Any], file_format: str | None = None) -> Any:
    """What a JSON, YAML or pickle file holds. A pickle may hold plain values, arrays and configs, and runs nothing.

    Raises:
        ConfigFileError: the format is not known, or the pickle holds code.
        OSError: the file cannot be read.
    """
    kind = _format_of(file, file_format)
    if isinstance(file, str | Path):
        if kind in ("pkl", "pickle"):
            with open(file, "rb") as stream:
                return load(stream, kind)
        with open(file, encoding="utf-8") as stream:
            return load(stream, kind)
    if kind == "json":
        return json.load(file)
    if kind in ("yaml", "yml"):
        import yaml

        return yaml.load(file, yaml_loader())
    try:
        return _Unpickler(file).load()
    except pickle.UnpicklingError as e:
        raise ConfigFileError(
            f"the pickle is not read: {e}", getattr(file, "name", "")
        ) from e


def dump(
    obj: Any, file: str | Path | None = None, file_format: str | None = None
) -> Any:
    """Write an object to a file, or give its text (of a pickle, the bytes) where no file is named.

    Raises:
        ConfigFileError: the format is not known.
        OSError: the file cannot be written.
    """
    kind = _format_of(file, file_format)
    content: str | bytes
    if kind == "json":
        content = json.dumps(obj, default=_as_list)
    elif kind in ("yaml", "yml"):
        import yaml

        content = yaml.dump(obj, sort_keys=False)
    else:
        content = pickle.dumps(obj)
    if file is None:
        return content
    data = content.encode() if isinstance(content, str) else content
    Path(file).write_bytes(data)
    return None


def _as_list(value: Any) -> list[Any]:
    """What JSON has for a range or a set."""
    if isinstance(value, range | set | frozenset):
        return list(value)
    raise ConfigTypeError(f"{value!r} cannot be written into a JSON file")


def _format_of(file: object, file_format: str | None) -> str:
    kind = file_format or Path(str(getattr(file, "name", file))).suffix[1:]
    if kind not in FORMATS:
        raise ConfigFileError(
            f"{kind!r} is no format for data",
            str(file or ""),
            f"one of {', '.join(FORMATS)}",
        )
    return kind
