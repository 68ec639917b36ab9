"""LoggerHook: what all loggers derive from."""

from __future__ import annotations

import numbers
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..hook import Hook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner

EVAL_ITERS = "eval_iter_num"
"""The entry with which an evaluation marks its results: how many batches it had."""


class LoggerHook(Hook):
    """The base of loggers (mmcv/runner/hooks/logger/base.py): override `log`, which reads `runner.log_buffer.output`.

    Values stay on the device until one of the loggers asks for their mean, every `interval` iterations.

    Args:
        interval: iterations between two calls of `log`; each gets the mean over them.
        ignore_last: do not log the iterations at the end of an epoch that fill no interval.
        reset_flag: forget what was logged; the last of the loggers is given it.
        by_epoch: count the iterations within the epoch, not in the whole run.
    """

    def __init__(
        self,
        interval: int = 10,
        ignore_last: bool = True,
        reset_flag: bool = False,
        by_epoch: bool = True,
    ) -> None:
        self.interval = interval
        self.ignore_last = ignore_last
        self.reset_flag = reset_flag
        self.by_epoch = by_epoch

    @abstractmethod
    def log(self, runner: BaseRunner) -> None:
        """Write what is in `runner.log_buffer.output`; `get_mode` says of what. Called on rank 0 alone."""

    def before_run(self, runner: BaseRunner) -> None:
        loggers = [hook for hook in runner.hooks if isinstance(hook, LoggerHook)]
        loggers[-1].reset_flag = True
        # What no logger will ask for again need not be kept: an iteration's runner never clears it.
        runner.log_buffer.keep = max(hook.interval for hook in loggers)

    def before_epoch(self, runner: BaseRunner) -> None:
        if runner.by_epoch and runner.inner_iter == 0:
            runner.log_buffer.clear()  # a run that is resumed in its middle logs the mean over both parts

    def after_train_iter(self, runner: BaseRunner) -> None:
        count = runner.inner_iter + 1 if self.by_epoch else runner.iter + 1
        if self.interval > 0 and count % self.interval == 0:
            runner.log_buffer.average(self.interval)
        elif not self.ignore_last and self._is_over(runner):
            runner.log_buffer.average(count % self.interval)
        self._log_ready(runner)

    def _is_over(self, runner: BaseRunner) -> bool:
        return self.end_of_epoch(runner) if self.by_epoch else self.is_last_iter(runner)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        self._log_ready(runner)  # the results of the evaluation

    def after_val_epoch(self, runner: BaseRunner) -> None:
        runner.log_buffer.average()
        self._log_ready(runner)

    def _log_ready(self, runner: BaseRunner) -> None:
        if runner.log_buffer.ready:
            if runner.rank == 0:
                self.log(runner)
            if self.reset_flag:
                runner.log_buffer.clear_output()

    @staticmethod
    def is_scalar(
        val: object, include_np: bool = True, include_torch: bool = True
    ) -> bool:
        """Whether the value is one number: Python's, or an array or a tensor of one element."""
        return (
            isinstance(val, numbers.Number)
            or (include_np and isinstance(val, np.ndarray) and val.ndim == 0)
            or (include_torch and isinstance(val, torch.Tensor) and val.numel() == 1)
        )

    def get_mode(self, runner: BaseRunner) -> str:
        """'train', or 'val' also for the results of an evaluation between the steps of training."""
        evaluated = EVAL_ITERS in runner.log_buffer.output or runner.epoch_done
        return "val" if runner.mode == "val" or evaluated else "train"

    def get_epoch(self, runner: BaseRunner) -> int:
        """The epoch that the values are of, counted from 1."""
        return runner.epoch + 1 if runner.mode == "train" else runner.epoch

    def get_iter(self, runner: BaseRunner, inner_iter: bool = False) -> int:
        """The iteration that runs, counted from 1, in its epoch if `inner_iter` and `by_epoch` say so."""
        return (runner.inner_iter if self.by_epoch and inner_iter else runner.iter) + 1

    def get_lr_tags(self, runner: BaseRunner) -> dict[str, float]:
        """`learning_rate`, of the first param group; one for each optimizer where there are several."""
        return _tags("learning_rate", runner.current_lr())

    def get_momentum_tags(self, runner: BaseRunner) -> dict[str, float]:
        """`momentum`, in the same way."""
        return _tags("momentum", runner.current_momentum())

    def get_loggable_tags(
        self,
        runner: BaseRunner,
        allow_scalar: bool = True,
        allow_text: bool = False,
        add_mode: bool = True,
        tags_to_skip: tuple[str, ...] = ("time", "data_time", EVAL_ITERS),
    ) -> dict[str, Any]:
        """What there is to log, under the names of dashboards: `train/loss`, `learning_rate`, `momentum`.

        Args:
            runner: the runner.
            allow_scalar: take numbers.
            allow_text: take texts.
            add_mode: put 'train/' or 'val/' before the names.
            tags_to_skip: names to leave out.
        """
        mode = f"{self.get_mode(runner)}/" if add_mode else ""
        tags = {
            f"{mode}{name}": value
            for name, value in runner.log_buffer.output.items()
            if name not in tags_to_skip
            and (allow_scalar or not self.is_scalar(value))
            and (allow_text or not isinstance(value, str))
        }
        return {**tags, **self.get_lr_tags(runner), **self.get_momentum_tags(runner)}


def _tags(name: str, values: Any) -> dict[str, float]:
    if isinstance(values, dict):
        return {f"{name}/{key}": of_groups[0] for key, of_groups in values.items()}
    return {name: values[0]}
