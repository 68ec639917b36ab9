"""Where a step runs: on which device, and in which precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def to_device(batch: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """The batch with its tensors on `device`; from pinned memory the copy does not wait."""
    return {
        key: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
        for key, value in batch.items()
    }


def autocast(device: torch.device, dtype: torch.dtype | None) -> torch.autocast:
    """The context of a forward pass: in `dtype` where that is safe, or in the model's own type for None."""
    return torch.autocast(device.type, dtype, enabled=dtype is not None)
