"""The policies that only fall: Fixed, Step, Exp, Poly, Inv."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..curves import check_step, steps_passed
from ..hook import HOOKS
from .base import LrUpdaterHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class FixedLrUpdaterHook(LrUpdaterHook):
    """The base rate, all the time."""

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        return base_lr


@HOOKS.register_module()
class StepLrUpdaterHook(LrUpdaterHook):
    """The base rate times `gamma` for every step that is passed.

    Args:
        step: one number (a step every so many epochs or iterations), or the rising list of where the steps are.
        gamma: the factor of each step.
        min_lr: the rate never falls below this.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ArgumentError: (a ValueError) `step` is neither a number nor a list, a step is not above 0, or the list falls.
    """

    def __init__(
        self,
        step: int | Sequence[int],
        gamma: float = 0.1,
        min_lr: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_step(type(self).__name__, step)
        self.step = step
        self.gamma = gamma
        self.min_lr = min_lr

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        lr = base_lr * self.gamma ** steps_passed(self.progress(runner), self.step)
        return lr if self.min_lr is None else max(lr, self.min_lr)


@HOOKS.register_module()
class ExpLrUpdaterHook(LrUpdaterHook):
    """The base rate times `gamma` to the power of the progress; `**kwargs` are those of `LrUpdaterHook`."""

    def __init__(self, gamma: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gamma = gamma

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        return float(base_lr * self.gamma ** self.progress(runner))


@HOOKS.register_module()
class PolyLrUpdaterHook(LrUpdaterHook):
    """From the base rate to `min_lr` over the run, as what is left of it to the power of `power`.

    Args:
        power: 1 is a straight line.
        min_lr: the rate at the end.
        **kwargs: of `LrUpdaterHook`.
    """

    def __init__(self, power: float = 1.0, min_lr: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.power = power
        self.min_lr = min_lr

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        left = 1 - self.progress(runner) / self.max_progress(runner)
        return float((base_lr - self.min_lr) * left**self.power + self.min_lr)


@HOOKS.register_module()
class InvLrUpdaterHook(LrUpdaterHook):
    """The base rate over `(1 + gamma * progress) ** power`; `**kwargs` are those of `LrUpdaterHook`."""

    def __init__(self, gamma: float, power: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gamma = gamma
        self.power = power

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        growth = 1 + self.gamma * self.progress(runner)
        return float(base_lr * growth ** (-self.power))
