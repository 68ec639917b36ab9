"""CheckpointHook: when a checkpoint is written, and which old ones go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..checkpoint.file import remove_leftovers
from ..checkpoint.folder import check_template, prune
from ..destination import Destination, check_client
from ..dist import allreduce_params
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class CheckpointHook(Hook):
    """Saves `epoch_{n}.pth` (or `iter_{n}.pth`) and points `latest.pth` to it; the arguments are mmcv 1.7's.

    Args:
        interval: every so many epochs or iterations; -1 for the last one only.
        by_epoch: `interval` counts epochs.
        save_optimizer: with it a run can resume; without it the file is smaller.
        out_dir: the folder or URL (`s3://bucket/runs`) below which the files go, in one of the run's name; the runner's
            `work_dir` by default. To go on from an URL, fetch the file and name it.
        max_keep_ckpts: of the files in the folder, those that were saved last stay, so many; -1 keeps all.
        save_last: save the last epoch or iteration too, whatever the interval.
        sync_buffer: before that the buffers become their mean over the processes.
        file_client_args: mmcv's way to say what writes; `out_dir` says it here, and this has to agree.
        filename_tmpl: another name; `{}` stands for the number. `--resume auto` knows it too.
        create_symlink: point `latest.pth` to it.
        meta: more entries for the checkpoint's `meta`.

    Raises:
        ConfigError: no file can have the name, or `file_client_args` and `out_dir` say two things.
    """

    def __init__(
        self,
        interval: int = -1,
        by_epoch: bool = True,
        save_optimizer: bool = True,
        out_dir: str | None = None,
        max_keep_ckpts: int = -1,
        save_last: bool = True,
        sync_buffer: bool = False,
        file_client_args: Mapping[str, Any] | None = None,
        *,
        filename_tmpl: str | None = None,
        create_symlink: bool = True,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        check_client(file_client_args, out_dir)
        self.interval = interval
        self.by_epoch = by_epoch
        self.save_optimizer = save_optimizer
        self.out_dir = out_dir
        self.max_keep_ckpts = max_keep_ckpts
        self.save_last = save_last
        self.sync_buffer = sync_buffer
        self.template = filename_tmpl or ("epoch_{}.pth" if by_epoch else "iter_{}.pth")
        check_template(self.template)
        self.create_symlink = create_symlink
        self.meta = meta

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
            self._save(runner, runner.epoch + 1)

    def after_train_iter(self, runner: BaseRunner) -> None:
        due = self.every_n_iters(runner, self.interval) or (
            self.save_last and self.is_last_iter(runner)
        )
        if not self.by_epoch and due:
            self._save(runner, runner.iter + 1)

    def _save(self, runner: BaseRunner, number: int) -> None:
        if self.sync_buffer:
            allreduce_params(runner.model.buffers())
        place = Destination(runner, self.out_dir)
        name = self.template.format(number)
        place.save(
            name,
            save_optimizer=self.save_optimizer,
            meta=self.meta,
            create_symlink=self.create_symlink,
        )
        messages = runner.meta.setdefault("hook_msgs", {})
        messages["last_ckpt"] = place.name_of(name)
        if self.max_keep_ckpts < 1 or runner.rank > 0:
            return
        if place.folder is not None:
            newest = place.folder / name
            prune(newest, self.template, self.max_keep_ckpts, runner.logger)
            return
        # As in mmcv: an object store does not tell in which order files were finished.
        oldest = number - self.max_keep_ckpts * self.interval
        for old in range(oldest, 0, -self.interval):
            old_name = self.template.format(old)
            if old_name == name or not place.is_there(old_name):
                return
            place.remove(old_name)
