"""The policies that go from the base momentum to a last one: step, CosineAnnealing, LinearAnnealing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..curves import (
    annealing_cos,
    annealing_linear,
    annealing_target,
    check_one_minimum,
    check_step,
    steps_passed,
)
from ..hook import HOOKS
from .base import MomentumUpdaterHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


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
