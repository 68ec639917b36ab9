"""The values of the command line: `--cfg-options optimizer.lr=0.01 data.train.pipeline.0.num_clips=4`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ..errors import BracketError, ConfigError

_PAIRS = {"[": "]", "(": ")"}


class DictAction(argparse.Action):
    """argparse's action for `KEY=VALUE` words, under mmcv's name; given twice, the option adds up.

    parser.add_argument("--cfg-options", nargs="+", action=DictAction)
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        words = [values] if isinstance(values, str) else list(values or [])
        known = getattr(namespace, self.dest, None) or {}
        setattr(namespace, self.dest, {**known, **parse_options(words)})


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """`--cfg-options` words to values: `a.b=1`, `a=[1,2]`, `a=(1,2)`, `a=1,2` (a list), `a=true`, `a=None`, `a=text`.

    Quotes make text of what is in them, spaces and all (mmcv drops both).

    Raises:
        ConfigError: a word has no `=`.
        BracketError: a value has a bracket too many.
    """
    options = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not all(key.split(".")):
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
    if "," in text or text[:1] in _PAIRS:
        parts = _split(text)
        if len(parts) > 1:
            return [_parse_value(part) for part in parts if part is not None]
        if _PAIRS.get(text[:1]) == text[-1:]:
            inner = [part for part in _split(text[1:-1]) if part is not None]
            values = [_parse_value(part) for part in inner]
            return values if text[0] == "[" else tuple(values)
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(
        text.lower(), None if text == "None" else text
    )


def _split(text: str) -> list[str | None]:
    """Split at the commas that stand in no bracket; None for nothing after the last one."""
    open_brackets: list[str] = []
    parts = [""]
    for char in text:
        if char in _PAIRS:
            open_brackets.append(_PAIRS[char])
        elif char in _PAIRS.values() and (
            not open_brackets or open_brackets.pop() != char
        ):
            raise BracketError(f"{text!r} closes a bracket too many", "--cfg-options")
        if char == "," and not open_brackets:
            parts.append("")
        else:
            parts[-1] += char
    if open_brackets:
        raise BracketError(
            f"{text!r} leaves a bracket open", "--cfg-options", "quote text: a=\"'[x'\""
        )
    last = parts.pop()
    return [*parts, last if last.strip() else None]
