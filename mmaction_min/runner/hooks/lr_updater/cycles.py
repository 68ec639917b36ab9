"""The policies that rise first: Cyclic, OneCycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....errors import ConfigError
from ..curves import (
    anneal_of,
    check_by_iteration,
    check_fraction,
    cycles_of,
    one_cycle_ends,
    phase_value,
    require,
)
from ..hook import HOOKS
from ..schedule import groups_of, values_of
from .base import LrUpdaterHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class CyclicLrUpdaterHook(LrUpdaterHook):
    """Cycles from the base rate up to a peak and down to a low, by iteration.

    Args:
        by_epoch: must be False.
        target_ratio: peak and low as multiples of the base rate; one number stands for it and its 1e5th part.
        cyclic_times: how many cycles the run has.
        step_ratio_up: the part of a cycle that goes up, in [0, 1).
        anneal_strategy: 'cos' or 'linear'.
        gamma: in (0, 1]: the distance of the peak from the base rate shrinks so with every cycle.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) one of them cannot be.
        ConfigError: in `before_run`: there are more cycles than iterations.
    """

    def __init__(
        self,
        by_epoch: bool = False,
        target_ratio: float | Sequence[float] = (10, 1e-4),
        cyclic_times: int = 1,
        step_ratio_up: float = 0.4,
        anneal_strategy: str = "cos",
        gamma: float = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(by_epoch, **kwargs)
        where = type(self).__name__
        check_by_iteration(where, by_epoch)
        self.cycles = cycles_of(
            where, target_ratio, cyclic_times, step_ratio_up, anneal_strategy, gamma
        )

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        self.cycles.check_run(type(self).__name__, runner.max_iters)

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        return self.cycles.value(base_lr, runner.iter, runner.max_iters)


@HOOKS.register_module()
class OneCycleLrUpdaterHook(LrUpdaterHook):
    """One cycle over the whole run: up from `max_lr / div_factor` to `max_lr`, and far down, by iteration.

    The rates that the optimizer was given are not used. The phases end at `pct_start * total - 1` and `total - 1`; in three
    phases at `pct_start * total - 1`, `2 * pct_start * total - 2` and `total - 1`.

    Args:
        max_lr: the peak; a number for all param groups, a list of one each, or a dict from an optimizer's name to these.
        total_steps: iterations of the cycle, at least the run's, which is the default.
        pct_start: the part of the cycle that goes up, in 0..1.
        anneal_strategy: 'cos' or 'linear'.
        div_factor: the first rate is `max_lr / div_factor`.
        final_div_factor: the last rate is the first one by this.
        three_phase: come down to the first rate as fast as it went up, and only then to the last one.
        **kwargs: of `LrUpdaterHook`; `by_epoch` must be False, and is.

    Raises:
        ArgumentError: (a ValueError) one of them cannot be.
        ConfigError: in `before_run`: the run is longer than `total_steps`, or `max_lr` does not fit its param groups.
    """

    def __init__(
        self,
        max_lr: float | Sequence[float] | Mapping[str, Any],
        total_steps: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"by_epoch": False, **kwargs})
        where = type(self).__name__
        check_by_iteration(where, self.by_epoch)
        values = isinstance(max_lr, int | float | list | tuple | Mapping)
        require(values, where, f"max_lr is a number, a list or a dict, not {max_lr!r}")
        whole = total_steps is None or isinstance(total_steps, int)
        require(whole, where, f"total_steps is a whole number, not {total_steps!r}")
        check_fraction(where, "pct_start", pct_start)
        self.max_lr = max_lr
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.anneal_func = anneal_of(where, anneal_strategy)
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
        self.three_phase = three_phase

    def before_run(self, runner: BaseRunner) -> None:
        total = self.total_steps
        if total is not None and total < runner.max_iters:
            raise ConfigError(
                f"the run has {runner.max_iters} iterations, and total_steps is {total}",
                type(self).__name__,
                "leave total_steps out: it is the length of the run then",
            )
        peaks = values_of(runner, self.max_lr)
        for group, peak in zip(groups_of(runner), peaks, strict=True):
            group.setdefault("initial_lr", peak / self.div_factor)
        super().before_run(runner)
        self.base_lr = [peak / self.div_factor for peak in peaks]

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        total = self.total_steps or runner.max_iters
        peak, last = base_lr * self.div_factor, base_lr / self.final_div_factor
        values = [base_lr, peak, *([base_lr] if self.three_phase else []), last]
        ends = one_cycle_ends(total, self.pct_start, self.three_phase)
        phases = list(zip(ends, values, values[1:], strict=False))
        return phase_value(runner.iter, phases, self.anneal_func)
