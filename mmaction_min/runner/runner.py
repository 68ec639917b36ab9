"""EpochBasedRunner and IterBasedRunner: the training loops, written out. Read `run` and `train` from top to bottom."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch

from ..errors import Interrupted
from .base_runner import BaseRunner
from .builder import RUNNERS
from .hooks import StopTraining
from .workflow import IterLoader, Workflow, entries_of, place_in, seek


@RUNNERS.register_module()
class EpochBasedRunner(BaseRunner):
    """Trains a model epoch by epoch (see `BaseRunner` for the arguments)."""

    filename_tmpl = "epoch_{}.pth"

    def run(
        self,
        data_loaders: Sequence[Any],
        workflow: Workflow = (("train", 1),),
        max_epochs: int | None = None,
    ) -> None:
        """Train until `max_epochs`, or until a hook or a signal stops it.

        Args:
            data_loaders: one for each entry of the workflow.
            workflow: `(mode, epochs)` pairs that are gone through again and again; mode is 'train' or 'val'.
            max_epochs: how many epochs the run has, if the constructor was not told.

        Raises:
            ConfigError: the workflow cannot be run.
            NotFiniteError: (a FloatingPointError) a loss is not finite.
        """
        if max_epochs is not None:
            self._max_epochs = max_epochs
        entries = entries_of(workflow, data_loaders)
        first = next(i for i, (mode, _) in enumerate(workflow) if mode == "train")
        self._max_iters = self.max_epochs * len(data_loaders[first])
        started = self._inner_iter > 0
        _, done = place_in(workflow, entries, self._epoch, started=started)
        self._begin(workflow)
        try:
            while done or self._epoch < self.max_epochs:
                for i in entries[done:]:
                    if workflow[i][0] == "val":
                        self.val(data_loaders[i])
                    elif self._epoch < self.max_epochs:
                        self.train(data_loaders[i])
                done = 0
        except StopTraining as e:
            self.logger.info("stopped: %s", e)
        except Interrupted:
            self.logger.info("stopped: %s", self._interrupted())
        finally:
            self.call_hook("after_run")

    def train(self, data_loader: Any) -> None:
        """One epoch of training, from where a resumed one stopped."""
        self._enter("train", data_loader)
        seek(data_loader, self._epoch, self._inner_iter, self.world_size)
        self.call_hook("before_train_epoch")
        for i, batch in enumerate(data_loader, start=self._inner_iter):
            self._inner_iter, self._done = i, ""
            self.call_hook("before_train_iter")
            self.outputs = self.step(batch)
            self._done = "iter"
            self.call_hook("after_train_iter")
            self._iter, self._inner_iter, self._done = self._iter + 1, i + 1, ""
            self.stop.after_step()
            if self.stop and self.stepped and i + 1 < len(data_loader):
                raise self._stopped()
        self._done = "epoch"
        self.update.guard.check()
        self.call_hook("after_train_epoch")
        self._epoch, self._inner_iter, self._done = self._epoch + 1, 0, ""
        if self.stop:
            raise self._stopped()

    @torch.no_grad()
    def val(self, data_loader: Any) -> None:
        """One epoch of validation: the losses of the model, without gradients."""
        self._enter("val", data_loader)
        self.call_hook("before_val_epoch")
        for i, batch in enumerate(data_loader):
            self._inner_iter = i
            self.call_hook("before_val_iter")
            self.outputs = self.val_step(batch)
            self.call_hook("after_val_iter")
        self.call_hook("after_val_epoch")
        self._inner_iter = 0

    def _number(self) -> int:
        return self._epoch + 1


class Runner(EpochBasedRunner):
    """mmcv's old name of EpochBasedRunner."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            "Runner is an old name: write EpochBasedRunner",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(*args, **kwargs)


@RUNNERS.register_module()
class IterBasedRunner(BaseRunner):
    """Trains a model iteration by iteration (see `BaseRunner` for the arguments); loaders start again as often as needed.

    `epoch` and `inner_iter` are those of the loader. mmcv counts `inner_iter` within the workflow's entry, where it is
    almost always 0.
    """

    filename_tmpl = "iter_{}.pth"
    by_epoch = False

    def run(
        self,
        data_loaders: Sequence[Any],
        workflow: Workflow = (("train", 1),),
        max_iters: int | None = None,
    ) -> None:
        """Train until `max_iters`, or until a hook or a signal stops it.

        Args:
            data_loaders: one for each entry of the workflow.
            workflow: `(mode, iterations)` pairs that are gone through again and again; mode is 'train' or 'val'.
            max_iters: how many iterations the run has, if the constructor was not told.

        Raises:
            ConfigError: the workflow cannot be run.
            NotFiniteError: (a FloatingPointError) a loss is not finite.
        """
        if max_iters is not None:
            self._max_iters = max_iters
        entries = entries_of(workflow, data_loaders)
        rounds, done = place_in(workflow, entries, self._iter)
        loaders = []
        for i, (_, times) in enumerate(workflow):
            seen = rounds * times + entries[:done].count(i)
            loaders.append(IterLoader(data_loaders[i], seen, self.world_size))
        self._data_loader = data_loaders[0]
        self._begin(workflow)
        self.call_hook("before_epoch")
        try:
            while done or self._iter < self.max_iters:
                for i in entries[done:]:
                    if workflow[i][0] == "val":
                        self.val(loaders[i])
                    elif self._iter < self.max_iters:
                        self.train(loaders[i])
                done = 0
            self.update.guard.check()
        except StopTraining as e:
            self.logger.info("stopped: %s", e)
        except Interrupted:
            self.logger.info("stopped: %s", self._interrupted())
        finally:
            self.call_hook("after_epoch")
            self.call_hook("after_run")

    def train(self, data_loader: IterLoader) -> None:
        """One iteration of training."""
        self._enter("train", data_loader.dataloader)
        batch = next(data_loader)
        self._epoch, self._inner_iter = data_loader.epoch, data_loader.inner_iter - 1
        self.call_hook("before_train_iter")
        self.outputs = self.step(batch)
        self._done = "iter"
        self.call_hook("after_train_iter")
        position = self.position
        self._epoch, self._iter = position["epoch"], position["iter"]
        self._inner_iter, self._done = position["inner_iter"], ""
        self.stop.after_step()
        if self.stop and self.stepped:
            raise self._stopped()

    @torch.no_grad()
    def val(self, data_loader: IterLoader) -> None:
        """One iteration of validation."""
        self._enter("val", data_loader.dataloader)
        batch = next(data_loader)
        self.call_hook("before_val_iter")
        self.outputs = self.val_step(batch)
        self.call_hook("after_val_iter")

    @property
    def position(self) -> dict[str, int]:
        position = super().position
        # Between the steps, where a validation may run, the counters are right already.
        if self._done and position["inner_iter"] == len(self.data_loader):
            position.update(epoch=position["epoch"] + 1, inner_iter=0)
        return position

    @property
    def max_epochs(self) -> int:
        """Epochs of the loader that the run touches."""
        return -(-self.max_iters // len(self.data_loader))

    def _number(self) -> int:
        return self._iter + 1
