"""The picture of a confusion matrix, readable from 2 classes to 400."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .drawing import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NUMBERS_UP_TO = 20  # classes: above that, cells are too small for numbers
NAMES_UP_TO = 60
PAIRS, CLASSES = 25, 15  # that are listed where the axes have no room for names
LONGEST = 32  # characters of a name in the list


def draw_confusion(
    matrix: NDArray[np.int64], classes: Sequence[str] | None = None
) -> Figure:
    """Rows are true classes, columns predicted ones; a cell's shade is its share of the row.

    Up to 20 classes each cell has its per cent, up to 60 each row has its name; above, the axes have numbers, and
    beside them stand the pairs that are mixed up most often and the classes that are found least, by name.

    Args:
        matrix: (K, K), of `confusion_matrix`.
        classes: K names; the numbers of the classes by default.
    """
    size = len(matrix)
    names = [str(i) for i in range(size)] if classes is None else list(classes)
    total = matrix.sum(axis=1, keepdims=True)
    share = np.divide(matrix, total, out=np.zeros(matrix.shape), where=total > 0)
    if size <= NAMES_UP_TO:
        side = min(max(0.5 * size + 2.5, 4.5), 12.0)
        figure = new_figure(side + 1, side)
        ax = figure.subplots()
        _name_axes(ax, names)
    else:
        figure = new_figure(17, 12)
        ax, beside = figure.subplots(1, 2, width_ratios=(12, 4))
        _list_worst(beside, matrix, names)
    _shade(figure, ax, share)
    correct = np.trace(matrix) / max(matrix.sum(), 1)
    ax.set_title(f"{matrix.sum()} samples, {correct:.1%} right")
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    return figure


def _shade(figure: Figure, ax: Axes, share: NDArray[np.float64]) -> None:
    """The cells, with numbers where there is room; without them, roots of the shares, so that few per cent are seen."""
    from matplotlib.colors import PowerNorm

    numbers = len(share) <= NUMBERS_UP_TO
    norm = PowerNorm(1.0 if numbers else 0.5, vmin=0, vmax=1)
    image = ax.imshow(share, cmap="Blues", norm=norm, interpolation="nearest")
    bar = figure.colorbar(image, ax=ax, shrink=0.75, pad=0.02)
    bar.set_label("share of the true class, %")
    ticks = [0, 20, 40, 60, 80, 100] if numbers else [0, 5, 10, 20, 40, 60, 80, 100]
    bar.set_ticks([tick / 100 for tick in ticks], labels=[str(tick) for tick in ticks])
    bar.minorticks_off()
    if not numbers:
        return
    for (row, column), value in np.ndenumerate(share):
        if value > 0:
            color = "white" if value > 0.5 else "black"
            text = f"{100 * value:.0f}"
            ax.text(column, row, text, color=color, ha="center", va="center")


def _name_axes(ax: Axes, names: Sequence[str]) -> None:
    font = min(10, 480 / len(names))
    ax.set_yticks(range(len(names)), labels=list(names), fontsize=font)
    ax.set_xticks(range(len(names)), labels=list(names), fontsize=font)
    if max(map(len, names)) > 3:
        turn = 90 if len(names) > NUMBERS_UP_TO else 45
        for label in ax.get_xticklabels():
            label.set(rotation=turn, ha="right", va="center", rotation_mode="anchor")


def _list_worst(ax: Axes, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    """The largest cells beside the diagonal, and the rows that have the least on it."""
    short = [name if len(name) <= LONGEST else f"{name[:LONGEST]}…" for name in names]
    wrong = matrix * (1 - np.eye(len(matrix), dtype=np.int64))
    total, right = matrix.sum(axis=1), matrix.diagonal()
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    pairs = [
        f"{wrong[i, j]} of {total[i]}   {short[i]} ({i}) → {short[j]} ({j})"
        for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[i, j]
    ]
    recall = np.where(total > 0, right / np.maximum(total, 1), 2)  # 2: not there
    classes = [
        f"{right[i]} of {total[i]}   {short[i]} ({i})"
        for i in np.argsort(recall, kind="stable")[:CLASSES]
        if total[i]
    ]
    lines = ["Mixed up most often (true → predicted)", "", *pairs, "", ""]
    lines += ["Found least often", "", *classes]
    ax.set_axis_off()
    ax.text(
        *(0, 1, "\n".join(lines)),
        va="top",
        fontsize=8.5,
        linespacing=1.5,
        transform=ax.transAxes,
    )
