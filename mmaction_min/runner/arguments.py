"""Are the arguments of a runner what they should be? Refused by name, before a run begins."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from torch import nn
from torch.optim import Optimizer

from ..errors import ArgumentError
from .parallel import unwrap


def check_model(model: nn.Module, batch_processor: object) -> None:
    own = unwrap(model)
    if batch_processor is None:
        if not hasattr(own, "train_step"):
            raise ArgumentError(f"{type(own).__name__} has no train_step()")
        return
    if not callable(batch_processor):
        raise ArgumentError(
            f"batch_processor is a function, not {type(batch_processor).__name__}",
            hint="an optimizer is given by name: optimizer=...",
        )
    warnings.warn(
        "batch_processor is mmcv's old way: write train_step() and val_step() in the model",
        DeprecationWarning,
        stacklevel=4,
    )
    if hasattr(own, "train_step") or hasattr(own, "val_step"):
        raise ArgumentError(
            f"{type(own).__name__} has a step of its own, so it takes no batch_processor"
        )


def check_types(
    optimizer: object, work_dir: object, logger: object, meta: object
) -> None:
    optimizers = (
        list(optimizer.values()) if isinstance(optimizer, dict) else [optimizer]
    )
    for name, values, kind in (
        ("optimizer", optimizers, Optimizer | None),
        ("work_dir", [work_dir], str | Path | None),
        ("logger", [logger], logging.Logger),
        ("meta", [meta], dict | None),
    ):
        if not all(isinstance(value, kind) for value in values):
            raise ArgumentError(
                f"{name} is {values[-1]!r}, a {type(values[-1]).__name__}",
                hint=f"it is of {kind}",
            )
