"""ConfigDict: the dicts of a config."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ..places import Origin, Places


class ConfigDict(dict[str, Any]):
    """A dict whose keys are attributes too, as are those of the dicts in it.

        cfg = ConfigDict(model=dict(backbone=dict(depth=50)))
        cfg.model.backbone.depth                 # 50

    Raises:
        AttributeError: a missing attribute, or an assignment to the name of a method: `cfg["items"] = ...` is meant.
        KeyError: a missing key.
    """

    __slots__ = ("_origin",)  # see places.py; no key

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.update(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"the config has no {name!r} here; it has {', '.join(map(str, self))}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(dict, name):
            raise AttributeError(f"{name!r} is a method: write cfg[{name!r}] = ...")
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self:
            raise AttributeError(name)
        del self[name]

    def __setitem__(self, key: str, value: Any) -> None:
        # One that is a part of a config stays that part: `cfg.a = cfg.b` shares it.
        shared = isinstance(value, ConfigDict)
        super().__setitem__(key, value if shared else _convert(value))

    def __copy__(self) -> ConfigDict:
        return self._like(dict(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> ConfigDict:
        return self._like(copy.deepcopy(dict(self), memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return ConfigDict, (dict(self),)

    def copy(self) -> ConfigDict:
        """A shallow copy."""
        return copy.copy(self)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of the key, which is set to the default if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set entries, as dict's does."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts, all the way down."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    def _like(self, content: dict[str, Any]) -> ConfigDict:
        new = ConfigDict()
        dict.update(new, content)  # as they are: they know their places
        if hasattr(self, "_origin"):
            object.__setattr__(new, "_origin", self._origin)
        return new


def to_config_dict(value: Any) -> Any:
    """A copy of a value with a new ConfigDict for each dict in it."""
    return _convert(value, copy.deepcopy)


def to_plain(value: Any) -> Any:
    """A value with a plain dict for each ConfigDict in it."""
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(to_plain(entry) for entry in value)
    return value


def mark(value: Any, places: Places, keys: tuple[str, ...] = ()) -> None:
    """Tell each dict below a value where it came from."""
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, ConfigDict):
        object.__setattr__(value, "_origin", Origin(places, keys))
        entries = value.items()
    elif isinstance(value, list | tuple):
        entries = enumerate(value)
    for key, entry in entries:
        mark(entry, places, (*keys, str(key)))


def _convert(value: Any, leaf: Any = lambda value: value) -> Any:
    if isinstance(value, Mapping):
        new = ConfigDict()
        for key, entry in value.items():
            dict.__setitem__(new, key, _convert(entry, leaf))
        return new
    if type(value) in (list, tuple):
        return type(value)(_convert(entry, leaf) for entry in value)
    return leaf(value)
