"""TensorboardLoggerHook: the numbers of a run for TensorBoard."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import ConfigError
from ..hook import HOOKS
from .base import LoggerHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class TensorboardLoggerHook(LoggerHook):
    """Writes `train/loss`, `val/top1_acc`, `learning_rate` and so on (mmcv/runner/hooks/logger/tensorboard.py).

    `log_config = dict(interval=20, hooks=[dict(type="TextLoggerHook"), dict(type="TensorboardLoggerHook")])`, then
    `tensorboard --logdir work_dirs`. A number stands at the iterations that are done; what a run wrote beyond the
    checkpoint that it is resumed from is taken back.

    Args:
        log_dir: the folder; `tf_logs` in the work_dir by default.
        interval: iterations between two entries; each is the mean over them.
        ignore_last: no entry for the iterations at the end of an epoch that fill no interval.
        reset_flag: forget what was logged; the last of the loggers is given it.
        by_epoch: count the interval within the epoch.

    Raises:
        ConfigError: tensorboard is not installed.
    """

    def __init__(
        self,
        log_dir: str | None = None,
        interval: int = 10,
        ignore_last: bool = True,
        reset_flag: bool = False,
        by_epoch: bool = True,
    ) -> None:
        super().__init__(interval, ignore_last, reset_flag, by_epoch)
        if find_spec("tensorboard") is None:
            raise ConfigError(
                "TensorboardLoggerHook needs tensorboard, which is not installed",
                "log_config",
                "pip install 'mmaction-min[tensorboard]', or pip install tensorboard",
            )
        self.log_dir = log_dir
        self.writer: Any = None  # opened with the first entry, by who may write
        self._first = 0

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        self._first = runner.iter + 1

    def log(self, runner: BaseRunner) -> None:
        """Write what there is to log."""
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter

            log_dir = self.log_dir or Path(runner.work_dir) / "tf_logs"
            self.writer = SummaryWriter(str(log_dir), purge_step=self._first)
        done = runner.position["iter"]
        for tag, value in self.get_loggable_tags(runner, allow_text=True).items():
            add = (
                self.writer.add_text
                if isinstance(value, str)
                else self.writer.add_scalar
            )
            add(tag, value, done)

    def after_run(self, runner: BaseRunner) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
