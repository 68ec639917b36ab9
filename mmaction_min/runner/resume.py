"""What a run takes from a checkpoint to go on; whatever does not fit is refused by name, before a step can fail on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from ..errors import CheckpointError

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


@contextmanager
def fitting(where: str) -> Iterator[None]:
    """Whatever fails within the block is the checkpoint's fault.

    Raises:
        CheckpointError: something failed.
    """
    try:
        yield
    except Exception as e:
        raise CheckpointError(
            f"what the checkpoint has beside the weights does not fit: {e!r}", where
        ) from e
