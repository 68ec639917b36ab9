"""TextLoggerHook: lines on the console and in the log, numbers in `<time>.log.json`, a live bar on a terminal."""

from __future__ import annotations

import json
import numbers
import sys
import time
from abc import abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import torch
from tqdm import tqdm

from ..logging import LIVE
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

EVAL_ITERS = "eval_iter_num"
"""The entry with which an evaluation marks its results: how many batches it had."""
FIRST = ("loss", "lr", "eta", "time", "data_time", "memory")
"""What comes first in a line, so that a narrow terminal does not cut it off; seconds, and MiB."""


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


@HOOKS.register_module()
class TextLoggerHook(LoggerHook):
    """Logs the mean of what the steps reported, every `interval` iterations and at the end of an epoch.

    On a terminal a live bar stands for the lines of an epoch, and one line stays when it ends.

    Args:
        interval: iterations between two lines.
        ignore_last: no line for the iterations at the end of an epoch that fill no interval.
        by_epoch: the lines count in epochs.
        **kwargs: of `LoggerHook`.
    """

    def __init__(
        self,
        interval: int = 10,
        ignore_last: bool = False,
        by_epoch: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(interval, ignore_last, by_epoch=by_epoch, **kwargs)
        self._bar: tqdm[Any] | None = None
        self._json_log: TextIO | None = None
        self._started = (0.0, 0)  # time and iteration at which the run began

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        self._started = (time.perf_counter(), runner.iter)
        if runner.rank > 0:
            return
        work_dir = Path(runner.work_dir)
        work_dir.mkdir(parents=True, exist_ok=True)
        path = work_dir / f"{runner.timestamp}.log.json"
        self._json_log = path.open("a", encoding="utf-8", buffering=1)  # by the line
        self._append(runner.meta)

    def before_epoch(self, runner: BaseRunner) -> None:
        super().before_epoch(runner)
        epochs = self.by_epoch
        self._bar = tqdm(
            total=len(runner.data_loader) if epochs else runner.max_iters,
            initial=runner.inner_iter if epochs else runner.iter,
            desc=f"Epoch {runner.epoch + 1}/{runner.max_epochs}" if epochs else "Iter",
            leave=False,
            disable=runner.rank > 0 or not sys.stderr.isatty(),
            bar_format="{desc} {bar:10} {n_fmt}/{total_fmt}{postfix}",
        )

    def after_train_iter(self, runner: BaseRunner) -> None:
        if self._bar is not None:
            self._bar.update()
            if runner.iter == self._started[1] and not self._bar.disable:
                # Of the first step, for an interval may be long.
                values = runner.outputs.get("log_vars", {})
                self._bar.set_postfix_str(
                    _format({name: float(value) for name, value in values.items()})
                )
        super().after_train_iter(runner)

    def after_val_iter(self, runner: BaseRunner) -> None:
        if self._bar is not None and self.by_epoch:
            self._bar.update()

    def after_train_epoch(self, runner: BaseRunner) -> None:
        self._close_bar()
        super().after_train_epoch(runner)

    def after_val_epoch(self, runner: BaseRunner) -> None:
        self._close_bar()
        super().after_val_epoch(runner)

    def after_run(self, runner: BaseRunner) -> None:
        self._close_bar()
        if self._json_log is not None:
            self._json_log.close()

    def log(self, runner: BaseRunner) -> None:
        if self.get_mode(runner) == "train":
            self._log_train(runner)
        else:
            self._log_val(runner)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _log_train(self, runner: BaseRunner) -> None:
        output = runner.log_buffer.output
        rates = runner.current_lr()
        lr = (
            {name: group[0] for name, group in rates.items()}
            if isinstance(rates, dict)
            else rates[0]
        )
        entry = {
            "mode": "train",
            "epoch": self.get_epoch(runner),
            "iter": self.get_iter(runner, inner_iter=True),
            "lr": lr,
        }
        if runner.device.type == "cuda":
            entry["memory"] = (
                torch.cuda.max_memory_allocated(runner.device) // 2**20
            )  # MiB
        self._append({**entry, **output})
        left = timedelta(seconds=round(self._seconds_left(runner)))
        rate = (
            ", ".join(f"{name} {value:.3e}" for name, value in lr.items())
            if isinstance(lr, dict)
            else f"{lr:.3e}"
        )
        shown = {**entry, **output, "lr": rate, "eta": left}
        order = [*FIRST, *(key for key in output if key not in FIRST)]
        numbers = _format({key: shown[key] for key in order if key in shown})
        line = f"{self._place(runner)}  {numbers}"
        runner.logger.info(line, extra=None if self.end_of_epoch(runner) else LIVE)
        if self._bar is not None:
            self._bar.set_postfix_str(numbers)

    def _place(self, runner: BaseRunner) -> str:
        if not self.by_epoch:
            return f"Iter [{runner.iter + 1}/{runner.max_iters}]"
        epoch = f"Epoch [{runner.epoch + 1}/{runner.max_epochs}]"
        return f"{epoch}[{runner.inner_iter + 1}/{len(runner.data_loader)}]"

    def _log_val(self, runner: BaseRunner) -> None:
        output = dict(runner.log_buffer.output)
        output.pop(EVAL_ITERS, None)
        epoch = self.get_epoch(runner)
        done = runner.position["iter"]
        self._append({"mode": "val", "epoch": epoch, "iter": done, **output})
        place = (
            f"Epoch(val) [{epoch}/{runner.max_epochs}]"
            if self.by_epoch
            else f"Iter(val) [{runner.iter + 1}/{runner.max_iters}]"
        )
        runner.logger.info("%s  %s", place, _format(output))

    def _seconds_left(self, runner: BaseRunner) -> float:
        """By the mean over the run so far, which has evaluation and checkpoints in it."""
        start, first = self._started
        done = runner.iter + 1 - first
        return (
            (time.perf_counter() - start) / done * (runner.max_iters - runner.iter - 1)
        )

    def _append(self, entry: dict[str, Any]) -> None:
        if self._json_log is not None:
            self._json_log.write(json.dumps(entry, default=str) + "\n")


def _format(output: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}"
        for name, value in output.items()
    )
