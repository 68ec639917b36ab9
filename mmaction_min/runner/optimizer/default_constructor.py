"""DefaultOptimizerConstructor: which rate and which weight decay each parameter of a model gets.

Names and rules are those of mmcv 1.7 (mmcv/runner/optimizer/default_constructor.py).
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from ...errors import ArgumentError, ConfigError
from ..parallel import unwrap
from .builder import OPTIMIZER_BUILDERS, OPTIMIZERS

NORMS = (_BatchNorm, _InstanceNorm, nn.GroupNorm, nn.LayerNorm)
DEFORMABLE = {"DeformConv2d", "ModulatedDeformConv2d"}
"""Deformable convolutions, known by the names of their classes: mmcv.ops, which has them, need not be there."""
PARAMWISE_KEYS = frozenset(
    {
        "custom_keys",
        "bias_lr_mult",
        "bias_decay_mult",
        "norm_decay_mult",
        "dwconv_decay_mult",
        "dcn_offset_lr_mult",
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
              parameter's name counts (of equally long ones the alphabet's first), and then no other rule does;
            - `bias_lr_mult`, `bias_decay_mult`: for biases that are not of a norm layer or within a deformable convolution;
            - `norm_decay_mult`: for weight and bias of norm layers;
            - `dwconv_decay_mult`: for weight and bias of depth-wise `Conv2d`;
            - `dcn_offset_lr_mult`: for the `conv_offset` within a deformable convolution;
            - `bypass_duplicate`: a shared parameter is taken once, with a warning, instead of refused by torch.

    Raises:
        ConfigError: an unknown key, or a multiplier without an `lr` or `weight_decay` to multiply.
        ArgumentError: (a TypeError) one of the two, or `custom_keys`, is not a dict.
    """

    def __init__(
        self,
        optimizer_cfg: Mapping[str, Any],
        paramwise_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        _check_dict("optimizer_cfg", optimizer_cfg)
        _check_dict("paramwise_cfg", {} if paramwise_cfg is None else paramwise_cfg)
        self.optimizer_cfg = dict(optimizer_cfg)
        self.paramwise_cfg = dict(paramwise_cfg or {})
        self.base_lr: float | None = self.optimizer_cfg.get("lr")
        self.base_wd: float | None = self.optimizer_cfg.get("weight_decay")
        self.validate_cfg()

    def validate_cfg(self) -> None:
        """Check `paramwise_cfg`; a subclass may have keys of its own, and overrides this to check them."""
        cfg = self.paramwise_cfg
        unknown = sorted(cfg.keys() - PARAMWISE_KEYS)
        if unknown and type(self) is DefaultOptimizerConstructor:
            near = difflib.get_close_matches(unknown[0], PARAMWISE_KEYS, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(
                f"{type(self).__name__} does not know {', '.join(unknown)}",
                "optimizer.paramwise_cfg",
                f"{meant}it knows {', '.join(sorted(PARAMWISE_KEYS))}",
            )
        custom = cfg.get("custom_keys", {})
        _check_dict("paramwise_cfg.custom_keys", custom)
        for key, options in custom.items():
            _check_dict(f"paramwise_cfg.custom_keys[{key!r}]", options)
        used = {*cfg, *(name for options in custom.values() for name in options)}
        for kind, base, missing in (
            ("decay_mult", self.base_wd, "a weight_decay"),
            ("lr_mult", self.base_lr, "an lr"),
        ):
            names = sorted(name for name in used if name.endswith(kind))
            if base is None and names:
                raise ConfigError(
                    f"{', '.join(names)} has nothing to multiply",
                    "optimizer.paramwise_cfg",
                    f"give the optimizer {missing}",
                )

    def __call__(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over all parameters of `model` (or of what it wraps, for DDP)."""
        model = unwrap(model)
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
        """Append one param group for each parameter of `module` and of its children, parents first.

        Args:
            params: the groups so far; appended to.
            module: where the parameters are.
            prefix: the dotted name of `module` in the model.
        """
        bypass = self.paramwise_cfg.get("bypass_duplicate", False)
        seen = {id(param) for group in params for param in _as_list(group["params"])}
        for path, layer, in_dcn in _walk(module, prefix):
            for name, param in layer.named_parameters(recurse=False):
                if bypass and id(param) in seen:
                    warnings.warn(
                        f"{path} is duplicate. It is skipped since bypass_duplicate=True",
                        stacklevel=2,
                    )
                    continue
                seen.add(id(param))
                group: dict[str, Any] = {"params": [param]}
                if param.requires_grad:  # a frozen one has a group, at the base rates
                    self._set_rates(group, layer, name, path, in_dcn)
                params.append(group)

    def _set_rates(
        self,
        group: dict[str, Any],
        layer: nn.Module,
        name: str,
        path: str,
        in_dcn: bool,
    ) -> None:
        options = self._custom(f"{path}.{name}")
        if options is not None:
            lr_mult = options.get("lr_mult", 1.0)
            decay_mult = options.get("decay_mult", 1.0)
        else:
            lr_mult = self._lr_mult(layer, name, path, in_dcn)
            decay_mult = self._decay_mult(layer, name, in_dcn)
        if self.base_lr is not None:
            group["lr"] = self.base_lr * lr_mult
        if self.base_wd is not None:
            group["weight_decay"] = self.base_wd * decay_mult

    def _custom(self, full_name: str) -> Mapping[str, float] | None:
        custom = self.paramwise_cfg.get("custom_keys", {})
        matches = [key for key in custom if key in full_name]
        return (
            custom[min(matches, key=lambda key: (-len(key), key))] if matches else None
        )

    def _lr_mult(self, layer: nn.Module, name: str, path: str, in_dcn: bool) -> float:
        cfg = self.paramwise_cfg
        mult: float = 1.0
        if in_dcn and "conv_offset" in path and isinstance(layer, nn.Conv2d):
            mult = cfg.get("dcn_offset_lr_mult", 1.0)
        elif name == "bias" and not in_dcn and not isinstance(layer, NORMS):
            mult = cfg.get("bias_lr_mult", 1.0)
        return mult

    def _decay_mult(self, layer: nn.Module, name: str, in_dcn: bool) -> float:
        cfg = self.paramwise_cfg
        mult: float = 1.0
        if isinstance(layer, NORMS):
            mult = cfg.get("norm_decay_mult", 1.0)
        elif isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels:
            mult = cfg.get("dwconv_decay_mult", 1.0)
        elif name == "bias" and not in_dcn:
            mult = cfg.get("bias_decay_mult", 1.0)
        return mult


def _walk(
    module: nn.Module, path: str, in_dcn: bool = False
) -> Iterator[tuple[str, nn.Module, bool]]:
    """Each module with its dotted name and whether its parent is a deformable convolution; a shared one comes each time."""
    yield path, module, in_dcn
    is_dcn = any(cls.__name__ in DEFORMABLE for cls in type(module).__mro__)
    for name, child in module.named_children():
        yield from _walk(child, f"{path}.{name}" if path else name, is_dcn)


def _as_list(params: Any) -> list[torch.Tensor]:
    return [params] if isinstance(params, torch.Tensor) else list(params)


def _check_dict(name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{name} is a dict, not {value!r}", "optimizer")
