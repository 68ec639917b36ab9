"""MyOptimizer: from gradients to new weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT

from mmaction_min.runner import OPTIMIZERS


@OPTIMIZERS.register_module()
class MyOptimizer(Optimizer):
    """Gradient descent.

        optimizer = dict(type="MyOptimizer", a=0.1, b=0.9, c=0.0, lr=0.01)

    Args:
        params: the parameters, or param groups, each of which may have options of its own.
        a: yours; in every group as `group["a"]`, and not used yet.
        b: yours; in every group as `group["b"]`, and not used yet.
        c: yours; in every group as `group["c"]`, and not used yet.
        lr: the learning rate, at least 0.

    Raises:
        ValueError: an option has a value that makes no sense.
    """

    def __init__(
        self,
        params: ParamsT,
        a: float = 0.1,
        b: float = 0.9,
        c: float = 0.0,
        lr: float = 0.01,
    ) -> None:
        defaults = {"a": a, "b": b, "c": c, "lr": lr}
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take a group of parameters; the options that it does not have are the defaults."""
        _check({**self.defaults, **param_group})
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Args:
            closure: computes the loss anew, with its gradients.

        Returns:
            What the closure gave, or None.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    self._update(param, param.grad, group)
        return loss

    def _update(self, param: Tensor, grad: Tensor, group: Mapping[str, Any]) -> None:
        # TODO: your update goes here; what it must remember goes into self.state[param].
        param.sub_(grad, alpha=group["lr"])


def _check(options: Mapping[str, Any]) -> None:
    """Refuse what makes no sense; a NaN is refused too."""
    if not options["lr"] >= 0:
        raise ValueError(f"lr is at least 0, not {options['lr']}")
