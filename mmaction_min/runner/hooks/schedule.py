"""ScheduleHook: when the rate or the momentum of every param group is set, by epoch or by iteration, with a warm-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .curves import format_param, require, warmup_factor
from .hook import Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

WARMUPS = ("constant", "linear", "exp")


def optimizers_of(runner: BaseRunner) -> dict[str, torch.optim.Optimizer]:
    """The runner's optimizers by their keys; one that is alone has the name of its class."""
    optimizer: Any = runner.optimizer
    if isinstance(optimizer, dict):
        return optimizer
    return {type(optimizer).__name__: optimizer}


def groups_of(runner: BaseRunner) -> Iterator[dict[str, Any]]:
    """The param groups of all optimizers, in their order."""
    for optimizer in optimizers_of(runner).values():
        yield from optimizer.param_groups


def values_of(
    runner: BaseRunner, param: float | Sequence[float] | Mapping[str, Any]
) -> list[float]:
    """What `format_param` gives for each optimizer, one after the other."""
    return [
        value
        for name, optimizer in optimizers_of(runner).items()
        for value in format_param(name, optimizer, param)
    ]


class ScheduleHook(Hook):
    """The base of `LrUpdaterHook` and `MomentumUpdaterHook`; policies derive from those two.

    By epoch, the regular values are set when an epoch begins, by iteration before each iteration. During the warm-up they are
    scaled before each iteration, so that a step within it shows. All follows from `runner.epoch` and `runner.iter`: a resumed
    run needs no state of this hook. On an `IterBasedRunner`, whose epochs begin without a call, `by_epoch=True` takes the new
    epoch with its first iteration (mmcv never sets anything there).

    Args:
        by_epoch: the policy's progress is counted in epochs, not in iterations.
        warmup: None, 'constant', 'linear' or 'exp'.
        warmup_iters: length of the warm-up, in iterations (or in epochs, see `warmup_by_epoch`).
        warmup_ratio: the factor at which the warm-up starts, in (0, 1].
        warmup_by_epoch: `warmup_iters` counts epochs.

    Raises:
        ArgumentError: (a ValueError) the warm-up's settings make no sense.
    """

    def __init__(
        self,
        by_epoch: bool,
        warmup: str | None,
        warmup_iters: int,
        warmup_ratio: float,
        warmup_by_epoch: bool = False,
    ) -> None:
        if warmup is not None:
            where = type(self).__name__
            kinds = ", ".join(WARMUPS)
            known = warmup in WARMUPS
            require(known, where, f"warmup is one of {kinds}, not {warmup!r}")
            above = (
                f"warmup_iters is above 0 where there is a warm-up, not {warmup_iters}"
            )
            require(warmup_iters > 0, where, above)
            ratio = f"warmup_ratio is in (0, 1], not {warmup_ratio}"
            require(0 < warmup_ratio <= 1, where, ratio)
        self.by_epoch = by_epoch
        self.warmup = warmup
        self.warmup_ratio = warmup_ratio
        self.warmup_by_epoch = warmup_by_epoch
        self.warmup_epochs = warmup_iters if warmup_by_epoch else None
        # In iterations, so not known before the first epoch where the config counts epochs.
        self.warmup_iters = None if warmup_by_epoch else warmup_iters
        self.regular: list[float] = []  # without warm-up, one for each param group
        self._epoch: int | None = None  # the one that `regular` is of, by epoch

    # ---- what the rate and the momentum do each in its own way

    def _regular(self, runner: BaseRunner) -> list[float]:
        raise NotImplementedError

    def _warmed_up(self, cur_iters: int) -> list[float]:
        raise NotImplementedError

    def _write(self, runner: BaseRunner, values: list[float]) -> None:
        raise NotImplementedError

    # ---- how far the run is

    def progress(self, runner: BaseRunner) -> int:
        """Epochs or iterations that are done, as `by_epoch` says."""
        return runner.epoch if self.by_epoch else runner.iter

    def max_progress(self, runner: BaseRunner) -> int:
        """Epochs or iterations of the whole run, as `by_epoch` says."""
        return runner.max_epochs if self.by_epoch else runner.max_iters

    def warmup_factor(self, cur_iters: int) -> float:
        """The factor of the warm-up at iteration `cur_iters` of the run."""
        done = cur_iters / (self.warmup_iters or 1)
        return warmup_factor(str(self.warmup), done, self.warmup_ratio)

    def warmup_length(self, runner: BaseRunner) -> int:
        """Iterations of the warm-up, 0 without one; known when an epoch of training runs."""
        if self.warmup is None:
            return 0
        if self.warmup_iters is None:
            self.warmup_iters = (self.warmup_epochs or 0) * len(runner.data_loader)
        return self.warmup_iters

    # ---- when the values are set

    def before_run(self, runner: BaseRunner) -> None:
        self._epoch = None
        if self.warmup_by_epoch:
            self.warmup_iters = None  # another run may have another loader

    def before_train_epoch(self, runner: BaseRunner) -> None:
        self.warmup_length(runner)  # policies may ask for `warmup_iters`
        if self.by_epoch:
            self._epoch = runner.epoch
            self.regular = self._regular(runner)
            self._write(runner, self.regular)

    def before_train_iter(self, runner: BaseRunner) -> None:
        length = self.warmup_length(runner)
        if not self.by_epoch:
            self.regular = self._regular(runner)
        elif self._epoch != runner.epoch:
            self.before_train_epoch(runner)
        if runner.iter < length:
            self._write(runner, self._warmed_up(runner.iter))
        elif not self.by_epoch or runner.iter == length:
            self._write(runner, self.regular)
