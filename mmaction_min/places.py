"""Where a key of a config stands: a dict that a config gave away knows its place, so that who builds from it can say it.

place_of(cfg.model.cls_head, "num_clases")        # "configs/my_head.py:12"
path_of(cfg.model.cls_head)                       # "model.cls_head"
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .sources import Keys, Source

FILES = (".csv", ".json", ".pkl", ".pth", ".py", ".txt", ".yaml", ".yml")


@dataclass
class Places:
    """The places of a config: its files, and what was overridden since."""

    source: Source
    overrides: list[str] = field(default_factory=list)

    def find(self, keys: Keys) -> str:
        """`file:line` of the keys, or of as many of them as are found."""
        dotted = ".".join(keys)
        for override in self.overrides:
            if f"{dotted}.".startswith(f"{override}."):
                return f"--cfg-options {override}"
        found = self.source.find(keys)
        if found.depth == 0:  # a new key
            for override in self.overrides:
                if dotted and override.startswith(f"{dotted}."):
                    return f"--cfg-options {override}"
        return f"{found.file}:{found.line}" if found.line else found.file


class Origin(NamedTuple):
    """What a dict of a config knows of where it came from."""

    places: Places
    keys: Keys


def origin_of(cfg: object) -> Origin | None:
    """Where a dict came from; None for one that no config file gave."""
    origin = getattr(cfg, "_origin", None)
    return origin if isinstance(origin, Origin) else None


def place_of(cfg: object, *keys: str) -> str:
    """`file:line` of an entry below a dict of a config, or of the dict; empty for one that no config file gave."""
    origin = origin_of(cfg)
    return origin.places.find((*origin.keys, *keys)) if origin else ""


def path_of(cfg: object) -> str:
    """The dotted key of a dict of a config; empty at the top, and for one that no config file gave."""
    origin = origin_of(cfg)
    return ".".join(origin.keys) if origin else ""


def place_of_error(
    error: BaseException, words: Sequence[str] = (), key: str = ""
) -> str:
    """Where the config stands that the innermost function had in hand when the error was raised.

    For code that takes a dict of a config apart and builds from a plain one, as is usual in this field. Where no
    function had a part of the config, the only place that has one of the words is meant, as a key or as a value.

    Args:
        error: the error, with its traceback.
        words: names that the error is about.
        key: of the config, dotted, where the error says it.
    """
    frames = []
    tb = error.__traceback__
    while tb is not None:
        frames.append(tb.tb_frame)
        tb = tb.tb_next
    root = None
    for frame in reversed(frames):
        dicts = {id(each): each for each in frame.f_locals.values() if origin_of(each)}
        parts = [each for each in dicts.values() if path_of(each)]
        if len(parts) == 1:  # of two, nobody knows which
            return place_of(parts[0], *[w for w in words if w in parts[0]][:1])
        if dicts and not parts:
            root = next(iter(dicts.values()))
    top = key.partition(".")[0]
    if isinstance(root, Mapping) and top in root:
        return place_of(root, *key.split("."))
    found = {place for word in words for place in _mentions(root, word)}
    return found.pop() if len(found) == 1 else ""


def locate(where: str, cfg: Mapping[str, Any]) -> str:
    """The place of an error that says none, or only a key of the config: `backbone.depth`."""
    if not where or not place_of(cfg):
        return where or place_of(cfg)
    keys = where.split(".")
    keys = keys if keys[0] in cfg else keys[-1:]
    place = place_of(cfg, *keys) if keys[0] in cfg else place_of(cfg)
    return f"{place}: {where}" if is_key(where) else where


def is_key(where: str) -> bool:
    """Whether the place of an error is a key of the config, or the name of a class, and no file."""
    is_file = os.path.exists(where) or where.endswith(FILES)
    return bool(re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", where)) and not is_file


def _mentions(node: Any, word: str) -> Iterator[str]:
    """The places of a word below a dict of a config, as a key or as a value."""
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, Mapping):
        entries = node.items()
    elif isinstance(node, list | tuple):
        entries = enumerate(node)
    for key, entry in entries:
        if origin_of(node) and (
            key == word or (isinstance(entry, str) and entry == word)
        ):
            yield place_of(node, str(key))
        yield from _mentions(entry, word)
