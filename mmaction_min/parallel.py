"""`MMDataParallel` under mmcv's name, for scripts that wrap their model in it; the engine itself needs no wrapper for one device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from .errors import ArgumentError
from .runner.device import device_of, to_device


class MMDataParallel(nn.Module):
    """A model on one device: what it is called with, also by `train_step` and `val_step`, is moved there first.

    mmcv's (mmcv/parallel/data_parallel.py) trains on one GPU too; for several there is `torchrun`.

    Args:
        module: the model; it is moved to the device.
        device_ids: the GPU's number in a list; the model stays where it is by default.

    Raises:
        ArgumentError: several devices are given.
    """

    def __init__(
        self, module: nn.Module, device_ids: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        if device_ids and len(device_ids) > 1:
            raise ArgumentError(
                f"MMDataParallel is for one device, not for {list(device_ids)}",
                hint="for several GPUs: torchrun --nproc-per-node N -m mmaction_min.train CONFIG",
            )
        self.module = module
        if device_ids:
            self.module.to(torch.device("cuda", device_ids[0]))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own."""
        return self.module(*self._moved(args), **self._moved(kwargs))

    def train_step(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own."""
        return self.module.train_step(*self._moved(args), **self._moved(kwargs))  # type: ignore[operator]

    def val_step(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own."""
        return self.module.val_step(*self._moved(args), **self._moved(kwargs))  # type: ignore[operator]

    def _moved(self, inputs: Any) -> Any:
        return to_device(inputs, device_of(self.module))


def is_module_wrapper(module: nn.Module) -> bool:
    """Whether the model is wrapped: in DDP, in torch's DataParallel, or in `MMDataParallel`."""
    wrapped = getattr(module, "module", None)
    return isinstance(wrapped, nn.Module)
