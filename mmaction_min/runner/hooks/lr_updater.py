"""Learning-rate hooks: each policy is a function of progress, so that a resumed run needs no schedule state.

Names, parameters and formulas are those of mmcv 1.7 (mmcv/runner/hooks/lr_updater.py); the warm-up of large batches is
arXiv 1706.02677, the cosine arXiv 1608.03983.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

WARMUPS = ("constant", "linear", "exp")


def warmup_factor(kind: str, progress: float, ratio: float) -> float:
    """What the regular rate is multiplied by during the warm-up.

    Args:
        kind: 'constant', 'linear' or 'exp'.
        progress: the part of the warm-up that is done, in 0..1.
        ratio: the factor at progress 0; at progress 1 it is 1, for 'constant' only after the warm-up.
    """
    if kind == "constant":
        return ratio
    if kind == "linear":
        return 1 - (1 - progress) * (1 - ratio)
    return float(ratio ** (1 - progress))


def annealing_target(
    base_lr: float, min_lr: float | None, min_lr_ratio: float | None
) -> float:
    """The rate at which an annealing ends: `min_lr`, or the part `min_lr_ratio` of the base rate.

    Raises:
        ValueError: both or neither of the two are given.
    """
    if min_lr is not None and min_lr_ratio is None:
        return min_lr
    if min_lr_ratio is not None and min_lr is None:
        return base_lr * min_lr_ratio
    raise ValueError("give one of min_lr and min_lr_ratio")


class LrUpdaterHook(Hook):
    """The base of all policies: override `get_lr`, and `lr_config=dict(policy='My', ...)` finds `MyLrUpdaterHook`.

    The rate of every param group is set from that group's own base rate, so that groups keep their ratios.

    Args:
        by_epoch: the policy's progress is counted in epochs, not in iterations.
        warmup: None, 'constant', 'linear' or 'exp': how the rate rises at the start, on top of the policy.
        warmup_iters: length of the warm-up, in iterations (or in epochs, see `warmup_by_epoch`).
        warmup_ratio: the warm-up starts at this part of the regular rate, in (0, 1].
        warmup_by_epoch: `warmup_iters` counts epochs.

    Raises:
        ValueError: the warm-up's settings make no sense.
    """

    def __init__(
        self,
        by_epoch: bool = True,
        warmup: str | None = None,
        warmup_iters: int = 0,
        warmup_ratio: float = 0.1,
        warmup_by_epoch: bool = False,
    ) -> None:
        if warmup is not None:
            if warmup not in WARMUPS:
                raise ValueError(
                    f"warmup is one of {', '.join(WARMUPS)}, not {warmup!r}"
                )
            if warmup_iters <= 0:
                raise ValueError(
                    f"warmup_iters is above 0 where there is a warm-up, not {warmup_iters}"
                )
            if not 0 < warmup_ratio <= 1:
                raise ValueError(f"warmup_ratio is in (0, 1], not {warmup_ratio}")
        self.by_epoch = by_epoch
        self.warmup = warmup
        self.warmup_iters = warmup_iters
        self.warmup_ratio = warmup_ratio
        self.warmup_by_epoch = warmup_by_epoch
        self.base_lr: list[float] = []  # one for each param group

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        """The regular rate, without warm-up, of a param group whose base rate is `base_lr`."""
        raise NotImplementedError

    def progress(self, runner: BaseRunner) -> int:
        """Epochs or iterations that are done, as `by_epoch` says."""
        return runner.epoch if self.by_epoch else runner.iter

    def max_progress(self, runner: BaseRunner) -> int:
        """Epochs or iterations of the whole run, as `by_epoch` says."""
        return runner.max_epochs if self.by_epoch else runner.max_iters

    def before_run(self, runner: BaseRunner) -> None:
        for group in runner.optimizer.param_groups:
            group.setdefault(
                "initial_lr", group["lr"]
            )  # a resumed optimizer has it, and its `lr` is decayed
        self.base_lr = [group["initial_lr"] for group in runner.optimizer.param_groups]

    def before_train_epoch(self, runner: BaseRunner) -> None:
        if self.by_epoch:
            self._set(runner, 1.0)

    def before_train_iter(self, runner: BaseRunner) -> None:
        length = self._warmup_length(runner)
        if self.warmup is not None and runner.iter < length:
            self._set(
                runner,
                warmup_factor(self.warmup, runner.iter / length, self.warmup_ratio),
            )
        elif not self.by_epoch or runner.iter == length:
            self._set(runner, 1.0)

    def _warmup_length(self, runner: BaseRunner) -> int:
        if self.warmup is None:
            return 0
        return self.warmup_iters * (
            len(runner.data_loader) if self.warmup_by_epoch else 1
        )

    def _set(self, runner: BaseRunner, factor: float) -> None:
        for group, base_lr in zip(
            runner.optimizer.param_groups, self.base_lr, strict=True
        ):
            group["lr"] = self.get_lr(runner, base_lr) * factor


@HOOKS.register_module()
class FixedLrUpdaterHook(LrUpdaterHook):
    """The base rate, all the time."""

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        return base_lr


@HOOKS.register_module()
class StepLrUpdaterHook(LrUpdaterHook):
    """The base rate times `gamma` for every step that is passed.

    Args:
        step: one number (a step every so many epochs or iterations), or the increasing list of where the steps are.
        gamma: the factor of each step.
        min_lr: the rate never falls below this.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ValueError: a step is not above 0.
    """

    def __init__(
        self,
        step: int | Sequence[int],
        gamma: float = 0.1,
        min_lr: float | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)  # type: ignore[arg-type]
        if any(value <= 0 for value in ([step] if isinstance(step, int) else step)):
            raise ValueError(f"every step is above 0; step is {step}")
        self.step = step
        self.gamma = gamma
        self.min_lr = min_lr

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        progress = self.progress(runner)
        if isinstance(self.step, int):
            passed = progress // self.step
        else:
            passed = next(
                (i for i, step in enumerate(self.step) if progress < step),
                len(self.step),
            )
        lr = base_lr * self.gamma**passed
        return lr if self.min_lr is None else max(lr, self.min_lr)


@HOOKS.register_module()
class CosineAnnealingLrUpdaterHook(LrUpdaterHook):
    """Half a cosine from the base rate to the smallest one, over the whole run.

    Args:
        min_lr: the smallest rate; give either this or `min_lr_ratio`.
        min_lr_ratio: the smallest rate as a part of the base rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ValueError: both or neither of the two are given.
    """

    def __init__(
        self,
        min_lr: float | None = None,
        min_lr_ratio: float | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        annealing_target(1.0, min_lr, min_lr_ratio)
        self.min_lr = min_lr
        self.min_lr_ratio = min_lr_ratio

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        target = annealing_target(base_lr, self.min_lr, self.min_lr_ratio)
        progress = self.progress(runner) / self.max_progress(runner)
        return target + (base_lr - target) * (1 + math.cos(math.pi * progress)) / 2
