"""What a run takes from a checkpoint to go on; whatever does not fit is refused by name, before a step can fail on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import CheckpointError
from .log_buffer import LogBuffer
from .state import restore_rng

MOMENTS = {
    *("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_inf"),
    *("square_avg", "grad_avg", "acc_delta", "sum", "prev", "step_size", "mu", "eta"),
}
"""What torch's optimizers remember of a parameter, in its shape or as one number."""


def load_optimizer(
    optimizer: Optimizer | Mapping[str, Optimizer],
    checkpoint: Mapping[str, Any],
    where: str,
) -> None:
    """Put back the state of an optimizer, or of several by name.

    Raises:
        CheckpointError: the checkpoint has none, or that of another optimizer or model.
    """
    if "optimizer" not in checkpoint:
        raise CheckpointError(
            "the checkpoint has no optimizer, so no run can go on from it",
            where,
            "use --load-from",
        )
    state = checkpoint["optimizer"]
    try:
        if isinstance(optimizer, Optimizer):
            _load_one(optimizer, state)
            return
        for name, one in optimizer.items():
            _load_one(one, state[name])
    except Exception as e:  # torch checks little of a state that it is given
        raise CheckpointError(
            f"the checkpoint is of another optimizer: {e!s}", where
        ) from e


def _load_one(optimizer: Optimizer, state: dict[str, Any]) -> None:
    before = [group.keys() - {"params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, keys in zip(optimizer.param_groups, before, strict=True):
        if missing := keys - group.keys():
            raise ValueError(f"its groups have no {', '.join(sorted(missing))}")
        for param in group["params"]:
            _check_moments(param, optimizer.state.get(param, {}))


def _check_moments(param: Tensor, state: Any) -> None:
    if not isinstance(state, Mapping):
        raise ValueError(f"the state of a parameter is {state!r}")
    for name in MOMENTS & state.keys():
        shape = getattr(state[name], "shape", ())
        if shape not in ((), param.shape):
            raise ValueError(
                f"its {name} is {tuple(shape)}, and the parameter {tuple(param.shape)}"
            )


def position_of(checkpoint: Mapping[str, Any], where: str) -> tuple[int, int, int]:
    """The epochs, the iterations, and the iterations of the running epoch that are done.

    Raises:
        CheckpointError: the checkpoint does not say it.
    """
    meta = checkpoint.get("meta", {})
    try:
        position = meta["epoch"], meta["iter"], meta.get("inner_iter", 0)
        if not all(type(number) is int and number >= 0 for number in position):
            raise ValueError(f"{position} is no position")
    except Exception as e:
        raise CheckpointError(
            f"the checkpoint does not say where its run stood: {e!r}",
            where,
            "use --load-from",
        ) from e
    return position


def restore_state(checkpoint: Mapping[str, Any], log: LogBuffer, where: str) -> None:
    """Put back the random numbers, and what the log still has to take the mean of.

    Raises:
        CheckpointError: they are not what this version writes.
    """
    try:
        if "rng" in checkpoint:
            restore_rng(checkpoint["rng"])
        if "log" in checkpoint:
            log.load_state_dict(checkpoint["log"])
    except Exception as e:
        raise CheckpointError(
            f"the checkpoint's random numbers or its log cannot be put back: {e!r}",
            where,
        ) from e


def load_gradients(model: nn.Module, gradients: Mapping[str, Any], where: str) -> None:
    """Put back the gradients of a group of batches that the optimizer has not stepped on.

    Raises:
        CheckpointError: they are of another model.
    """
    own = dict(model.named_parameters())
    try:
        for name, gradient in gradients.items():
            own[name].grad = gradient.to(own[name].device)
    except Exception as e:
        raise CheckpointError(f"its gradients do not fit: {e!r}", where) from e
