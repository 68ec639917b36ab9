"""The orders that people and isort keep their names in, and the place of a new name in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise

from ..style import Style

Key = tuple[str | int, ...]
Order = Callable[[str], Key]


def natural(name: str) -> Key:
    """Digits count as numbers: `resnet18` before `resnet101`."""
    pieces = re.split(r"(\d+)", name)
    return tuple(int(piece) if at % 2 else piece for at, piece in enumerate(pieces))


def folded(name: str) -> Key:
    """Upper and lower case alike, digits as numbers."""
    return natural(name.lower())


def by_type(name: str, within: Order = folded) -> Key:
    """CONSTANTS, then Classes, then functions; each in folded order. This is isort's own order."""
    constant = name.isupper() and len(name) > 1
    return (0 if constant else 1 if name[:1].isupper() else 2, *within(name))


def by_capital(name: str) -> Key:
    """Classes, then functions; each in folded order. `TSN` is a class like any other."""
    return (0 if name[:1].isupper() else 1, *folded(name))


def plain(name: str) -> Key:
    """By code point, as `sorted` does."""
    return (name,)


# isort's own order first for what an import names, the one that knows no constants for `__all__`.
IMPORT_ORDERS: tuple[Order, ...] = (by_type, folded, natural, plain)
LIST_ORDERS: tuple[Order, ...] = (by_capital, *IMPORT_ORDERS)
MODULE_ORDERS: tuple[Order, ...] = (folded, natural, plain)
# Modules are nearly in order if no more than one in ten is astray.
NEARLY = 0.9


def sort_name(level: int, module: str | None) -> str:
    """isort's key of a module: with the underscore, `..a` sorts before `.a`, and `. import` before both of its kind."""
    return "." * level + "_" + (module or "")


def name_orders(style: Style) -> tuple[Order, ...]:
    """The orders of the names in an import, the stated one first."""
    within = natural if style.by_case else folded
    stated = partial(by_type, within=within) if style.by_type else within
    return (stated, *IMPORT_ORDERS)


def module_orders(style: Style) -> tuple[Order, ...]:
    """The orders of the modules' sort names, the stated one first."""
    within = natural if style.by_case else folded

    def by_line(name: str) -> Key:
        return within(name.replace("_", "", 1) + " import")

    return (by_line if style.by_line else within, *MODULE_ORDERS)


def kept_order(names: Sequence[str], orders: Sequence[Order]) -> Order | None:
    """The first of some orders that names are in, or None."""
    return next((order for order in orders if _ascending(names, order)), None)


def place(names: Sequence[str], new: str, orders: Sequence[Order]) -> int:
    """Where a new name belongs: in the order that the others keep; at the end, if they keep none."""
    order = kept_order(names, orders)
    return len(names) if order is None else bisect_right(names, order(new), key=order)


def place_nearly(names: Sequence[str], new: str, orders: Sequence[Order]) -> int:
    """The same where a few of the others are astray: there, a new name goes where it passes the fewest."""
    order = orders[0]
    keys, key = [order(name) for name in names], order(new)
    rising: list[Key] = []  # the lowest last key of a rising run, by its length
    for other in keys:
        at = bisect_right(rising, other)
        rising[at : at + 1] = [other]
    if kept_order(names, orders) or len(rising) < len(names) * NEARLY:
        return place(names, new, orders)
    passed = list(accumulate(((k > key) - (k < key) for k in keys), initial=0))
    return len(keys) - passed[::-1].index(min(passed))


def _ascending(names: Sequence[str], order: Order) -> bool:
    keys = [order(name) for name in names]
    return all(a <= b for a, b in pairwise(keys))
