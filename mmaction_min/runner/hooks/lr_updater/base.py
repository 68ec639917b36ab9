"""LrUpdaterHook: what all learning-rate policies derive from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..schedule import ScheduleHook, groups_of

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


class LrUpdaterHook(ScheduleHook):
    """The base of all policies: override `get_lr`, and `lr_config=dict(policy='My', ...)` finds `MyLrUpdaterHook`.

    The rate of every param group is set from that group's own base rate, so that groups keep their ratios.

    Args:
        by_epoch: the policy's progress is counted in epochs, not in iterations.
        warmup: None, 'constant', 'linear' or 'exp': how the rate rises at the start, on top of the policy.
        warmup_iters: length of the warm-up, in iterations (or in epochs, see `warmup_by_epoch`).
        warmup_ratio: the warm-up starts at this part of the regular rate, in (0, 1].
        warmup_by_epoch: `warmup_iters` counts epochs.

    Raises:
        ArgumentError: (a ValueError) the warm-up's settings make no sense.
    """

    def __init__(
        self,
        by_epoch: bool = True,
        warmup: str | None = None,
        warmup_iters: int = 0,
        warmup_ratio: float = 0.1,
        warmup_by_epoch: bool = False,
    ) -> None:
        super().__init__(by_epoch, warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
        self.base_lr: list[float] = []  # one for each param group of each optimizer

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        """The regular rate, without warm-up, of a param group whose base rate is `base_lr`."""
        raise NotImplementedError

    @property
    def regular_lr(self) -> list[float]:
        """The regular rates that were computed last."""
        return self.regular

    def get_regular_lr(self, runner: BaseRunner) -> list[float]:
        """The regular rates now, one for each param group."""
        rates = {base: self.get_lr(runner, base) for base in set(self.base_lr)}
        return [rates[base] for base in self.base_lr]  # one a parameter may be hundreds

    def get_warmup_lr(self, cur_iters: int) -> list[float]:
        """The rates at iteration `cur_iters` of the warm-up."""
        factor = self.warmup_factor(cur_iters)
        return [lr * factor for lr in self.regular_lr]

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        for group in groups_of(runner):
            # A resumed optimizer has it already, and its `lr` is decayed.
            group.setdefault("initial_lr", group["lr"])
        self.base_lr = [group["initial_lr"] for group in groups_of(runner)]

    def _regular(self, runner: BaseRunner) -> list[float]:
        return self.get_regular_lr(runner)

    def _warmed_up(self, cur_iters: int) -> list[float]:
        return self.get_warmup_lr(cur_iters)

    def _write(self, runner: BaseRunner, values: list[float]) -> None:
        for group, lr in zip(groups_of(runner), values, strict=True):
            group["lr"] = lr
