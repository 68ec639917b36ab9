"""The policies that come back: Cyclic, OneCycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
from .base import MomentumUpdaterHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class CyclicMomentumUpdaterHook(MomentumUpdaterHook):
    """Cycles from the base momentum to the first target and then to the second, by iteration; the mirror of `CyclicLrUpdaterHook`.

    Args:
        by_epoch: must be False.
        target_ratio: the two targets as multiples of the base momentum; one number stands for it and its 1e5th part.
        cyclic_times: how many cycles the run has.
        step_ratio_up: the part of a cycle that goes to the first target, in [0, 1).
        anneal_strategy: 'cos' or 'linear'.
        gamma: in (0, 1]: the distance of the first target from the base momentum shrinks so with every cycle.
        **kwargs: of `MomentumUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) one of them cannot be.
        ConfigError: in `before_run`: there are more cycles than iterations.
    """

    def __init__(
        self,
        by_epoch: bool = False,
        target_ratio: float | Sequence[float] = (0.85 / 0.95, 1.0),
        cyclic_times: int = 1,
        step_ratio_up: float = 0.4,
        anneal_strategy: str = "cos",
        gamma: float = 1.0,
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

    def get_momentum(self, runner: BaseRunner, base_momentum: float) -> float:
        return self.cycles.value(base_momentum, runner.iter, runner.max_iters)


@HOOKS.register_module()
class OneCycleMomentumUpdaterHook(MomentumUpdaterHook):
    """One cycle over the whole run: from `max_momentum` to `base_momentum` and back, by iteration; against `OneCycleLrUpdaterHook`.

    The momentum that the optimizer was given is not used.

    Args:
        base_momentum: the lowest; a number for all param groups, a list of one each, or a dict from an optimizer's name to these.
        max_momentum: the highest, in the same forms.
        pct_start: the part of the cycle that goes down, in 0..1.
        anneal_strategy: 'cos' or 'linear'.
        three_phase: come back as fast as it went down, and stay there.
        **kwargs: of `MomentumUpdaterHook`; `by_epoch` must be False, and is.

    Raises:
        ArgumentError: (a ValueError) one of them cannot be.
        ConfigError: in `before_run`: a list or dict does not fit the param groups.
    """

    def __init__(
        self,
        base_momentum: float | Sequence[float] | Mapping[str, Any] = 0.85,
        max_momentum: float | Sequence[float] | Mapping[str, Any] = 0.95,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        three_phase: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"by_epoch": False, **kwargs})
        where = type(self).__name__
        check_by_iteration(where, self.by_epoch)
        for name, given in (("base", base_momentum), ("max", max_momentum)):
            what = f"{name}_momentum is a number, a list or a dict, not {given!r}"
            known = isinstance(given, int | float | list | tuple | Mapping)
            require(known, where, what)
        check_fraction(where, "pct_start", pct_start)
        self.lowest = base_momentum
        self.highest = max_momentum
        self.pct_start = pct_start
        self.anneal_func = anneal_of(where, anneal_strategy)
        self.three_phase = three_phase

    def _begin(self, runner: BaseRunner) -> None:
        self.base_momentum = values_of(runner, self.highest)
        lowest = values_of(runner, self.lowest)
        for group, high, low in zip(
            groups_of(runner), self.base_momentum, lowest, strict=True
        ):
            group["max_momentum"], group["base_momentum"] = high, low
        self._write(runner, self.base_momentum)

    def get_regular_momentum(self, runner: BaseRunner) -> list[float]:
        ranges = [(g["max_momentum"], g["base_momentum"]) for g in groups_of(runner)]
        momenta = {pair: self._momentum(runner, *pair) for pair in set(ranges)}
        return [momenta[pair] for pair in ranges]

    def _momentum(self, runner: BaseRunner, high: float, low: float) -> float:
        values = [high, low, high, *([high] if self.three_phase else [])]
        ends = one_cycle_ends(runner.max_iters, self.pct_start, self.three_phase)
        phases = list(zip(ends, values, values[1:], strict=False))
        return phase_value(runner.iter, phases, self.anneal_func)
