"""The policies that end at a smallest rate: CosineAnnealing, LinearAnnealing, FlatCosineAnnealing, CosineRestart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ..curves import (
    annealing_cos,
    annealing_linear,
    annealing_target,
    check_fraction,
    check_one_minimum,
    get_position_from_periods,
    require,
)
from ..hook import HOOKS
from .base import LrUpdaterHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class CosineAnnealingLrUpdaterHook(LrUpdaterHook):
    """Half a cosine from the base rate to the smallest one, over the whole run.

    Args:
        min_lr: the smallest rate; give either this or `min_lr_ratio`.
        min_lr_ratio: the smallest rate as a part of the base rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) both or neither of the two are given.
    """

    def __init__(
        self,
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_one_minimum(type(self).__name__, "min_lr", min_lr, min_lr_ratio)
        self.min_lr = min_lr
        self.min_lr_ratio = min_lr_ratio

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        target = annealing_target(base_lr, self.min_lr, self.min_lr_ratio)
        done = self.progress(runner) / self.max_progress(runner)
        return annealing_cos(base_lr, target, done)


@HOOKS.register_module()
class LinearAnnealingLrUpdaterHook(LrUpdaterHook):
    """A straight line from the base rate to the smallest one, over the whole run.

    Args:
        min_lr: the smallest rate; give either this or `min_lr_ratio`.
        min_lr_ratio: the smallest rate as a part of the base rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) both or neither of the two are given.
    """

    def __init__(
        self,
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_one_minimum(type(self).__name__, "min_lr", min_lr, min_lr_ratio)
        self.min_lr = min_lr
        self.min_lr_ratio = min_lr_ratio

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        target = annealing_target(base_lr, self.min_lr, self.min_lr_ratio)
        done = self.progress(runner) / self.max_progress(runner)
        return annealing_linear(base_lr, target, done)


@HOOKS.register_module()
class FlatCosineAnnealingLrUpdaterHook(LrUpdaterHook):
    """The base rate, and from the part `start_percent` of the run on half a cosine to the smallest rate.

    Args:
        start_percent: in 0..1; the start is rounded to an epoch or iteration, a half to the even one.
        min_lr: the smallest rate; give either this or `min_lr_ratio`.
        min_lr_ratio: the smallest rate as a part of the base rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) `start_percent` is not in 0..1, or both or neither of the two are given.
    """

    def __init__(
        self,
        start_percent: float = 0.75,
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_one_minimum(type(self).__name__, "min_lr", min_lr, min_lr_ratio)
        check_fraction(type(self).__name__, "start_percent", start_percent)
        self.start_percent = start_percent
        self.min_lr = min_lr
        self.min_lr_ratio = min_lr_ratio

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        progress, length = self.progress(runner), self.max_progress(runner)
        start = round(length * self.start_percent)
        if progress < start:
            return base_lr
        target = annealing_target(base_lr, self.min_lr, self.min_lr_ratio)
        return annealing_cos(base_lr, target, (progress - start) / (length - start))


@HOOKS.register_module()
class CosineRestartLrUpdaterHook(LrUpdaterHook):
    """In every period half a cosine from a part of the base rate to the smallest rate.

    Args:
        periods: their lengths, in epochs or iterations; together at least the run's.
        restart_weights: the part at which each period starts.
        min_lr: the smallest rate; give either this or `min_lr_ratio`.
        min_lr_ratio: the smallest rate as a part of the base rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) there is not one weight for each period, or both or neither of the two are given.
        ConfigError: in `before_run`: the run is longer than the periods (mmcv trains until they are over).
    """

    def __init__(
        self,
        periods: Sequence[int],
        restart_weights: Sequence[float] = (1,),
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        where = type(self).__name__
        check_one_minimum(where, "min_lr", min_lr, min_lr_ratio)
        found = f"there are {len(periods)} periods and {len(restart_weights)} restart_weights"
        same = len(periods) == len(restart_weights)
        require(same, where, found, "give one weight for each period")
        positive = all(period > 0 for period in periods)
        require(positive, where, f"every period is above 0; they are {list(periods)}")
        self.periods = periods
        self.restart_weights = restart_weights
        self.min_lr = min_lr
        self.min_lr_ratio = min_lr_ratio
        self.cumulative_periods = list(accumulate(periods))

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if self.by_epoch and not runner.by_epoch:
            return  # how many epochs its iterations are is not known before its loader
        last = self.max_progress(runner) - 1
        get_position_from_periods(last, self.cumulative_periods)

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        progress = self.progress(runner)
        target = annealing_target(base_lr, self.min_lr, self.min_lr_ratio)
        index = get_position_from_periods(progress, self.cumulative_periods)
        begin = self.cumulative_periods[index] - self.periods[index]
        done = (progress - begin) / self.periods[index]
        return annealing_cos(base_lr, target, done, self.restart_weights[index])
