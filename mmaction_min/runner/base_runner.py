"""BaseRunner: what the two runners share: the arguments, what hooks see, the step. The loops are in runner.py.

Its hooks are in training_hooks.py, its checkpoints in saving.py.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ..errors import ConfigError
from .arguments import check_model, check_types
from .device import Mover, autocast, device_of
from .dist import get_dist_info
from .hooks import StopTraining
from .log_buffer import LogBuffer
from .parallel import no_sync, unwrap
from .saving import Saving
from .signals import StopRequest
from .training_hooks import TrainingHooks
from .update import Update
from .workflow import Workflow

LOGGER = logging.getLogger("mmaction_min")


class BaseRunner(TrainingHooks, Saving, ABC):
    """Trains a model, and calls hooks on the way; constructed as mmcv's runners are.

    Args:
        model: has `train_step(batch, optimizer) -> dict(loss, log_vars, num_samples)`, and `val_step` for a `val` workflow.
        batch_processor: `batch_processor(model, batch, train_mode=...)`, for a model without these; mmcv's old way.
        optimizer: of the model's parameters; a dict of several is left to the model's own `train_step`.
        work_dir: the folder for checkpoints and logs; it is made here if it is given.
        logger: gets the lines of text.
        meta: goes into every checkpoint (seed, config text).
        max_iters: how many iterations the run has; give this or `max_epochs`.
        max_epochs: how many epochs the run has.
        device: batches are moved to it; where the model is by default.
        amp_dtype: run the forward pass under autocast in this type (`torch.bfloat16`).
        update: the settings of the step; until some are registered, a loss is trained with if there is one.
        stop: becomes true when the run should end after the running step (a signal).

    Raises:
        ArgumentError: (a TypeError) an argument is of a wrong type; the model has no `train_step`, or has one beside a `batch_processor`.
        ConfigError: both `max_epochs` and `max_iters` are given.
    """

    def __init__(
        self,
        model: nn.Module,
        batch_processor: Callable[..., Any] | None = None,
        optimizer: Optimizer | dict[str, Optimizer] | None = None,
        work_dir: str | Path | None = None,
        logger: logging.Logger = LOGGER,
        meta: dict[str, Any] | None = None,
        max_iters: int | None = None,
        max_epochs: int | None = None,
        *,
        device: torch.device | str | None = None,
        amp_dtype: torch.dtype | None = None,
        update: Update | None = None,
        stop: StopRequest | None = None,
    ) -> None:
        check_model(model, batch_processor)
        check_types(optimizer, work_dir, logger, meta)
        if max_epochs is not None and max_iters is not None:
            raise ConfigError("Only one of max_epochs and max_iters can be set")
        self.rank, self.world_size = get_dist_info()
        self.model = model
        self.batch_processor = batch_processor
        self._optimizer = optimizer
        self.work_dir = str(work_dir or "work_dirs")
        if work_dir is not None and self.rank == 0:
            Path(work_dir).mkdir(parents=True, exist_ok=True)
        self.logger = logger
        self.meta = dict(meta or {})
        self._max_epochs = max_epochs
        self._max_iters = max_iters
        self.device = torch.device(device or device_of(model))
        self._move = Mover(self.device)
        self.amp_dtype = amp_dtype
        self.update = update or Update()
        self.trains: bool | None = None if update is None else True
        """Whether the step updates the weights: None if there is a loss, False where a hook does it."""
        self.stop = StopRequest() if stop is None else stop  # an unset one is false
        self.timestamp = time.strftime("%Y%m%d_%H%M%S")
        self.mode = "train"
        self.stepped = True
        """Whether the optimizer has stepped on the running batch: not within a group of `cumulative_iters`."""
        self.log_buffer = LogBuffer(before_read=lambda: self.update.guard.check())
        self.outputs: dict[str, Any] = {}
        self._epoch = 0
        self._iter = 0
        self._inner_iter = 0
        self._done = ""  # what is done though it still counts as running: iter, epoch
        self._hooks = []
        self._data_loader: Any = None

    @abstractmethod
    def train(self, data_loader: Any) -> None:
        """One part of the workflow: an epoch, or an iteration."""

    @abstractmethod
    def val(self, data_loader: Any) -> None:
        """The same without gradients."""

    @abstractmethod
    def run(self, data_loaders: Sequence[Any], workflow: Workflow) -> None:
        """Go through the workflow until the run is over, or a hook or a signal stops it."""

    # ---- what hooks see

    @property
    def model_name(self) -> str:
        """The class of the model."""
        return type(unwrap(self.model)).__name__

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return self._epoch

    @property
    def iter(self) -> int:
        """Iterations that are done, in the whole run."""
        return self._iter

    @property
    def inner_iter(self) -> int:
        """Iterations that are done in this epoch."""
        return self._inner_iter

    @property
    def epoch_done(self) -> bool:
        """Whether the running epoch's iterations are over, and only its last hooks are called."""
        return self._done == "epoch"

    @property
    def max_epochs(self) -> int:
        """Epochs of the whole run."""
        if self._max_epochs is None:
            raise ConfigError("this runner has no max_epochs")
        return self._max_epochs

    @property
    def max_iters(self) -> int:
        """Iterations of the whole run; with `max_epochs` it is known once the run has its loader."""
        if self._max_iters is None:
            raise ConfigError("no epoch is running, so there is no max_iters yet")
        return self._max_iters

    @property
    def optimizer(self) -> Any:
        """The optimizer, or the dict of them; a runner that only validates has none."""
        if self._optimizer is None:
            raise ConfigError(
                "this runner has no optimizer",
                hint="give one to EpochBasedRunner(model, optimizer=...)",
            )
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Optimizer | dict[str, Optimizer]) -> None:
        self._optimizer = optimizer

    @property
    def data_loader(self) -> Any:
        """The loader of the running epoch."""
        if self._data_loader is None:
            raise ConfigError("no epoch is running, so there is no data_loader yet")
        return self._data_loader

    def current_lr(self) -> Any:
        """The rate of each param group; a dict of such lists for a dict of optimizers."""
        return self._of_groups(lambda group: group["lr"])

    def current_momentum(self) -> Any:
        """The momentum of each param group, or Adam's first beta, or 0; as `current_lr` gives the rates."""
        return self._of_groups(
            lambda group: group.get("momentum", group.get("betas", (0,))[0])
        )

    def _of_groups(self, read: Callable[[dict[str, Any]], float]) -> Any:
        if isinstance(self.optimizer, Mapping):
            return {
                name: [read(group) for group in optimizer.param_groups]
                for name, optimizer in self.optimizer.items()
            }
        return [read(group) for group in self.optimizer.param_groups]

    # ---- the step

    def step(self, batch: Any) -> dict[str, Any]:
        """One step of training: the forward pass, and the update (`mmaction_min/runner/update.py`).

        Args:
            batch: `imgs` (N, M, C, H, W) or (N, M, C, T, H, W), `label` (N,), and what else the model takes.

        Returns:
            What the model's `train_step` gave.

        Raises:
            NotFiniteError: the loss is not finite; the weights are still those of the last good step.
        """
        batch = self._move(batch)
        trains_later = self.trains is not False and not self.update.is_last(self)
        with no_sync(self.model) if trains_later else nullcontext():
            with autocast(self.device, self.amp_dtype):
                outputs = self._forward(batch, train=True)
            if self._has_loss(outputs) if self.trains is None else self.trains:
                self.stepped = self.update(self, outputs, batch)
        self._report(outputs)
        return outputs

    def val_step(self, batch: Any) -> dict[str, Any]:
        """One step of validation; the caller sees to it that there are no gradients."""
        with autocast(self.device, self.amp_dtype):
            outputs = self._forward(self._move(batch), train=False)
        self._report(outputs)
        return outputs

    def _forward(self, batch: Any, *, train: bool) -> dict[str, Any]:
        if self.batch_processor is not None:
            outputs = self.batch_processor(self.model, batch, train_mode=train)
        elif train:
            outputs = self.model.train_step(batch, self._optimizer)  # type: ignore[operator]
        else:
            outputs = self.model.val_step(batch, self._optimizer)  # type: ignore[operator]
        if not isinstance(outputs, dict):
            raise TypeError(
                f"the model's step gives a dict, not a {type(outputs).__name__}"
            )
        return outputs

    def _has_loss(self, outputs: Mapping[str, Any]) -> bool:
        """Without settings of the step, as in mmcv's own examples, a model may train itself, or not at all."""
        loss = outputs.get("loss")
        return (
            isinstance(self._optimizer, Optimizer)
            and isinstance(loss, torch.Tensor)
            and loss.requires_grad
            and loss.numel() == 1
        )

    def _report(self, outputs: Mapping[str, Any]) -> None:
        if "log_vars" in outputs:
            self.log_buffer.update(outputs["log_vars"], outputs["num_samples"])

    def _begin(self, workflow: Workflow) -> None:
        self.logger.debug(
            "hooks, in the order in which they run:\n%s", self.get_hook_info()
        )
        self.logger.debug("workflow %s", list(workflow))
        self.model.train()  # a model may freeze parts of itself there
        self.call_hook("before_run")

    def _enter(self, mode: str, data_loader: Any) -> None:
        self.mode = mode
        self._done = ""
        self._data_loader = data_loader
        if self.model.training != (mode == "train"):
            self.model.train(mode == "train")

    def _stopped(self) -> StopTraining:
        """Save where the run stands; what then ends it."""
        position = self.position
        within = position["inner_iter"] > 0
        name = ("stopped_iter_{iter}.pth" if within else "epoch_{epoch}.pth").format(
            **position
        )
        self.save_checkpoint(self.work_dir, name)
        signal = f" by {self.stop.signal.name}" if self.stop.signal else ""
        return StopTraining(
            f"asked to stop{signal}; go on with --resume-from {Path(self.work_dir) / name}"
        )

    def _interrupted(self) -> StopTraining:
        """The same where a batch was waited for, or a validation ran: a resumed run begins that again."""
        if self._done == "epoch":
            self._done = ""
        if self.by_epoch and self.mode == "val":
            self._inner_iter = 0
        return self._stopped()
