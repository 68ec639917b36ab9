"""CheckpointHook: when a checkpoint is written, and which old ones go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class CheckpointHook(Hook):
    """Saves `epoch_{n}.pth` (or `iter_{n}.pth`) and points `latest.pth` to it.

    Args:
        interval: every so many epochs or iterations; -1 for the last one only.
        by_epoch: `interval` counts epochs.
        save_optimizer: with it a run can resume; without it the file is smaller.
        out_dir: the folder; the runner's `work_dir` by default.
        max_keep_ckpts: of the files of this run, the oldest above this number are deleted; -1 keeps all.
        save_last: save the last epoch or iteration too, whatever the interval.
    """

    def __init__(
        self,
        interval: int = -1,
        by_epoch: bool = True,
        save_optimizer: bool = True,
        out_dir: str | None = None,
        max_keep_ckpts: int = -1,
        save_last: bool = True,
    ) -> None:
        self.interval = interval
        self.by_epoch = by_epoch
        self.save_optimizer = save_optimizer
        self.out_dir = out_dir
        self.max_keep_ckpts = max_keep_ckpts
        self.save_last = save_last

    def after_train_epoch(self, runner: BaseRunner) -> None:
        due = self.every_n_epochs(runner, self.interval) or (
            self.save_last and self.is_last_epoch(runner)
        )
        if self.by_epoch and due:
            self._save(runner, f"epoch_{runner.epoch + 1}.pth")

    def after_train_iter(self, runner: BaseRunner) -> None:
        due = self.every_n_iters(runner, self.interval) or (
            self.save_last and self.is_last_iter(runner)
        )
        if not self.by_epoch and due:
            self._save(runner, f"iter_{runner.iter + 1}.pth")

    def _save(self, runner: BaseRunner, name: str) -> None:
        out_dir = Path(self.out_dir or runner.work_dir)
        runner.save_checkpoint(out_dir, name, save_optimizer=self.save_optimizer)
        messages = runner.meta.setdefault("hook_msgs", {})
        messages["last_ckpt"] = str(out_dir / name)
        if self.max_keep_ckpts > 0 and runner.rank == 0:
            prune(out_dir, "epoch" if self.by_epoch else "iter", self.max_keep_ckpts)


def prune(folder: Path, prefix: str, keep: int) -> None:
    """Delete the oldest of `{prefix}_{n}.pth` above the number `keep`."""
    numbers = [
        int(match[1])
        for path in folder.iterdir()
        if (match := re.fullmatch(rf"{prefix}_(\d+)\.pth", path.name))
    ]
    for number in sorted(numbers)[:-keep]:
        (folder / f"{prefix}_{number}.pth").unlink()
