"""Where a step runs: on which device, and in which precision."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from .arriving import Arriving


def to_device(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on `device`; from pinned memory the copy does not wait.

    Args:
        batch: a tensor, frames that arrive, or a mapping, list or tuple of batches; anything else (`img_metas`) stays as it is.
        device: where to.
    """
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, Arriving):
        return batch.arrive(device)
    if isinstance(batch, Mapping):
        return {key: to_device(value, device) for key, value in batch.items()}
    if type(batch) in (list, tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


class Mover:
    """Moves batches to the device; to a GPU on a stream of its own, so that a copy runs beside the step before.

    The host is a step ahead of a GPU that nothing waits for, so the copy of the next batch from pinned memory is under
    way while the GPU still computes: no batch is fetched from the loader before its turn, and none is lost by a stop.

    Args:
        device: where to.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def __call__(self, batch: Any) -> Any:
        """The batch on the device; what is queued after this call finds it there."""
        if self._stream is None:  # on the CPU frames may arrive, too
            return to_device(batch, self.device)
        with torch.cuda.stream(self._stream):
            moved = to_device(batch, self.device)
        current = torch.cuda.current_stream(self.device)
        current.wait_stream(self._stream)
        _keep_for(moved, current)
        return moved


def _keep_for(batch: Any, stream: torch.cuda.Stream) -> None:
    """Let the memory of the batch, which another stream allocated, not be used again before `stream` is done with it."""
    if isinstance(batch, Tensor):
        if batch.is_cuda:
            batch.record_stream(stream)
    elif isinstance(batch, Mapping):
        _keep_for(list(batch.values()), stream)
    elif type(batch) in (list, tuple):
        for value in batch:
            _keep_for(value, stream)


CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def to_channels_last(model: nn.Module) -> None:
    """Lay the weights of 2-D and 3-D convolutions out with the channels last; on a GPU the results follow."""
    for param in model.parameters():
        if param.dim() in CHANNELS_LAST:
            param.data = param.data.to(memory_format=CHANNELS_LAST[param.dim()])


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter is; the CPU for a model without any."""
    return next((param.device for param in model.parameters()), torch.device("cpu"))


def autocast(
    device: torch.device, dtype: torch.dtype | None
) -> AbstractContextManager[Any]:
    """The context of a forward pass: in `dtype` where that is safe, or in the model's own type for None."""
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype)
