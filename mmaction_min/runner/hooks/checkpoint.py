"""CheckpointHook: when a checkpoint is written, and which old ones go."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ConfigError
from ..checkpoint_file import remove_leftovers, saved_at
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
        out_dir: the folder below which the files go, in one of the run's name; the runner's `work_dir` by default.
        max_keep_ckpts: of the files in the folder, those that were saved last stay, so many; -1 keeps all.
        save_last: save the last epoch or iteration too, whatever the interval.

    Raises:
        ConfigError: `out_dir` is an URL.
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
        refuse_url(out_dir, "checkpoint_config.out_dir")
        self.interval = interval
        self.by_epoch = by_epoch
        self.save_optimizer = save_optimizer
        self.out_dir = out_dir
        self.max_keep_ckpts = max_keep_ckpts
        self.save_last = save_last

    def before_run(self, runner: BaseRunner) -> None:
        """Remove what writers that were killed have left."""
        remove_leftovers(self._folder(runner))

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

    def _folder(self, runner: BaseRunner) -> Path:
        return folder_of(runner, self.out_dir)

    def _save(self, runner: BaseRunner, name: str) -> None:
        out_dir = self._folder(runner)
        runner.save_checkpoint(out_dir, name, save_optimizer=self.save_optimizer)
        messages = runner.meta.setdefault("hook_msgs", {})
        messages["last_ckpt"] = str(out_dir / name)
        if self.max_keep_ckpts > 0 and runner.rank == 0:
            prefix = "epoch" if self.by_epoch else "iter"
            prune(out_dir / name, prefix, self.max_keep_ckpts, runner.logger)


def folder_of(runner: BaseRunner, out_dir: str | None) -> Path:
    """Where a run saves: its `work_dir`, or a folder of that name in `out_dir`, so that several runs may share it."""
    work_dir = Path(runner.work_dir)
    if out_dir is None or Path(out_dir) == work_dir:
        return work_dir
    return Path(out_dir, work_dir.name)


def refuse_url(out_dir: str | None, where: str) -> None:
    """mmcv writes to `s3://` through Petrel, a client of its own house; a `Path` would make a folder of that name."""
    if out_dir is not None and "://" in str(out_dir):
        raise ConfigError(
            f"{out_dir} is no folder, and checkpoints are written to folders",
            where,
            "mount the storage, or copy the files there after the run",
        )


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
