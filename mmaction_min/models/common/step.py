"""What a model's `train_step` makes of its losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError


def step_outputs(losses: Mapping[str, Any], num_samples: int) -> dict[str, Any]:
    """What the runner's step needs: `loss` to call backward on, `log_vars` without gradients, `num_samples`.

    Args:
        losses: losses and accuracies by their names; what has "loss" in its name is trained with.
        num_samples: of the batch.

    Raises:
        ConfigError: one of them is no tensor.
    """
    means = {name: _mean(name, value) for name, value in losses.items()}
    loss = torch.stack([value for name, value in means.items() if "loss" in name]).sum()
    log_vars = {name: value.detach() for name, value in means.items()}
    return {
        "loss": loss,
        "log_vars": {**log_vars, "loss": loss.detach()},
        "num_samples": num_samples,
    }


def _mean(name: str, loss: Any) -> Tensor:
    """The mean of a loss, or the sum of the means of a list of them."""
    if isinstance(loss, list | tuple):
        return torch.stack([_mean(name, value) for value in loss]).sum()
    if not isinstance(loss, Tensor):
        trains = "loss" in name
        raise ConfigError(
            f"the model gives {name!r} as {loss!r}, and not as a tensor{' with a gradient' * trains}",
            hint="leave out .item() and float() where it is computed" * trains,
        )
    return loss.mean()
