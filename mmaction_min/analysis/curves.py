"""Learning curves: runs side by side, a panel for each number that they log."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .drawing import line_style, new_figure, plain
from .logs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOT_CURVES = frozenset(
    ["mode", "epoch", "iter", "time", "data_time", "memory", "eta", "step", "lr"]
)
"""What is no curve, or is drawn only if it is asked for."""
COLUMNS = 3
MEASURED: dict[str, Any] = dict(linewidth=1.8, marker="o", markersize=4, clip_on=False)
NAMES = {
    "lr": "learning rate of the first group",
    "time": "time of a step, s",
    "data_time": "wait for a batch, s",
    "memory": "peak memory, MiB",
    "grad_norm": "norm of the gradient",
}
"""The labels of axes whose keys do not say their unit."""


def choose_keys(runs: Sequence[Run], asked: Sequence[str] = ()) -> list[str]:
    """What is drawn: what is asked for, or the loss, the metrics, and the rate at the end.

    Raises:
        ConfigError: no run logged what is asked for.
    """
    known = list({key: 0 for run in runs for key in [*run.train, *run.val]})
    for key in asked:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            )
            raise ConfigError(f"no run logged {key!r}", "--keys", hint)
    if asked:
        return list(asked)
    measured = [key for run in runs for key in run.val]
    keys = [
        key for key in ["loss", *measured] if key in known and key not in NOT_CURVES
    ]
    return list(dict.fromkeys([*keys, *(["lr"] if "lr" in known else [])]))


def draw_curves(
    runs: Sequence[Run], keys: Sequence[str], *, smooth: int = 1, title: str = ""
) -> Figure:
    """A panel for each key, a colour for each run: thin for training, marked points for evaluations.

    Args:
        runs: what `read_run` gave.
        keys: what to draw.
        smooth: draw training as the mean over so many entries, and the entries themselves faintly behind.
        title: above it all.

    Raises:
        ConfigError: a run counts epochs and another one iterations.
    """
    if len({run.by_epoch for run in runs if run.train}) > 1:
        raise ConfigError(
            "some of the runs count epochs and others iterations",
            ", ".join(run.name for run in runs),
            "draw them apart",
        )
    columns = min(len(keys), COLUMNS)
    rows = -(-len(keys) // columns)
    figure = new_figure(max(3.6 * columns, 4.5), 2.9 * rows + 0.5)
    # The label of an axis keeps off the panel to its left.
    figure.set_layout_engine("constrained", w_pad=0.1)
    axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for ax, key in zip(axes, keys, strict=False):
        _draw_panel(ax, runs, key, smooth)
    for ax in axes[len(keys) :]:
        ax.remove()
    _legend(figure, runs, keys)
    if title:
        figure.suptitle(title)
    return figure


def _draw_panel(ax: Axes, runs: Sequence[Run], key: str, smooth: int) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for number, run in enumerate(runs):
        style: dict[str, Any] = line_style(number)
        # Runs often share their rate: the ones below are drawn wider, and show on both sides.
        same = [
            other
            for other in runs[number + 1 :]
            if other.train.get(key) == run.train.get(key)
        ]
        below = min(2.5 * len(same), 10) if key == "lr" else 0
        if key in run.train:
            xs, ys = run.train[key]
            if smooth > 1:
                ax.plot(xs, ys, **style, linewidth=0.8, alpha=0.2)
            measured = any(key in other.val for other in runs)
            alpha = 0.45 if measured else 1  # the evaluations are the message
            ax.plot(xs, _mean(ys, smooth), **style, linewidth=1 + below, alpha=alpha)
        if key in run.val:
            points = len(run.val[key][0])
            ax.plot(*run.val[key], **style, **MEASURED, markevery=-(-points // 12))
    by_epoch = all(run.by_epoch for run in runs)
    plain(ax, "epoch" if by_epoch else "iteration", NAMES.get(key, key))
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    if "acc" in key or "AR@" in key or key == "auc":
        whole = 100 if key == "auc" else 1  # ActivityNet's, in per cent as it is
        ax.set_ylim(0, whole)
        ax.yaxis.set_major_formatter(PercentFormatter(whole))
    elif key == "lr":
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter("{x:g}")


def _mean(values: Sequence[float], n: int) -> list[float]:
    """The running mean over the last `n` values (fewer at the start)."""
    return [
        sum(values[max(0, i - n + 1) : i + 1]) / min(n, i + 1)
        for i in range(len(values))
    ]


def _legend(figure: Figure, runs: Sequence[Run], keys: Sequence[str]) -> None:
    """Below all panels: the runs, and, where there are both, which lines are training and which evaluations."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], **line_style(number), label=run.name)  # type: ignore[arg-type]
        for number, run in enumerate(runs)
    ]
    if {key for run in runs for key in run.val} & {*keys}:
        handles += [
            Line2D([], [], color="0.4", linewidth=1, label="training"),
            Line2D([], [], color="0.4", **MEASURED, label="evaluation"),
        ]
    widths = [0.085 * len(str(handle.get_label())) + 0.6 for handle in handles]
    room = figure.get_figwidth()
    in_a_row = len(handles) if sum(widths) <= room else int(room / max(widths))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=max(1, in_a_row),
        frameon=False,
    )
