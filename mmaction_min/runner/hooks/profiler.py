"""ProfilerHook: torch's profiler over some iterations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import profiler

from ...errors import ArgumentError
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


ACTIVITIES = {
    "cpu": profiler.ProfilerActivity.CPU,
    "cuda": profiler.ProfilerActivity.CUDA,
}


@HOOKS.register_module()
class ProfilerHook(Hook):
    """Profiles the first `profile_iters` iterations (or epochs), and writes what `on_trace_ready` says.

    Args:
        by_epoch: count epochs, and take a step of the schedule after each.
        profile_iters: how many, at least 1.
        activities: of 'cpu' and 'cuda'.
        schedule: arguments of `torch.profiler.schedule` (`wait`, `warmup`, `active`, `repeat`).
        on_trace_ready: a function; or `dict(type='log_trace', sort_by='self_cpu_time_total', row_limit=20)` for a table in the
            log; or `dict(type='tb_trace', dir_name=...)` for files that TensorBoard and chrome://tracing show.
        record_shapes, profile_memory, with_stack, with_flops: of `torch.profiler.profile`.
        json_trace_path: a file for the trace of the whole, instead of `on_trace_ready`.

    Raises:
        ArgumentError: an argument makes no sense.
    """

    def __init__(
        self,
        by_epoch: bool = True,
        profile_iters: int = 1,
        activities: Sequence[str] = ("cpu", "cuda"),
        schedule: Mapping[str, int] | None = None,
        on_trace_ready: Callable[..., Any] | Mapping[str, Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        json_trace_path: str | None = None,
    ) -> None:
        if not isinstance(by_epoch, bool) or profile_iters < 1:
            raise ArgumentError("by_epoch is a bool, and profile_iters at least 1")
        if not isinstance(activities, list | tuple) or set(activities) - set(
            ACTIVITIES
        ):
            raise ArgumentError(
                f"activities is {activities!r}", hint="of 'cpu' and 'cuda'"
            )
        if schedule is not None and not isinstance(schedule, Mapping):
            raise ArgumentError(f"schedule is a dict, not {schedule!r}")
        self.by_epoch = by_epoch
        self.profile_iters = profile_iters
        self.on_trace_ready = on_trace_ready
        self.json_trace_path = json_trace_path
        self.settings: dict[str, Any] = {
            "activities": [
                ACTIVITIES[name]
                for name in activities
                if name != "cuda" or torch.cuda.is_available()
            ],
            "schedule": profiler.schedule(**schedule) if schedule else None,
            "record_shapes": record_shapes,
            "profile_memory": profile_memory,
            "with_stack": with_stack,
            "with_flops": with_flops,
        }
        self.profiler: Any = None

    def before_run(self, runner: BaseRunner) -> None:
        handler = None if self.json_trace_path else self._handler(runner)
        self.profiler = profiler.profile(on_trace_ready=handler, **self.settings)
        self.profiler.start()

    def after_train_epoch(self, runner: BaseRunner) -> None:
        if self.by_epoch:
            self._advance(runner.epoch + 1)

    def after_train_iter(self, runner: BaseRunner) -> None:
        if not self.by_epoch:
            self._advance(runner.iter + 1)

    def after_run(self, runner: BaseRunner) -> None:
        self._finish()

    def _advance(self, done: int) -> None:
        if self.profiler is None:
            return
        self.profiler.step()
        if done >= self.profile_iters:
            self._finish()

    def _finish(self) -> None:
        if self.profiler is None:
            return
        self.profiler.stop()
        if self.json_trace_path:
            self.profiler.export_chrome_trace(self.json_trace_path)
        self.profiler = None

    def _handler(self, runner: BaseRunner) -> Callable[..., Any] | None:
        if self.on_trace_ready is None or callable(self.on_trace_ready):
            return self.on_trace_ready
        arguments = dict(self.on_trace_ready)
        kind = arguments.pop("type", None)
        if kind == "log_trace":
            return lambda profile: runner.logger.info(
                "%s", profile.key_averages().table(**arguments)
            )
        if kind == "tb_trace":
            folder = arguments.pop("dir_name", None) or str(
                Path(runner.work_dir, "tf_tracing_logs")
            )
            write: Callable[..., Any] = profiler.tensorboard_trace_handler(
                folder, **arguments
            )
            return write
        raise ArgumentError(
            f"on_trace_ready is {self.on_trace_ready!r}",
            hint="a function, dict(type='log_trace') or dict(type='tb_trace')",
        )
