"""TextLoggerHook: lines on the console and in the log, numbers in `<time>.log.json`, a live bar on a terminal."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tqdm import tqdm

from ..logging import LIVE
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..runner import EpochBasedRunner


@HOOKS.register_module()
class TextLoggerHook(Hook):
    """Logs the mean of what the steps reported, every `interval` iterations and at the end of an epoch.

    On a terminal a live bar stands for the lines of an epoch, and one line stays when it ends.

    Args:
        interval: iterations between two lines.
    """

    def __init__(self, interval: int = 10) -> None:
        self.interval = interval
        self._bar: tqdm[Any] | None = None
        self._json_log = Path()
        self._started = (0.0, 0)  # time and iteration at which the run began

    def before_run(self, runner: EpochBasedRunner) -> None:
        runner.work_dir.mkdir(parents=True, exist_ok=True)
        self._started = (time.perf_counter(), runner.iter)
        self._json_log = runner.work_dir / f"{time.strftime('%Y%m%d_%H%M%S')}.log.json"
        self._append(runner.meta)

    def before_epoch(self, runner: EpochBasedRunner) -> None:
        self._bar = tqdm(
            total=len(runner.data_loader),
            initial=runner.inner_iter,
            desc=f"Epoch {runner.epoch + 1}/{runner.max_epochs}",
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def after_iter(self, runner: EpochBasedRunner) -> None:
        if self._bar is not None:
            self._bar.update()
        if runner.mode == "val":
            return
        if self.every_n_inner_iters(runner, self.interval) or self.end_of_epoch(runner):
            runner.log_buffer.average()
            self._log_train(runner)
            runner.log_buffer.clear()

    def after_train_epoch(self, runner: EpochBasedRunner) -> None:
        self._close_bar()
        if runner.log_buffer.output:  # the results of the evaluation
            self._log_val(runner)
        runner.log_buffer.clear()

    def after_val_epoch(self, runner: EpochBasedRunner) -> None:
        self._close_bar()
        runner.log_buffer.average()
        self._log_val(runner)
        runner.log_buffer.clear()

    def after_run(self, runner: EpochBasedRunner) -> None:
        self._close_bar()

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _log_train(self, runner: EpochBasedRunner) -> None:
        output = runner.log_buffer.output
        entry = {
            "mode": "train",
            "epoch": runner.epoch + 1,
            "iter": runner.inner_iter + 1,
            "lr": runner.current_lr()[0],
        }
        if runner.device.type == "cuda":
            entry["memory"] = (
                torch.cuda.max_memory_allocated(runner.device) // 2**20
            )  # MiB
        self._append({**entry, **output})
        left = timedelta(seconds=round(self._seconds_left(runner)))
        numbers = f"lr: {entry['lr']:.3e}, {_format(output)}, eta: {left}"
        line = f"Epoch [{runner.epoch + 1}/{runner.max_epochs}][{runner.inner_iter + 1}/{len(runner.data_loader)}]  {numbers}"
        runner.logger.info(line, extra=None if self.end_of_epoch(runner) else LIVE)
        if self._bar is not None:
            self._bar.set_postfix_str(numbers)

    def _log_val(self, runner: EpochBasedRunner) -> None:
        output = runner.log_buffer.output
        self._append(
            {"mode": "val", "epoch": runner.epoch + 1, "iter": runner.iter, **output}
        )
        runner.logger.info(
            "Epoch(val) [%d/%d]  %s",
            runner.epoch + 1,
            runner.max_epochs,
            _format(output),
        )

    def _seconds_left(self, runner: EpochBasedRunner) -> float:
        """By the mean over the run so far, which has evaluation and checkpoints in it."""
        start, first = self._started
        done = runner.iter + 1 - first
        return (
            (time.perf_counter() - start) / done * (runner.max_iters - runner.iter - 1)
        )

    def _append(self, entry: dict[str, Any]) -> None:
        with self._json_log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _format(output: dict[str, float]) -> str:
    return ", ".join(f"{name}: {value:.4f}" for name, value in output.items())
