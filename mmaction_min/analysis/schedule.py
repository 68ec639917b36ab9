"""The schedule of a config: rates and momenta of every iteration, by its own hooks, and their picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..runner import BaseRunner, Hook
from .drawing import LINES, line_style, new_figure, plain
from .param_groups import equal_groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ZOOM_BELOW = 0.1  # a warm-up that is a smaller part of the run gets a panel of its own


@dataclass(frozen=True)
class Schedule:
    """What the hooks did.

    Args:
        lr: of each kind of group, the rate of every iteration.
        momentum: the same for the momentum (of Adam, the first beta).
        groups: what each kind of group is, in words.
        iters_per_epoch: batches of an epoch.
        warmup_iters: iterations of the longest warm-up; 0 without.
    """

    lr: Sequence[Sequence[float]]
    momentum: Sequence[Sequence[float]]
    groups: Sequence[str]
    iters_per_epoch: int
    warmup_iters: int = 0


class _Recorder(Hook):
    """Keeps what the groups have when a step begins."""

    def __init__(self, kinds: int) -> None:
        self.lr: list[list[float]] = [[] for _ in range(kinds)]
        self.momentum: list[list[float]] = [[] for _ in range(kinds)]

    def before_train_iter(self, runner: BaseRunner) -> None:
        for values, value in zip(self.lr, runner.current_lr(), strict=True):
            values.append(value)
        for values, value in zip(self.momentum, runner.current_momentum(), strict=True):
            values.append(value)


def rehearse(
    runner: BaseRunner, iters_per_epoch: int, workflow: Sequence[tuple[str, int]]
) -> Schedule:
    """Run the hooks that set rates and momenta, in the runner's own loop, with steps that do nothing.

    Args:
        runner: of the config, with its hooks; it is of no use afterwards.
        iters_per_epoch: batches of an epoch.
        workflow: of the config; validation is left out.

    Raises:
        ConfigError: no hook sets anything.
    """
    setters: list[Any] = [
        hook
        for hook in runner.hooks
        if hasattr(hook, "get_lr") or hasattr(hook, "get_momentum")
    ]
    if not setters:
        raise ConfigError(
            "there is no schedule to draw: the config has no `lr_config`",
            hint="without one the rates stay as the optimizer has them",
        )
    bundles = [
        bundle
        for bundle in equal_groups(runner.optimizer, ("lr", "momentum", "betas"))
        if any(group["params"] for group in bundle)
    ]
    groups = [_in_words(bundle) for bundle in bundles]
    # Equal groups stay equal: one of each kind is enough.
    runner.optimizer.param_groups[:] = [bundle[0] for bundle in bundles]
    recorder = _Recorder(len(bundles))
    runner.hooks[:] = setters
    runner.register_hook(recorder, "LOWEST")
    runner.step = lambda batch: {}  # type: ignore[method-assign]
    times = [(mode, count) for mode, count in workflow if mode == "train"]
    runner.run([range(iters_per_epoch)] * len(times), times)
    warmups = [hook for hook in setters if getattr(hook, "warmup", None)]
    length = max((hook.warmup_iters for hook in warmups), default=0)
    return Schedule(
        recorder.lr,
        recorder.momentum,
        groups,
        iters_per_epoch,
        min(length, len(recorder.lr[0])),
    )


def _in_words(bundle: Sequence[dict[str, Any]]) -> str:
    count = sum(len(group["params"]) for group in bundle)
    return f"base {bundle[0]['lr']:g}: {count} tensor{'s' * (count > 1)}"


def draw_schedule(schedule: Schedule, title: str = "") -> Figure:
    """Rates above, momenta below where they change; a warm-up that the whole run hides has a panel of its own at the left.

    Args:
        schedule: of `rehearse`.
        title: above it all.
    """
    rows: list[tuple[str, Sequence[Sequence[float]]]] = [("learning rate", schedule.lr)]
    if any(len(set(curve)) > 1 for curve in schedule.momentum):
        rows.append(("momentum", schedule.momentum))
    total = len(schedule.lr[0])
    zoomed = 0 < schedule.warmup_iters < ZOOM_BELOW * total
    spans = [2 * schedule.warmup_iters, total] if zoomed else [total]
    figure = new_figure(7 + 4 * zoomed, 1.2 + 2.8 * len(rows))
    grid = figure.subplots(
        len(rows), len(spans), squeeze=False, width_ratios=[2, 3] if zoomed else None
    )
    for axes, (name, curves) in zip(grid, rows, strict=True):
        for ax, span in zip(axes, spans, strict=True):
            _draw_panel(ax, name, [curve[:span] for curve in curves], schedule)
    if zoomed:
        grid[0][0].set_title(f"first {spans[0]:,} iterations", fontsize="medium")
        grid[0][1].set_title("whole run", fontsize="medium")
    handles, labels = grid[0][-1].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(len(labels), 4 if zoomed else 2),
        frameon=False,
    )
    if title:
        figure.suptitle(title)
    return figure


def _draw_panel(
    ax: Axes, name: str, curves: Sequence[Sequence[float]], schedule: Schedule
) -> None:
    for number, (curve, group) in enumerate(zip(curves, schedule.groups, strict=True)):
        style: dict[str, Any] = line_style(number)
        style["linestyle"] = LINES[number % len(LINES)]  # shows the one that is below
        ax.plot(curve, **style, linewidth=1.6, label=group)
    if schedule.warmup_iters:
        ax.axvspan(0, schedule.warmup_iters, color="0.93", zorder=0, label="warm-up")
    plain(ax, "iteration", name)
    ax.set_xlim(0, len(curves[0]))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.yaxis.set_major_formatter("{x:g}")
    if name == "learning rate" and any(map(_falls_far, schedule.lr)):
        ax.set_yscale("log")
    elif name == "learning rate":
        ax.set_ylim(0, 1.05 * max(map(max, curves)) or 1)
    length = schedule.iters_per_epoch

    def to_epochs(x: Any) -> Any:
        return x / length

    def to_iters(x: Any) -> Any:
        return x * length

    epochs = ax.secondary_xaxis("top", functions=(to_epochs, to_iters))
    epochs.set_xlabel("epoch", fontsize="small")
    epochs.tick_params(labelsize="small")


def _falls_far(curve: Sequence[float]) -> bool:
    """Whether its end would lie on the axis: for a tenth of the run it is below a sixtieth of its top, as after two steps.

    A cosine is not: it is drawn as one.
    """
    return 0 < 60 * sorted(curve)[len(curve) // 10] < max(curve)
