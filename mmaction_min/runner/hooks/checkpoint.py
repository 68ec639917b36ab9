"""CheckpointHook: when a checkpoint is written, and which old ones go."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..checkpoint_file import remove_leftovers, saved_at
from ..destination import Destination
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
        out_dir: the folder or URL (`s3://bucket/runs`) below which the files go, in one of the run's name; the runner's
            `work_dir` by default. To go on from an URL, fetch the file and name it.
        max_keep_ckpts: of the files in the folder, those that were saved last stay, so many; -1 keeps all.
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

    def before_run(self, runner: BaseRunner) -> None:
        """Remove what writers that were killed have left; an URL that cannot be reached is refused here."""
        place = Destination(runner, self.out_dir)
        if place.folder is not None:
            remove_leftovers(place.folder)
        elif runner.rank == 0:
            place.is_there("latest.pth")

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
        place = Destination(runner, self.out_dir)
        place.save(name, save_optimizer=self.save_optimizer)
        messages = runner.meta.setdefault("hook_msgs", {})
        messages["last_ckpt"] = place.name_of(name)
        if self.max_keep_ckpts < 1 or runner.rank > 0:
            return
        prefix = "epoch" if self.by_epoch else "iter"
        if place.folder is not None:
            newest = place.folder / name
            prune(newest, prefix, self.max_keep_ckpts, runner.logger)
            return
        # As in mmcv: an object store does not tell in which order files were finished.
        number = (runner.epoch if self.by_epoch else runner.iter) + 1
        oldest = number - self.max_keep_ckpts * self.interval
        for old in range(oldest, 0, -self.interval):
            if not place.is_there(f"{prefix}_{old}.pth"):
                return
            place.remove(f"{prefix}_{old}.pth")


def prune(newest: Path, prefix: str, keep: int, logger: logging.Logger) -> None:
    """Delete what a folder has beyond the `keep` files `{prefix}_{n}.pth` that were saved last.

    The time of saving counts, not the number, for an earlier run may have got further. What a signal left in the middle of
    an epoch goes too: the run is past it.

    Args:
        newest: the file that was just written; it stays in any case.
        prefix: 'epoch' or 'iter'.
        keep: at least 1.
        logger: gets a line where a file cannot be deleted, which ends nothing.
    """
    names = re.compile(rf"({prefix}|stopped_iter)_\d+\.pth")
    files = [path for path in newest.parent.iterdir() if names.fullmatch(path.name)]
    stopped = [path for path in files if path.name.startswith("stopped")]
    regular = sorted(set(files) - set(stopped), key=saved_at)
    for path in stopped + regular[:-keep]:
        if path == newest:
            continue
        try:
            path.unlink()
        except OSError as e:
            logger.warning("%s stays: %s", path, e.strerror)
