"""EpochBasedRunner: the training loop, written out. Read `run`, `train` and `step` from top to bottom."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from ..errors import CheckpointError, ConfigError, NotFiniteError
from .checkpoint import load_checkpoint, point_latest, save_checkpoint
from .device import autocast, to_device
from .hooks import HOOKS, Hook, StopTraining
from .hooks.hook import priority_of
from .log_buffer import LogBuffer
from .signals import StopRequest
from .state import restore_rng
from .training_hooks import training_hooks

Workflow = Sequence[tuple[str, int]]


class EpochBasedRunner:
    """Trains a model epoch by epoch, and calls hooks on the way.

    Args:
        model: has `train_step(batch, optimizer) -> dict(loss, log_vars, num_samples)`, and `val_step` for a `val` workflow.
        optimizer: of the model's parameters.
        work_dir: the folder for checkpoints and logs.
        logger: gets the lines of text.
        meta: goes into every checkpoint (seed, config text).
        max_epochs: how many epochs the run has.
        device: batches are moved to it; the model is there already.
        amp_dtype: run the forward pass under autocast in this type (`torch.bfloat16`).
        grad_clip: arguments of `torch.nn.utils.clip_grad_norm_` (`dict(max_norm=20, norm_type=2)`).
        stop: becomes true when the run should end after the running step (a signal).
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        work_dir: str | Path = "work_dirs",
        logger: logging.Logger | None = None,
        meta: Mapping[str, Any] | None = None,
        max_epochs: int = 1,
        *,
        device: torch.device | str = "cpu",
        amp_dtype: torch.dtype | None = None,
        grad_clip: Mapping[str, Any] | None = None,
        stop: StopRequest | None = None,
    ) -> None:
        self.model = model
        self._optimizer = optimizer
        self.work_dir = Path(work_dir)
        self.logger = logger or logging.getLogger("mmaction_min")
        self.meta = dict(meta or {})
        self.max_epochs = max_epochs
        self.device = torch.device(device)
        self.amp_dtype = amp_dtype
        self.grad_clip = grad_clip
        self.stop = StopRequest() if stop is None else stop  # an unset one is false
        self.epoch = 0  # epochs that are done
        self.iter = 0  # iterations that are done, in the whole run
        self.inner_iter = 0  # the same in this epoch
        self.mode = "train"
        self.hooks: list[Hook] = []
        self._priorities: list[int] = []
        self.log_buffer = LogBuffer()
        self.outputs: dict[str, Any] = {}
        self._data_loader: DataLoader[Any] | None = None

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer; a runner that only validates has none."""
        if self._optimizer is None:
            raise ConfigError(
                "this runner has no optimizer",
                hint="give one to EpochBasedRunner(model, optimizer)",
            )
        return self._optimizer

    @property
    def data_loader(self) -> DataLoader[Any]:
        """The loader of the running epoch."""
        if self._data_loader is None:
            raise ConfigError("no epoch is running, so there is no data_loader yet")
        return self._data_loader

    @property
    def max_iters(self) -> int:
        """Iterations of the whole run; known while an epoch of training runs."""
        return self.max_epochs * len(self.data_loader)

    def current_lr(self) -> list[float]:
        """The rate of each param group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    # ---- the loop

    def run(
        self,
        data_loaders: Sequence[DataLoader[Any]],
        workflow: Workflow = (("train", 1),),
    ) -> None:
        """Train until `max_epochs`, or until a hook or a signal stops it.

        Args:
            data_loaders: one for each entry of the workflow.
            workflow: `(mode, epochs)` pairs that are gone through again and again; mode is 'train' or 'val'.

        Raises:
            ConfigError: the workflow cannot be run.
            NotFiniteError: (a FloatingPointError) a loss is not finite.
        """
        _check_workflow(workflow, data_loaders)
        stopped = ""
        for hook in self.hooks:
            hook.before_run(self)
        try:
            while self.epoch < self.max_epochs:
                for (mode, epochs), loader in zip(workflow, data_loaders, strict=True):
                    for _ in range(epochs):
                        if mode == "val":
                            self.val(loader)
                        elif self.epoch < self.max_epochs:
                            self.train(loader)
        except StopTraining as e:
            stopped = str(e)
        finally:
            for hook in self.hooks:
                hook.after_run(self)
        if stopped:
            self.logger.info("stopped: %s", stopped)

    def train(self, data_loader: DataLoader[Any]) -> None:
        """One epoch of training, from where a resumed one stopped."""
        self._enter("train", data_loader)
        self._seek(data_loader)
        for hook in self.hooks:
            hook.before_train_epoch(self)
        for i, batch in enumerate(data_loader, start=self.inner_iter):
            self.inner_iter = i
            for hook in self.hooks:
                hook.before_train_iter(self)
            self.outputs = self.step(batch)
            for hook in self.hooks:
                hook.after_train_iter(self)
            self.iter += 1
            if self.stop and self.inner_iter + 1 < len(data_loader):
                self._save_and_stop(epoch=self.epoch, inner_iter=self.inner_iter + 1)
        for hook in self.hooks:
            hook.after_train_epoch(self)
        self.epoch += 1
        self.inner_iter = 0
        if self.stop:
            self._save_and_stop(epoch=self.epoch, inner_iter=0)

    def step(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """One step of training: forward, is the loss finite?, backward, clip, optimizer.

        Args:
            batch: `imgs` (N, M, C, H, W) or (N, M, C, T, H, W), `label` (N,), and what else the model takes.

        Returns:
            What the model's `train_step` gave.

        Raises:
            NotFiniteError: the loss is not finite; the weights are still those of the last good step.
        """
        batch = to_device(batch, self.device)
        with autocast(self.device, self.amp_dtype):
            outputs: dict[str, Any] = self.model.train_step(batch, self.optimizer)  # type: ignore[operator]
        _check_finite(outputs, batch)
        self.optimizer.zero_grad(set_to_none=True)
        outputs["loss"].backward()
        if self.grad_clip:
            params = [
                param
                for group in self.optimizer.param_groups
                for param in group["params"]
            ]
            outputs["log_vars"]["grad_norm"] = nn.utils.clip_grad_norm_(
                params, **self.grad_clip
            )
        self.optimizer.step()
        self.log_buffer.update(outputs["log_vars"], outputs["num_samples"])
        return outputs

    @torch.no_grad()
    def val(self, data_loader: DataLoader[Any]) -> None:
        """One epoch of validation: the losses of the model, without gradients."""
        self._enter("val", data_loader)
        for hook in self.hooks:
            hook.before_val_epoch(self)
        for i, batch in enumerate(data_loader):
            self.inner_iter = i
            for hook in self.hooks:
                hook.before_val_iter(self)
            with autocast(self.device, self.amp_dtype):
                self.outputs = self.model.val_step(to_device(batch, self.device), None)  # type: ignore[operator]
            self.log_buffer.update(
                self.outputs["log_vars"], self.outputs["num_samples"]
            )
            for hook in self.hooks:
                hook.after_val_iter(self)
        for hook in self.hooks:
            hook.after_val_epoch(self)
        self.inner_iter = 0

    def _enter(self, mode: str, data_loader: DataLoader[Any]) -> None:
        self.mode = mode
        self._data_loader = data_loader
        self.model.train(mode == "train")

    def _seek(self, data_loader: DataLoader[Any]) -> None:
        """Let the sampler shuffle for this epoch, and skip what a resumed epoch has seen."""
        sampler: Any = getattr(data_loader, "sampler", None)
        if self.inner_iter:
            if not hasattr(sampler, "set_epoch") or data_loader.batch_size is None:
                raise CheckpointError(
                    "a resume within an epoch needs mmaction_min's own sampler"
                )
            sampler.set_epoch(
                self.epoch, start=self.inner_iter * data_loader.batch_size
            )
        elif hasattr(sampler, "set_epoch"):
            sampler.set_epoch(self.epoch)

    def _save_and_stop(self, *, epoch: int, inner_iter: int) -> None:
        name = f"epoch_{epoch}.pth" if inner_iter == 0 else f"iter_{self.iter}.pth"
        self.save_checkpoint(
            self.work_dir,
            name,
            position={"epoch": epoch, "iter": self.iter, "inner_iter": inner_iter},
        )
        signal = f" by {self.stop.signal.name}" if self.stop.signal else ""
        raise StopTraining(
            f"asked to stop{signal}; go on with --resume-from {self.work_dir / name}"
        )

    # ---- hooks

    def register_hook(self, hook: Hook, priority: int | str = "NORMAL") -> None:
        """Add a hook; a lower number runs earlier, of two equal ones the one that came first.

        Args:
            hook: the hook.
            priority: 0 to 100, or one of mmcv's names ('VERY_HIGH' 10, 'NORMAL' 50, 'LOW' 70, ...).
        """
        number = priority_of(priority)
        place = sum(other <= number for other in self._priorities)
        self.hooks.insert(place, hook)
        self._priorities.insert(place, number)

    def register_hook_from_cfg(self, cfg: Mapping[str, Any]) -> None:
        """Add the hook of `dict(type='MyHook', priority='LOW', **arguments)`."""
        arguments = {key: value for key, value in cfg.items() if key != "priority"}
        self.register_hook(HOOKS.build(arguments), cfg.get("priority", "NORMAL"))

    def register_training_hooks(
        self,
        lr_config: Mapping[str, Any] | Hook | None,
        optimizer_config: Mapping[str, Any] | None = None,
        checkpoint_config: Mapping[str, Any] | Hook | None = None,
        log_config: Mapping[str, Any] | None = None,
        momentum_config: Mapping[str, Any] | Hook | None = None,
    ) -> None:
        """Add the hooks that the entries of a config ask for; `None` adds none.

        Args:
            lr_config: `dict(policy='step', step=[20, 40], warmup='linear', ...)`.
            optimizer_config: `dict(grad_clip=dict(max_norm=20))`: data of `step`, not a hook.
            checkpoint_config: arguments of `CheckpointHook`.
            log_config: `dict(interval=20, hooks=[dict(type='TextLoggerHook')])`.
            momentum_config: like `lr_config`, for the momentum.

        Raises:
            ConfigError: an entry has an argument that nothing takes.
            NotRegisteredError: a policy or a hook is unknown.
        """
        if unknown := (optimizer_config or {}).keys() - {"grad_clip"}:
            raise ConfigError(
                f"{', '.join(unknown)} is unknown",
                "optimizer_config",
                "it takes grad_clip",
            )
        self.grad_clip = (optimizer_config or {}).get("grad_clip")
        for hook, priority in training_hooks(
            lr_config, momentum_config, checkpoint_config, log_config
        ):
            self.register_hook(hook, priority)

    # ---- checkpoints

    def save_checkpoint(
        self,
        out_dir: str | Path,
        filename: str,
        *,
        save_optimizer: bool = True,
        position: Mapping[str, int] | None = None,
        latest: bool = True,
    ) -> None:
        """Write `out_dir/filename` and point `latest.pth` to it.

        Args:
            out_dir: the folder.
            filename: the name in it.
            save_optimizer: keep the optimizer's state too.
            position: `epoch`, `iter` and `inner_iter` at which a resumed run goes on, where they differ from now's.
            latest: move the pointer.
        """
        meta = {
            **self.meta,
            "epoch": self.epoch,
            "iter": self.iter,
            "inner_iter": self.inner_iter,
            **(position or {}),
        }
        path = Path(out_dir) / filename
        save_checkpoint(
            self.model, path, self._optimizer if save_optimizer else None, meta
        )
        if latest:
            point_latest(path)

    def load_checkpoint(self, filename: str | Path) -> None:
        """Take the weights of a checkpoint and nothing else; names that differ are logged."""
        load_checkpoint(self.model, filename, logger=self.logger)

    def resume(self, filename: str | Path) -> None:
        """Go on where the run that wrote `filename` stood: weights, optimizer, position, random numbers.

        Raises:
            CheckpointError: the file cannot be read, has no optimizer, or is of another model or optimizer.
        """
        checkpoint = load_checkpoint(self.model, filename, strict=True)
        if "optimizer" not in checkpoint:
            raise CheckpointError(
                "the checkpoint has no optimizer, so no run can go on from it",
                str(filename),
                "use --load-from",
            )
        try:
            self.optimizer.load_state_dict(checkpoint["optimizer"])
        except ValueError as e:
            raise CheckpointError(
                f"the checkpoint is of another optimizer: {e}", str(filename)
            ) from e
        meta = checkpoint["meta"]
        self.epoch, self.iter, self.inner_iter = (
            meta["epoch"],
            meta["iter"],
            meta.get("inner_iter", 0),
        )
        self.meta["hook_msgs"] = meta.get("hook_msgs", {})
        if "rng" in checkpoint:
            restore_rng(checkpoint["rng"])
        self.logger.info(
            "resumed %s at epoch %d, iteration %d", filename, self.epoch, self.iter
        )


def _check_workflow(
    workflow: Workflow, data_loaders: Sequence[DataLoader[Any]]
) -> None:
    modes = [mode for mode, _ in workflow]
    if len(modes) != len(data_loaders):
        raise ConfigError(
            f"the workflow has {len(modes)} entries and there are {len(data_loaders)} loaders",
            "workflow",
        )
    if set(modes) - {"train", "val"} or "train" not in modes:
        raise ConfigError(
            f"the modes are {modes}",
            "workflow",
            "write [('train', 1)] or [('train', 5), ('val', 1)]",
        )


def _check_finite(outputs: Mapping[str, Any], batch: Mapping[str, Any]) -> None:
    if math.isfinite(outputs["loss"].item()):
        return
    values = ", ".join(
        f"{name} {float(value):g}" for name, value in outputs["log_vars"].items()
    )
    clips = [str(meta.get("filename", meta)) for meta in batch.get("img_metas", [])]
    raise NotFiniteError(
        f"the loss is not finite: {values}",
        ", ".join(clips),
        "a lower rate, grad_clip or a longer warm-up may help; the weights are those before this step",
    )
