"""Config: what a config file says, to read and to override."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigFileError, ConfigKeyError, ConfigTypeError
from ..places import Origin, Places
from .config_dict import ConfigDict, mark, to_config_dict
from .custom_imports import CUSTOM_KEY, import_custom
from .fileio import dump
from .merging import merge, nested
from .reading import SUFFIXES, Reading, read
from .writing import pretty

RESERVED = ("filename", "text", "pretty_text")


class Config(Mapping[str, Any]):
    """What a config file says, with the files that it inherits merged in.

    Args:
        cfg_dict: the content; copied.
        cfg_text: the text that it came from; by default that of the file.
        filename: where it came from, for messages; None if from no file.

    Raises:
        ConfigTypeError: the content is no mapping.
        ConfigKeyError: it has a key that is the name of an attribute: `filename`, `text`, `pretty_text`.
    """

    _cfg_dict: ConfigDict
    _filename: str | None
    _text: str

    def __init__(
        self,
        cfg_dict: Mapping[str, Any] | None = None,
        cfg_text: str | None = None,
        filename: str | Path | None = None,
    ) -> None:
        if cfg_dict is not None and not isinstance(cfg_dict, Mapping):
            raise ConfigTypeError(
                f"a config is made from a dict, not from {cfg_dict!r}"
            )
        for key in RESERVED:
            if key in (cfg_dict or {}):
                raise ConfigKeyError(f"{key} is a name that a config has for itself")
        if cfg_text is None:
            cfg_text = Path(filename).read_text(encoding="utf-8") if filename else ""
        self.__setstate__(
            (
                to_config_dict(cfg_dict or {}),
                str(filename) if filename else None,
                cfg_text,
            )
        )

    @classmethod
    def fromfile(
        cls,
        filename: str | Path,
        use_predefined_variables: bool = True,
        import_custom_modules: bool = True,
    ) -> Config:
        """Read a `.py`, `.json`, `.yaml` or `.yml` config and, first, the files that its `_base_` names (relative to it).

        What its `custom_imports` names is then imported, so that the registries know a project's own modules.

        Args:
            filename: the file.
            use_predefined_variables: fill in `{{ fileDirname }}` and the like, in the bases too (mmcv: not there).
            import_custom_modules: obey `custom_imports`.

        Raises:
            ConfigError: a file is missing, does not run, inherits from itself, or cannot be merged with its base;
                or what it wants imported cannot be.
        """
        reading = read(Path(filename), variables=use_predefined_variables)
        if import_custom_modules:
            import_custom(
                reading.content.get(CUSTOM_KEY),
                Places(reading.source).find((CUSTOM_KEY,)),
            )
        return cls._of(reading, str(filename))

    @classmethod
    def fromstring(cls, cfg_str: str, file_format: str) -> Config:
        """The config of a text; `_base_` in it is relative to the current folder.

        Args:
            cfg_str: the text.
            file_format: '.py', '.json', '.yaml' or '.yml'.

        Raises:
            ConfigError: as in `fromfile`.
        """
        if file_format not in SUFFIXES:
            raise ConfigFileError(f"{file_format!r} is none of {', '.join(SUFFIXES)}")
        if file_format != ".py" and "dict(" in cfg_str:
            warnings.warn(
                f"the text has dict(...): is it Python, and file_format={file_format!r} wrong?",
                stacklevel=2,
            )
        return cls._of(read(Path.cwd() / f"string{file_format}", text=cfg_str), None)

    @classmethod
    def _of(cls, reading: Reading, filename: str | None) -> Config:
        places = Places(reading.source)
        for key in RESERVED:
            if key in reading.content:
                raise ConfigKeyError(
                    f"{key} is a name that a config has for itself",
                    places.find((key,)),
                    "give it another name",
                )
        cfg = cls(reading.content, reading.source.all_text, None)
        object.__setattr__(cfg, "_filename", filename)
        mark(cfg._cfg_dict, places)
        return cfg

    @property
    def filename(self) -> str | None:
        """The file, as it was named; None if the config is from none."""
        return self._filename

    @property
    def text(self) -> str:
        """The text of the file and of all that it inherits."""
        return self._text

    @property
    def _origin(self) -> Origin | None:
        return getattr(self._cfg_dict, "_origin", None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_cfg_dict":
            raise AttributeError(name)  # of copy and pickle, before there is a state
        return getattr(self._cfg_dict, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._cfg_dict, name, value)

    def __getitem__(self, name: str) -> Any:
        return self._cfg_dict[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._cfg_dict[name] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._cfg_dict)

    def __len__(self) -> int:
        return len(self._cfg_dict)

    def __repr__(self) -> str:
        return f"Config (path: {self.filename}): {self._cfg_dict!r}"

    def __getstate__(self) -> tuple[ConfigDict, str | None, str]:
        return self._cfg_dict, self._filename, self._text

    def __setstate__(self, state: tuple[ConfigDict, str | None, str]) -> None:
        for name, value in zip(("_cfg_dict", "_filename", "_text"), state, strict=True):
            object.__setattr__(self, name, value)

    def __copy__(self) -> Config:
        return self._with(self._cfg_dict)

    def __deepcopy__(self, memo: dict[int, Any]) -> Config:
        return self._with(copy.deepcopy(self._cfg_dict, memo))

    def _with(self, content: ConfigDict) -> Config:
        other = type(self).__new__(type(self))
        other.__setstate__((content, self._filename, self._text))
        return other

    def merge_from_dict(
        self, options: Mapping[str, Any], allow_list_keys: bool = True
    ) -> None:
        """Override entries by dotted keys; a digit indexes a list, and a new key is added. A refusal changes nothing.

        Raises:
            ConfigTypeError: the path goes through a value that has no entries.
            ConfigKeyError: it goes past the end of a list.
        """
        merged = merge(
            nested(options),
            self._cfg_dict,
            allow_list_keys=allow_list_keys,
            place=lambda keys: f"--cfg-options {'.'.join(keys)}",
        )
        origin = self._origin
        object.__setattr__(self, "_cfg_dict", to_config_dict(merged))
        if origin is not None:
            origin.places.overrides.extend(options)
            mark(self._cfg_dict, origin.places)

    @property
    def pretty_text(self) -> str:
        """The config as Python assignments that read back to the same config."""
        return pretty(self._cfg_dict.to_dict())

    def dump(self, file: str | Path | None = None) -> str | None:
        """Write the config in the format of the file's suffix, or give its text in that of its own file.

        It reads back to the same config, but that JSON has lists for tuples and texts for keys that are numbers.

        Raises:
            ConfigTypeError: a value cannot be written.
            ConfigFileError: the suffix is of no format that is known.
        """
        suffix = Path(file or self.filename or "config.py").suffix
        if suffix != ".py":
            text: str | None = dump(self._cfg_dict.to_dict(), file, suffix[1:])
            return text
        if file is None:
            return self.pretty_text
        Path(file).write_text(self.pretty_text, encoding="utf-8")
        return None
