"""Momentum hooks: `momentum_config = dict(policy='Cyclic', ...)` finds `CyclicMomentumUpdaterHook`.

Names, parameters and numbers are those of mmcv 1.7 (mmcv/runner/hooks/momentum_updater.py); the curves stand in `curves.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from .curves import (
    anneal_of,
    annealing_cos,
    annealing_linear,
    annealing_target,
    check_by_iteration,
    check_fraction,
    check_one_minimum,
    check_step,
    cycles_of,
    one_cycle_ends,
    phase_value,
    require,
    steps_passed,
)
from .hook import HOOKS
from .schedule import ScheduleHook, groups_of, optimizers_of, values_of

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


def momentum_of(group: Mapping[str, Any]) -> float:
    """The momentum of a param group, which for Adam's family is the first of its betas."""
    value: float = group["momentum"] if "momentum" in group else group["betas"][0]
    return value


class MomentumUpdaterHook(ScheduleHook):
    """The base of all policies: override `get_momentum`, and `momentum_config=dict(policy='My')` finds `MyMomentumUpdaterHook`.

    What is set is `momentum`, or the first of `betas` where a param group has no `momentum`.

    Args:
        by_epoch: the policy's progress is counted in epochs, not in iterations.
        warmup: None, 'constant', 'linear' or 'exp': how the momentum falls at the start, on top of the policy.
        warmup_iters: length of the warm-up, in iterations.
        warmup_ratio: the warm-up starts at the regular momentum divided by this, in (0, 1].

    Raises:
        ArgumentError: (a ValueError) the warm-up's settings make no sense.
        ConfigError: in `before_run`: the optimizer has neither `momentum` nor `betas` (in mmcv a KeyError 'betas').
    """

    def __init__(
        self,
        by_epoch: bool = True,
        warmup: str | None = None,
        warmup_iters: int = 0,
        warmup_ratio: float = 0.9,
    ) -> None:
        super().__init__(by_epoch, warmup, warmup_iters, warmup_ratio)
        self.base_momentum: list[float] = []  # one for each group of each optimizer

    def get_momentum(self, runner: BaseRunner, base_momentum: float) -> float:
        """The regular momentum, without warm-up, of a param group whose base momentum is `base_momentum`."""
        raise NotImplementedError

    @property
    def regular_momentum(self) -> list[float]:
        """The regular momenta that were computed last."""
        return self.regular

    def get_regular_momentum(self, runner: BaseRunner) -> list[float]:
        """The regular momenta now, one for each param group."""
        bases = set(self.base_momentum)
        momenta = {base: self.get_momentum(runner, base) for base in bases}
        return [momenta[base] for base in self.base_momentum]

    def get_warmup_momentum(self, cur_iters: int) -> list[float]:
        """The momenta at iteration `cur_iters` of the warm-up."""
        factor = self.warmup_factor(cur_iters)
        return [momentum / factor for momentum in self.regular_momentum]

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        for name, optimizer in optimizers_of(runner).items():
            if not all("momentum" in g or "betas" in g for g in optimizer.param_groups):
                raise ConfigError(
                    f"{name} has neither momentum nor betas",
                    type(self).__name__,
                    "leave momentum_config out, or take another optimizer",
                )
        self._begin(runner)

    def _begin(self, runner: BaseRunner) -> None:
        for group in groups_of(runner):
            # A resumed optimizer has it already, and its momentum is another by now.
            group.setdefault("initial_momentum", momentum_of(group))
        self.base_momentum = [group["initial_momentum"] for group in groups_of(runner)]

    def _regular(self, runner: BaseRunner) -> list[float]:
        return self.get_regular_momentum(runner)

    def _warmed_up(self, cur_iters: int) -> list[float]:
        return self.get_warmup_momentum(cur_iters)

    def _write(self, runner: BaseRunner, values: list[float]) -> None:
        for group, momentum in zip(groups_of(runner), values, strict=True):
            if "momentum" in group:
                group["momentum"] = momentum
            else:
                group["betas"] = (momentum, *group["betas"][1:])


@HOOKS.register_module()
class StepMomentumUpdaterHook(MomentumUpdaterHook):
    """The base momentum times `gamma` for every step that is passed.

    Args:
        step: one number (a step every so many epochs or iterations), or the rising list of where the steps are.
        gamma: the factor of each step.
        min_momentum: the momentum never falls below this.
        **kwargs: of `MomentumUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) `step` is neither a number nor a list, a step is not above 0, or the list falls.
    """

    def __init__(
        self,
        step: int | Sequence[int],
        gamma: float = 0.5,
        min_momentum: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_step(type(self).__name__, step)
        self.step = step
        self.gamma = gamma
        self.min_momentum = min_momentum

    def get_momentum(self, runner: BaseRunner, base_momentum: float) -> float:
        passed = steps_passed(self.progress(runner), self.step)
        momentum = base_momentum * self.gamma**passed
        low = self.min_momentum
        return momentum if low is None else max(momentum, low)


@HOOKS.register_module()
class CosineAnnealingMomentumUpdaterHook(MomentumUpdaterHook):
    """Half a cosine from the base momentum to the last one, over the whole run.

    Args:
        min_momentum: the last momentum; give either this or `min_momentum_ratio`.
        min_momentum_ratio: the last momentum as a part of the base one.
        **kwargs: of `MomentumUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) both or neither of the two are given.
    """

    def __init__(
        self,
        min_momentum: float | None = None,
        min_momentum_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = min_momentum, min_momentum_ratio
        check_one_minimum(type(self).__name__, "min_momentum", *given)
        self.min_momentum, self.min_momentum_ratio = given

    def get_momentum(self, runner: BaseRunner, base_momentum: float) -> float:
        low = self.min_momentum, self.min_momentum_ratio
        target = annealing_target(base_momentum, *low)
        done = self.progress(runner) / self.max_progress(runner)
        return annealing_cos(base_momentum, target, done)


@HOOKS.register_module()
class LinearAnnealingMomentumUpdaterHook(MomentumUpdaterHook):
    """A straight line from the base momentum to the last one, over the whole run.

    Args:
        min_momentum: the last momentum; give either this or `min_momentum_ratio`.
        min_momentum_ratio: the last momentum as a part of the base one.
        **kwargs: of `MomentumUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) both or neither of the two are given.
    """

    def __init__(
        self,
        min_momentum: float | None = None,
        min_momentum_ratio: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = min_momentum, min_momentum_ratio
        check_one_minimum(type(self).__name__, "min_momentum", *given)
        self.min_momentum, self.min_momentum_ratio = given

    def get_momentum(self, runner: BaseRunner, base_momentum: float) -> float:
        low = self.min_momentum, self.min_momentum_ratio
        target = annealing_target(base_momentum, *low)
        done = self.progress(runner) / self.max_progress(runner)
        return annealing_linear(base_momentum, target, done)


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
