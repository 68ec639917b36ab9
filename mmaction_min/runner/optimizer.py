"""From `optimizer = dict(type=..., constructor=..., paramwise_cfg=..., lr=...)` to an optimizer with its param groups.

Names and rules are those of mmcv 1.7 (mmcv/runner/optimizer/).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from ..errors import ConfigError
from ..registry import Registry

OPTIMIZERS = Registry("optimizer", "mmaction_min/core/optimizer/__init__.py")
OPTIMIZER_BUILDERS = Registry(
    "optimizer constructor", "mmaction_min/core/optimizer/__init__.py"
)

for _name, _member in vars(torch.optim).items():
    if (
        inspect.isclass(_member)
        and issubclass(_member, torch.optim.Optimizer)
        and _member is not torch.optim.Optimizer
    ):
        OPTIMIZERS.register_module(_name, module=_member)

NORMS = (_BatchNorm, _InstanceNorm, nn.GroupNorm, nn.LayerNorm)
PARAMWISE_KEYS = frozenset(
    {
        "custom_keys",
        "bias_lr_mult",
        "bias_decay_mult",
        "norm_decay_mult",
        "dwconv_decay_mult",
        "bypass_duplicate",
    }
)


@OPTIMIZER_BUILDERS.register_module()
class DefaultOptimizerConstructor:
    """Builds the optimizer of a model; without `paramwise_cfg` with one param group, else with one group a parameter.

    A subclass overrides `add_params(params, module)` to make the groups in its own way.

    Args:
        optimizer_cfg: `dict(type='SGD', lr=..., ...)`, without `constructor` and `paramwise_cfg`.
        paramwise_cfg: which parameters get a rate or decay of their own:

            - `custom_keys`: `{'part of the name': dict(lr_mult=1, decay_mult=1)}`; the longest key that is a part of a
              parameter's name counts, and then no other rule does;
            - `bias_lr_mult`, `bias_decay_mult`: for biases that are not of a norm layer;
            - `norm_decay_mult`: for weight and bias of norm layers;
            - `dwconv_decay_mult`: for depth-wise `Conv2d`;
            - `bypass_duplicate`: a shared parameter is taken once, with a warning, instead of refused by torch.

    Raises:
        ConfigError: an unknown key, or a decay multiplier without a `weight_decay` to multiply.
    """

    def __init__(
        self,
        optimizer_cfg: Mapping[str, Any],
        paramwise_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        self.optimizer_cfg = dict(optimizer_cfg)
        self.paramwise_cfg = dict(paramwise_cfg or {})
        self.base_lr: float | None = self.optimizer_cfg.get("lr")
        self.base_wd: float | None = self.optimizer_cfg.get("weight_decay")
        self.validate_cfg()

    def validate_cfg(self) -> None:
        """Check `paramwise_cfg`; a subclass may have keys of its own, and overrides this to check them."""
        unknown = self.paramwise_cfg.keys() - PARAMWISE_KEYS
        if unknown and type(self) is DefaultOptimizerConstructor:
            raise ConfigError(
                f"{type(self).__name__} does not know {', '.join(sorted(unknown))}",
                "optimizer.paramwise_cfg",
                f"it knows {', '.join(sorted(PARAMWISE_KEYS))}",
            )
        custom = self.paramwise_cfg.get("custom_keys", {}).values()
        decays = [key for key in self.paramwise_cfg if key.endswith("decay_mult")]
        if self.base_wd is None and (
            decays or any("decay_mult" in options for options in custom)
        ):
            raise ConfigError(
                "a decay_mult has nothing to multiply",
                "optimizer.paramwise_cfg",
                "give the optimizer a weight_decay",
            )

    def __call__(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over all parameters of `model` (or of what it wraps, for DDP)."""
        model = getattr(model, "module", model)
        params: list[dict[str, Any]] | Any = []
        makes_groups = (
            type(self).add_params is not DefaultOptimizerConstructor.add_params
        )
        if self.paramwise_cfg or makes_groups:  # upstream forgets the second
            self.add_params(params, model)
        else:
            params = model.parameters()
        optimizer: torch.optim.Optimizer = OPTIMIZERS.build(
            self.optimizer_cfg, {"params": params}
        )
        return optimizer

    def add_params(
        self, params: list[dict[str, Any]], module: nn.Module, prefix: str = ""
    ) -> None:
        """Append one param group for each parameter of `module` and of its children, in the order of `modules()`.

        Args:
            params: the groups so far; appended to.
            module: where the parameters are.
            prefix: the dotted name of `module` in the model.
        """
        seen = {id(param) for group in params for param in _as_list(group["params"])}
        for name, param in module.named_parameters(recurse=False):
            if id(param) in seen and self.paramwise_cfg.get("bypass_duplicate", False):
                warnings.warn(
                    f"{prefix}.{name} is shared and already has its param group",
                    stacklevel=2,
                )
                continue
            group: dict[str, Any] = {"params": [param]}
            if param.requires_grad:
                self._set_rates(group, module, name, f"{prefix}.{name}")
            params.append(group)
        for name, child in module.named_children():
            self.add_params(params, child, f"{prefix}.{name}" if prefix else name)

    def _set_rates(
        self, group: dict[str, Any], module: nn.Module, name: str, full_name: str
    ) -> None:
        lr_mult, decay_mult = self._multipliers(module, name, full_name)
        if lr_mult is not None and self.base_lr is not None:
            group["lr"] = self.base_lr * lr_mult
        if decay_mult is not None and self.base_wd is not None:
            group["weight_decay"] = self.base_wd * decay_mult

    def _multipliers(
        self, module: nn.Module, name: str, full_name: str
    ) -> tuple[float | None, float | None]:
        cfg = self.paramwise_cfg
        custom = cfg.get("custom_keys", {})
        for key in sorted(custom, key=lambda key: (-len(key), key)):
            if key in full_name:
                return custom[key].get("lr_mult", 1.0), custom[key].get(
                    "decay_mult", 1.0
                )
        is_norm = isinstance(module, NORMS)
        is_bias = name == "bias" and not is_norm
        is_depthwise = (
            isinstance(module, nn.Conv2d) and module.groups == module.in_channels
        )
        lr_mult = cfg.get("bias_lr_mult") if is_bias else None
        if is_norm:
            return lr_mult, cfg.get("norm_decay_mult")
        if is_depthwise:
            return lr_mult, cfg.get("dwconv_decay_mult")
        return lr_mult, cfg.get("bias_decay_mult") if is_bias else None


def _as_list(params: Any) -> list[torch.Tensor]:
    return [params] if isinstance(params, torch.Tensor) else list(params)


def build_optimizer(model: nn.Module, cfg: Mapping[str, Any]) -> torch.optim.Optimizer:
    """The optimizer of a config: `dict(type=..., [constructor=...,] [paramwise_cfg=...,] **arguments)`.

    Raises:
        NotRegisteredError: the optimizer or its constructor has no such name.
        ConfigError: their arguments are wrong.
    """
    optimizer_cfg = {
        key: value
        for key, value in cfg.items()
        if key not in ("constructor", "paramwise_cfg")
    }
    constructor = OPTIMIZER_BUILDERS.build(
        {
            "type": cfg.get("constructor", "DefaultOptimizerConstructor"),
            "optimizer_cfg": optimizer_cfg,
            "paramwise_cfg": cfg.get("paramwise_cfg"),
        }
    )
    optimizer: torch.optim.Optimizer = constructor(model)
    return optimizer
