"""MomentumUpdaterHook: what all momentum policies derive from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ....errors import ConfigError
from ..schedule import ScheduleHook, groups_of, optimizers_of

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


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
