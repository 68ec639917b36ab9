"""The first export of a file that holds nothing but, perhaps, a docstring and comments."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..style import BLACK_WIDTH, HANGING_COMMA, Style
from .hand import Hand
from .imports import imports_of
from .order import name_orders
from .source import Edit, Source
from .statement import wrapped


def is_bare(source: Source) -> bool:
    """The file holds nothing but, perhaps, a docstring and comments."""
    return _statements(source) == 0


def furnish(source: Source, module: str, names: Sequence[str], style: Style) -> Edit:
    """Import names and open `__all__` with them, a blank line apart; in black's style where none is stated."""
    end = len(source.text)
    return Edit(end, end, _furniture(source.text, module, names, style))


def strip(
    source: Source, module: str, names: Sequence[str], style: Style
) -> Edit | None:
    """`furnish`, undone; None for a file that it did not make."""
    found = imports_of(source, module)
    if not found or _statements(source) != len(found) + 1:
        return None
    start, _ = source.span(found[0])
    for end in range(max(start - 2, 0), start + 1):
        header = source.text[:end]
        if header + _furniture(header, module, names, style) == source.text:
            return Edit(end, len(source.text), "")
    return None


def _statements(source: Source) -> int:
    return len(source.tree.body) - (ast.get_docstring(source.tree) is not None)


def _furniture(header: str, module: str, names: Sequence[str], style: Style) -> str:
    ordered = sorted(names, key=name_orders(style)[0])
    lines = [[name] for name in ordered] if style.single else [ordered]
    width, wrap = style.import_width or BLACK_WIDTH, style.wrap or HANGING_COMMA
    line = "\n".join(wrapped(module, line, width, wrap) for line in lines)
    head = "__all__ = "
    width = style.width or BLACK_WIDTH
    hand = Hand("[", "]", len(head), "    ", comma=False, width=width)
    entries = hand.write([f'"{name}"' for name in names])
    text = f"{line}\n\n{head}{entries}"
    if header and not header.endswith("\n"):
        return "\n\n" + text
    return ("\n" if header else "") + text + "\n"
