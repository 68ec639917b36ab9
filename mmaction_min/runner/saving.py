"""What a runner saves and how it goes on from it: the weights, the optimizer, the position, the random numbers."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from ..errors import ArgumentError
from ..fileio import is_url
from .checkpoint import read_checkpoint, save_checkpoint
from .checkpoint.file import point_latest
from .checkpoint.weights import NO_WRAPPER, Renaming, load_checkpoint, load_weights
from .dist import allreduce_params, gather_objects
from .hooks.ema import averaged
from .parallel import unwrap
from .resume import fitting, load_optimizer, position_of
from .state import capture_rng, restore_rng

if TYPE_CHECKING:
    from .base_runner import BaseRunner
    from .log_buffer import LogBuffer
    from .update import Update


class Saving(ABC):
    """The part of a runner that writes checkpoints, and resumes from one."""

    model: nn.Module
    meta: dict[str, Any]
    device: torch.device
    logger: logging.Logger
    rank: int
    world_size: int
    update: Update
    log_buffer: LogBuffer
    stepped: bool
    _optimizer: Any
    _epoch: int
    _iter: int
    _inner_iter: int
    _done: str

    if TYPE_CHECKING:

        def call_hook(self, stage: str) -> None: ...

    filename_tmpl: str
    """How a checkpoint is called by default; `{}` stands for the epoch or the iteration."""

    @property
    def position(self) -> dict[str, int]:
        """`epoch`, `iter` and `inner_iter` at which a run that resumes from now goes on.

        The counters still count the iteration (the epoch) as running when the hooks after it are called.
        """
        epoch, iteration, inner = self._epoch, self._iter, self._inner_iter
        if self._done == "iter":
            iteration, inner = iteration + 1, inner + 1
        elif self._done == "epoch":
            epoch, inner = epoch + 1, 0
        return {"epoch": epoch, "iter": iteration, "inner_iter": inner}

    @abstractmethod
    def _number(self) -> int:
        """What stands in that name: the epoch or the iteration that runs, counted from 1."""

    def save_checkpoint(
        self,
        out_dir: str | Path,
        filename_tmpl: str | None = None,
        save_optimizer: bool = True,
        meta: Mapping[str, Any] | None = None,
        create_symlink: bool = True,
    ) -> None:
        """Write a checkpoint and point `latest.pth` to it; every rank calls this, and rank 0 writes.

        Args:
            out_dir: the folder, or an URL, where there is no pointer.
            filename_tmpl: the name in it; `{}` stands for the running epoch (iteration), counted from 1.
            save_optimizer: keep the optimizer's state too.
            meta: more entries for the checkpoint's `meta`.
            create_symlink: move the pointer.

        Raises:
            ArgumentError: (a TypeError) meta is no dict.
        """
        if not isinstance(meta, Mapping | None):
            raise ArgumentError(f"meta is a dict, not {meta!r}")
        self.update.guard.check()
        name = (filename_tmpl or self.filename_tmpl).format(self._number())
        path = f"{out_dir}/{name}" if is_url(out_dir) else Path(out_dir, name)
        state = self._state_beside_the_weights()
        if self.rank > 0:
            return
        with averaged(cast("BaseRunner", self)):
            save_checkpoint(
                self.model,
                path,
                self._optimizer if save_optimizer else None,
                {**(meta or {}), **self.meta, **self.position},
                extra=state,
            )
        if create_symlink and isinstance(path, Path):
            point_latest(path)

    def _state_beside_the_weights(self) -> dict[str, Any]:
        """What a checkpoint also holds; of several processes, `ranks` has what each of them has of its own."""
        own = {"rng": capture_rng(), "log": self.log_buffer.state_dict()}
        state = self.update.state_dict(unwrap(self.model), stepped=self.stepped)
        if self.world_size > 1:
            # Within a group of batches each rank has gradients of its own; what will be added up is their mean.
            grads = {n: grad.clone() for n, grad in state.get("grads", {}).items()}
            allreduce_params(grads.values())
            if grads:
                state["grads"] = grads
            state["ranks"] = gather_objects(own)
        return {**own, **state}

    def _own_part(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """What this process takes of a checkpoint for itself: nothing, if there were more or fewer of them then."""
        ranks = content.get("ranks", [content])
        if len(ranks) == self.world_size:
            own: Mapping[str, Any] = ranks[self.rank]
            return own
        # A sample that fills no step of the new size is seen again.
        self._iter = self._iter * len(ranks) // self.world_size
        self._inner_iter = self._inner_iter * len(ranks) // self.world_size
        self.logger.warning(
            "%d processes go on where %d stood: with other batches and random numbers, so not to the bit",
            self.world_size,
            len(ranks),
        )
        return {"rng": capture_rng()}

    def load_checkpoint(
        self,
        filename: str | Path,
        map_location: str | torch.device = "cpu",
        strict: bool = False,
        revise_keys: Renaming = NO_WRAPPER,
    ) -> dict[str, Any]:
        """Take the weights of a checkpoint and nothing else, and return it; see `mmaction_min.runner.load_checkpoint`."""
        return load_checkpoint(
            self.model,
            filename,
            map_location,
            strict=strict,
            logger=self.logger,
            revise_keys=revise_keys,
        )

    def resume(
        self,
        checkpoint: str | Path,
        resume_optimizer: bool = True,
        map_location: str | torch.device = "cpu",
    ) -> None:
        """Go on where the run that wrote `checkpoint` stood: weights, optimizer, position, random numbers.

        Args:
            checkpoint: the file.
            resume_optimizer: take the optimizer's state too; without it the run goes on, but not exactly.
            map_location: where the file's tensors are loaded to first.

        Raises:
            CheckpointError: the file cannot be read, has no optimizer, or is of another model or optimizer.
        """
        self.call_hook("before_resume")
        content, where = read_checkpoint(checkpoint, map_location), str(checkpoint)
        position = position_of(content, where)
        load_weights(self.model, content, where, strict=True)
        if resume_optimizer and self._optimizer is not None:
            load_optimizer(self._optimizer, content, where)
        self._epoch, self._iter, self._inner_iter = position
        self._done = ""
        self.stepped = "grads" not in content
        self.meta["hook_msgs"] = content["meta"].get("hook_msgs", {})
        with fitting(where):
            own = self._own_part(content)
            self.update.load_state_dict(content, unwrap(self.model), self.device)
            self.log_buffer.load_state_dict(own.get("log", {}))
            restore_rng(own.get("rng", {}))
        epoch = (
            f"in epoch {self._epoch + 1}, after"  # counted from 1, as the bar does
            if self._inner_iter
            else f"after epoch {self._epoch},"
        )
        self.logger.info("resumed %s %s iteration %d", checkpoint, epoch, self._iter)
