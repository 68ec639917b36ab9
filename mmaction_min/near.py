"""The word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(word: str, known: Iterable[str], n: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known words that are nearest, whatever the case."""
    lower = {each.lower(): each for each in sorted(known)}
    found = difflib.get_close_matches(word.lower(), lower, n=n, cutoff=cutoff)
    return [lower[each] for each in found]


def did_you_mean(
    word: str, known: Iterable[str], n: int = 1, cutoff: float = 0.6
) -> str:
    """`did you mean TSNHead?`, or nothing."""
    found = near(word, known, n, cutoff)
    return f"did you mean {', '.join(found)}?" if found else ""
