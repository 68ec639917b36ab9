"""MyOptimizerConstructor: the param groups of a model, each with its own rate and weight decay."""

from __future__ import annotations

from typing import Any

from torch import nn

from mmaction_min.errors import ConfigError
from mmaction_min.runner import OPTIMIZER_BUILDERS, DefaultOptimizerConstructor


@OPTIMIZER_BUILDERS.register_module()
class MyOptimizerConstructor(DefaultOptimizerConstructor):
    """One param group for each parameter: a faster head, and no weight decay for biases and norm layers.

        optimizer = dict(
            type="SGD", constructor="MyOptimizerConstructor",
            paramwise_cfg=dict(fc_lr5=True),
            lr=0.01, weight_decay=0.0001)

    What `paramwise_cfg` may have:

    - `fc_lr5` (bool): whether the head learns five times as fast as the backbone.
    """

    def validate_cfg(self) -> None:
        """Fill in what `paramwise_cfg` leaves out, and refuse what nothing reads.

        Raises:
            ConfigError: `paramwise_cfg` has an unknown key.
        """
        defaults: dict[str, Any] = {"fc_lr5": True}
        known = defaults.keys()
        if unknown := self.paramwise_cfg.keys() - known:
            raise ConfigError(
                f"{type(self).__name__} does not know {', '.join(sorted(unknown))}",
                "optimizer.paramwise_cfg",
                f"it knows {', '.join(sorted(known))}",
            )
        self.paramwise_cfg = {**defaults, **self.paramwise_cfg}

    def add_params(
        self,
        params: list[dict[str, Any]],
        module: nn.Module,
        prefix: str = "",
    ) -> None:
        """Append a group for each parameter of `module`, once for a shared one.

        Args:
            params: the groups so far; appended to.
            module: the model.
            prefix: the dotted name of `module`, if it is a part of a model.
        """
        for name, param in module.named_parameters(prefix):
            group: dict[str, Any] = {"params": [param]}
            # TODO: your rule goes here: which parameters learn at which rate?
            is_fast = self.paramwise_cfg["fc_lr5"] and name.startswith("cls_head.")
            if is_fast and self.base_lr is not None:
                group["lr"] = 5 * self.base_lr
            if self.base_wd is not None and param.ndim <= 1:  # a bias or a norm layer
                group["weight_decay"] = 0.0
            params.append(group)
