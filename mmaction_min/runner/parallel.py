"""DistributedModel: a model whose steps go through DistributedDataParallel."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ..errors import ConfigError
from .state import capture_rng, restore_rng

# torch 2.14 has a new name for it, and warns of the old one.
_NEW = "forward_sync_buffers" in inspect.signature(DistributedDataParallel).parameters
OWN_BUFFERS: dict[str, Any] = {
    "forward_sync_buffers" if _NEW else "broadcast_buffers": False
}


class _Step(nn.Module):
    """What DDP calls: its forward is the model's `train_step`, losses and all."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Mapping[str, Any], optimizer: Any) -> Any:
        return self.model.train_step(batch, optimizer)  # type: ignore[operator]


class DistributedModel(nn.Module):
    """The model of one process among several: `train_step` lets DDP put the mean of all gradients into each.

    Everything else (`forward`, `val_step`, the names of the weights) is the model's, without any word to the others.
    Buffers are not sent along, as in MMAction2: each process has running means of its own, evaluations and checkpoints
    take those of rank 0.

    Before the first step come one or two that are taken back: weights, buffers and random numbers stay what they are.
    DDP chooses its buckets by the first backward pass, and with more than two processes the order of a sum is the
    bucket's; so the first step of a resumed run sums like that of the run that went on. They also show who gets no
    gradient.

    Args:
        module: the model, on its device.
        find_unused_parameters: some parameters get a gradient in some steps only; DDP looks which, at each step.
        static_graph: every step uses the same parameters in the same way, so that DDP need not look. It cannot be with
            `find_unused_parameters`, nor with `no_sync`.
    """

    _ddp: DistributedDataParallel

    def __init__(
        self,
        module: nn.Module,
        *,
        find_unused_parameters: bool = False,
        static_graph: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        self.find_unused_parameters = find_unused_parameters
        device = next(module.parameters()).device
        # Past nn.Module's own __setattr__: a submodule would double all names.
        self.__dict__["_ddp"] = DistributedDataParallel(
            _Step(module),
            device_ids=[device] if device.type == "cuda" else None,
            **OWN_BUFFERS,
            find_unused_parameters=find_unused_parameters,
            gradient_as_bucket_view=True,
            static_graph=static_graph,
        )
        self._primed = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own."""
        return self.module(*args, **kwargs)

    def train_step(self, batch: Mapping[str, Any], optimizer: Any = None) -> Any:
        """The model's, through DDP.

        Raises:
            ConfigError: at the first step, if a parameter gets no gradient and `find_unused_parameters` is not set.
        """
        if not self._primed:
            self._prime(batch, optimizer)
        return self._ddp(batch, optimizer)

    def val_step(self, batch: Mapping[str, Any], optimizer: Any = None) -> Any:
        """The model's."""
        return self.module.val_step(batch, optimizer)  # type: ignore[operator]

    def no_sync(self) -> AbstractContextManager[None]:
        """Within it, a step keeps its gradients in this process: for all but the last step of an accumulation."""
        return self._ddp.no_sync()

    def _prime(self, batch: Mapping[str, Any], optimizer: Any) -> None:
        self._primed = True
        rng = capture_rng()
        buffers = [buffer.clone() for buffer in self.module.buffers()]
        sync = self._ddp.require_backward_grad_sync
        self._ddp.require_backward_grad_sync = True  # also within no_sync
        # With a static graph DDP chooses at the third forward pass, without one at the second.
        for _ in range(2 if self._ddp.static_graph else 1):
            self._ddp(dict(batch), optimizer)["loss"].backward()
            self._refuse_unused()
            for param in self.module.parameters():
                param.grad = None
        self._ddp.require_backward_grad_sync = sync
        with torch.no_grad():
            for buffer, value in zip(self.module.buffers(), buffers, strict=True):
                buffer.copy_(value)
        restore_rng(rng)

    def _refuse_unused(self) -> None:
        unused = [
            name
            for name, param in self.module.named_parameters()
            if param.requires_grad and param.grad is None
        ]
        if unused and not self.find_unused_parameters:
            raise ConfigError(
                f"no gradient comes to {', '.join(unused[:3])}{' ...' if unused[3:] else ''}, so several processes would wait for it",
                hint="write find_unused_parameters = True in the config, or requires_grad=False in the model",
            )


def no_sync(model: nn.Module) -> AbstractContextManager[None]:
    """`DistributedModel.no_sync` for a model in several processes, and nothing for one."""
    return model.no_sync() if isinstance(model, DistributedModel) else nullcontext()


def unwrap(model: Any) -> Any:
    """The model itself, without the wrapper of DDP (or of mmcv's MMDataParallel)."""
    return getattr(model, "module", model)
