"""Where a step runs: on which device, and in which precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def to_device(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on `device`; from pinned memory the copy does not wait.

    Args:
        batch: a tensor, or a mapping, list or tuple of batches; anything else (`img_metas`) stays as it is.
        device: where to.
    """
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, Mapping):
        return {key: to_device(value, device) for key, value in batch.items()}
    if type(batch) in (list, tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


def device_of(model: nn.Module) -> torch.device:
    """Where the model's first parameter is; the CPU for a model without any."""
    return next((param.device for param in model.parameters()), torch.device("cpu"))


def autocast(device: torch.device, dtype: torch.dtype | None) -> torch.autocast:
    """The context of a forward pass: in `dtype` where that is safe, or in the model's own type for None."""
    return torch.autocast(device.type, dtype, enabled=dtype is not None)
