"""IterTimerHook: how long a step waited for its batch, and how long it took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class IterTimerHook(Hook):
    """Reports `data_time`, the seconds that a step waited for its batch, and `time`, the seconds of it all."""

    def __init__(self) -> None:
        self._start = 0.0

    def before_epoch(self, runner: BaseRunner) -> None:
        self._start = time.perf_counter()

    def before_iter(self, runner: BaseRunner) -> None:
        runner.log_buffer.update({"data_time": time.perf_counter() - self._start})

    def after_iter(self, runner: BaseRunner) -> None:
        runner.log_buffer.update({"time": time.perf_counter() - self._start})
        self._start = time.perf_counter()
