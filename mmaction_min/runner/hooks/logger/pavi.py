"""PaviLoggerHook: numbers and checkpoints for Pavi, the service of mmcv's own house."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import ConfigError
from ...dist import master_only
from ..hook import HOOKS
from .base import LoggerHook
from .services import Options, library

if TYPE_CHECKING:
    from ...base_runner import BaseRunner


@HOOKS.register_module()
class PaviLoggerHook(LoggerHook):
    """Sends what `LoggerHook.get_loggable_tags` has, and the checkpoints; models are not drawn (`add_graph`).

    Args:
        init_kwargs: arguments of `pavi.SummaryWriter`; name, model and config are the run's by default.
        add_graph, add_graph_kwargs: only off (`False`, `dict(active=False)`).
        add_last_ckpt: send the last checkpoint when the run is over.
        add_ckpt_kwargs: `dict(active=True, start=0, interval=1)` sends the checkpoints of epochs (iterations).
        **kwargs: of `LoggerHook`.

    Raises:
        ConfigError: the graph is asked for.
    """

    def __init__(
        self,
        init_kwargs: Options = None,
        add_graph: bool = False,
        add_last_ckpt: bool = False,
        add_graph_kwargs: Options = None,
        add_ckpt_kwargs: Options = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if add_graph or (add_graph_kwargs or {}).get("active"):
            raise ConfigError("PaviLoggerHook draws no models", "log_config.add_graph")
        self.init_kwargs = init_kwargs or {}
        self.add_last_ckpt = add_last_ckpt
        checkpoints = add_ckpt_kwargs or {}
        self.add_ckpt = checkpoints.get("active", False)
        self.add_ckpt_start = checkpoints.get("start", 0)
        self.add_ckpt_interval = checkpoints.get("interval", 1)

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if runner.rank > 0:
            return
        options = {"name": Path(runner.work_dir).name, "model": runner.model_name}
        if "config_dict" in runner.meta:
            options["session_text"] = json.dumps(
                runner.meta["config_dict"], default=str
            )
        writer = library("pavi", "pavi, which upstream's house gives out").SummaryWriter
        self.writer = writer(**{**options, **self.init_kwargs})

    def log(self, runner: BaseRunner) -> None:
        mode = self.get_mode(runner)
        by_epoch = mode == "val" and self.by_epoch
        step = self.get_epoch(runner) if by_epoch else self.get_iter(runner)
        tags = self.get_loggable_tags(runner, add_mode=False)
        self.writer.add_scalars(mode, tags, step)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        super().after_train_epoch(runner)
        if self.by_epoch and self._sends(self.get_epoch(runner)):
            self._send(runner, f"epoch_{self.get_epoch(runner)}.pth", runner.epoch + 1)

    def after_train_iter(self, runner: BaseRunner) -> None:
        super().after_train_iter(runner)
        if not self.by_epoch and self._sends(runner.iter + 1):
            self._send(runner, f"iter_{runner.iter + 1}.pth", runner.iter + 1)

    def after_run(self, runner: BaseRunner) -> None:
        if self.add_last_ckpt:
            done = runner.epoch if self.by_epoch else runner.iter
            self._send(runner, "latest.pth", done)
        if runner.rank == 0:
            self.writer.close()

    def _sends(self, done: int) -> bool:
        since = done - self.add_ckpt_start
        due = since >= 0 and since % self.add_ckpt_interval == 0
        return bool(self.add_ckpt) and due

    @master_only
    def _send(self, runner: BaseRunner, name: str, done: int) -> None:
        path = Path(runner.work_dir, name)
        if path.is_symlink():
            path = path.parent / os.readlink(path)
        if path.is_file():
            self.writer.add_snapshot_file(
                tag=Path(runner.work_dir).name,
                snapshot_file_path=str(path),
                iteration=done,
            )
