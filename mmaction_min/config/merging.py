"""One dict over another: a config over its base, and overrides over a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ConfigKeyError, ConfigTypeError
from .config_dict import ConfigDict

DELETE_KEY = "_delete_"

Keys = tuple[str, ...]
Place = Callable[[Keys], str]


def merge(
    child: Mapping[str, Any],
    base: Mapping[str, Any],
    *,
    allow_list_keys: bool = False,
    place: Place = lambda keys: "",
    keys: Keys = (),
) -> dict[str, Any]:
    """`child` over `base`: a dict goes into a dict, anything else replaces; `_delete_=True` drops the base's dict.

    `_delete_` is never kept (mmcv leaves it in where the base has no such key).

    Args:
        child: what is laid over; only read.
        base: what it is laid over; only read.
        allow_list_keys: a key of digits goes into a list of the base.
        place: where the child's entry of these keys stands, for messages.
        keys: the way to the two from the top.

    Raises:
        ConfigTypeError: a dict stands over something else than a dict, without `_delete_`.
        ConfigKeyError: there is no such entry in a list.
    """
    merged = dict(base)
    for key, value in child.items():
        way = (*keys, str(key))
        merged[key] = (
            _over(value, merged.get(key, {}), way, allow_list_keys, place)
            if isinstance(value, Mapping)
            else value
        )
    return merged


def _over(
    value: Mapping[str, Any], old: Any, keys: Keys, lists: bool, place: Place
) -> Any:
    """A dict over what the base has at these keys."""
    if value.get(DELETE_KEY, False):
        old = {}
    value = {key: entry for key, entry in value.items() if key != DELETE_KEY}
    if isinstance(old, Mapping):
        return merge(value, old, allow_list_keys=lists, place=place, keys=keys)
    if lists and isinstance(old, list):
        return _into_list(value, old, keys, place)
    what = (
        f"there is nothing below {old!r} to set"
        if lists
        else f"it is a dict here and {old!r} in the base"
    )
    raise ConfigTypeError(
        f"{'.'.join(keys)}: {what}",
        place(keys),
        f"put {DELETE_KEY}=True into the dict if it should replace it",
    )


def _into_list(
    value: Mapping[str, Any], old: list[Any], keys: Keys, place: Place
) -> list[Any]:
    """Entries by their numbers into a list."""
    new = list(old)
    for index, entry in value.items():
        if not str(index).isdigit() or int(index) >= len(new):
            raise ConfigKeyError(
                f"{'.'.join(keys)}: {index!r} is no index into a list of {len(new)}",
                place(keys),
                f"0 to {len(new) - 1}" if new else "",
            )
        i = int(index)
        new[i] = (
            _over(entry, new[i], (*keys, index), True, place)
            if isinstance(entry, Mapping)
            else entry
        )
    return new


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    result: dict[str, Any] = {}
    for dotted, value in options.items():
        *parents, last = dotted.split(".")
        node = result
        for key in parents:
            if not isinstance(node.get(key), dict):
                node[key] = ConfigDict()
            node = node[key]
        node[last] = value
    return result
