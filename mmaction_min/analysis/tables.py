"""Tables of text."""

from __future__ import annotations

from collections.abc import Sequence


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need be; what has a digit first stands at the right, like numbers.

    Args:
        header: a title for each column; a column without any entry is left out.
        rows: the entries.
    """
    columns = [
        [title, *entries]
        for title, *entries in zip(header, *rows, strict=True)
        if any(entries)
    ]
    aligned = []
    for column in columns:
        width = max(map(len, column))
        right = all(not entry or entry[0].isdigit() for entry in column[1:])
        aligned.append(
            [entry.rjust(width) if right else entry.ljust(width) for entry in column]
        )
    lines = ["  ".join(line).rstrip() for line in zip(*aligned, strict=True)]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def in_units(number: float, unit: str = "") -> str:
    """Three digits and a prefix, for counts: `14.6 GFLOPs`, `512`."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * factor:  # which is written as 1
            return f"{number / factor:.3g} {prefix}{unit}"
    return f"{number:.3g} {unit}".rstrip()
