"""TextLoggerHook: lines on the console and in the log, numbers in `<time>.log.json`, a live bar on a terminal."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import torch
from tqdm import tqdm

from ...logging import LIVE, has_live_bar
from ..hook import HOOKS
from .base import EVAL_ITERS, LoggerHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner

FIRST = ("loss", "lr", "eta", "time", "data_time", "memory")
"""What comes first in a line, so that a narrow terminal does not cut it off; seconds, and MiB."""
COLUMNS = 80
"""Of a terminal that does not say its width."""


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
            disable=runner.rank > 0 or not has_live_bar(),
            bar_format="{desc} {bar:10} {n_fmt}/{total_fmt}{postfix}",
        )

    def after_train_iter(self, runner: BaseRunner) -> None:
        if self._bar is not None:
            self._bar.update()
            if runner.iter == self._started[1] and not self._bar.disable:
                # Of the first step, for an interval may be long.
                values = runner.outputs.get("log_vars", {})
                self._show({name: float(value) for name, value in values.items()})
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
        shown = {key: shown[key] for key in order if key in shown}
        line = f"{self._place(runner)}  {_format(shown)}"
        runner.logger.info(line, extra=None if self.end_of_epoch(runner) else LIVE)
        self._show(shown)

    def _show(self, values: dict[str, Any]) -> None:
        """On the bar: the loss, an accuracy, the time left and the rate first, and no entry that would be cut."""
        bar = self._bar
        if bar is None or bar.disable:
            return
        accuracies = [key for key in values if "acc" in key]
        order = ["loss", *accuracies[:1], "eta", "lr", *accuracies[1:], *values]
        room = bar.ncols or COLUMNS
        room -= len(f"{bar.desc} {'':10} {bar.total}/{bar.total}")
        shown = []
        for key in dict.fromkeys(order):
            entry = _format({key: values[key]}) if key in values else ""
            if entry and len(f", {entry}") <= room:
                shown.append(entry)
                room -= len(f", {entry}")
        bar.set_postfix_str(", ".join(shown))

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
