"""TSMOptimizerConstructor: the param groups with which TSN and TSM are trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from mmaction_min.errors import ConfigError
from mmaction_min.runner import OPTIMIZER_BUILDERS, DefaultOptimizerConstructor

RATES: dict[str, tuple[float, float]] = {
    "first_conv_weight": (1, 1),
    "first_conv_bias": (2, 0),
    "normal_weight": (1, 1),
    "normal_bias": (2, 0),
    "bn": (1, 0),
    "lr5_weight": (5, 1),
    "lr10_bias": (10, 0),
}
"""The groups in their order: what the rate and the weight decay are multiplied by."""


@OPTIMIZER_BUILDERS.register_module()
class TSMOptimizerConstructor(DefaultOptimizerConstructor):
    """Seven param groups, as TSM is trained with (mmaction/core/optimizer/tsm_optimizer_constructor.py).

    In their order: weight (rate 1, decay 1) and bias (2, 0) of the first convolution; the other weights (1, 1) and biases
    (2, 0) of convolutions and linear layers; norm layers (1, 0), frozen ones aside; and with `fc_lr5` weight (5, 1) and bias
    (10, 0) of the last of those other layers, in the order of `modules()`. A group may be empty.

        optimizer = dict(
            type='SGD', constructor='TSMOptimizerConstructor', paramwise_cfg=dict(fc_lr5=True),
            lr=0.02, momentum=0.9, weight_decay=0.0001)

    Without `paramwise_cfg`, `fc_lr5` is False (upstream then falls back to one group without a word). A last layer without
    bias has no part in the last group (upstream gives another layer's bias the tenfold rate). A parameter that no group has
    room for is refused by its name (upstream never trains some of them).

    Raises:
        ConfigError: `paramwise_cfg` has another key than `fc_lr5`, or the optimizer has no `lr`.
    """

    def validate_cfg(self) -> None:
        self.paramwise_cfg.setdefault("fc_lr5", False)
        if unknown := self.paramwise_cfg.keys() - {"fc_lr5"}:
            raise ConfigError(
                f"{type(self).__name__} does not know {', '.join(sorted(unknown))}",
                "optimizer.paramwise_cfg",
                "it knows fc_lr5",
            )
        if self.base_lr is None:
            raise ConfigError(
                f"{type(self).__name__} has no rate to multiply",
                "optimizer",
                "give the optimizer an lr",
            )

    def add_params(
        self, params: list[dict[str, Any]], module: nn.Module, prefix: str = ""
    ) -> None:
        """Append the seven groups of the whole model `module`.

        Raises:
            ConfigError: a parameter belongs neither to a convolution nor to a linear nor to a norm layer, or with `fc_lr5`
                there is no layer but the first convolution.
        """
        groups: dict[str, list[nn.Parameter]] = {name: [] for name in RATES}
        special = self._special(module)
        for name, layer in module.named_modules(prefix=prefix):
            own = dict(layer.named_parameters(recurse=False))
            if isinstance(layer, _BatchNorm | nn.GroupNorm):
                groups["bn"] += [param for param in own.values() if param.requires_grad]
            elif isinstance(layer, _ConvNd | nn.Linear) and "weight" in own:
                weight, bias = special.get(layer, ("normal_weight", "normal_bias"))
                groups[weight].append(own.pop("weight"))
                groups[bias] += [own.pop("bias")] if "bias" in own else []
                self._refuse(own, name, layer)
            else:
                self._refuse(own, name, layer)
        for name, (lr_mult, decay_mult) in RATES.items():
            params.append(self._group(name, groups[name], lr_mult, decay_mult))

    def _refuse(self, left: Iterable[str], name: str, layer: nn.Module) -> None:
        for param in left:
            raise ConfigError(
                f"{type(self).__name__} has no group for {f'{name}.{param}'.lstrip('.')} of a {type(layer).__name__}",
                "optimizer.constructor",
                "write a constructor of your own: scaffold add constructor NAME",
            )

    def _special(self, module: nn.Module) -> dict[nn.Module, tuple[str, str]]:
        """The groups of weight and bias of the two layers that have groups of their own."""
        kinds = _ConvNd | nn.Linear
        layers = [layer for layer in module.modules() if isinstance(layer, kinds)]
        first = next((layer for layer in layers if isinstance(layer, _ConvNd)), None)
        others = [layer for layer in layers if layer is not first]
        special: dict[nn.Module, tuple[str, str]] = {}
        if first is not None:
            special[first] = ("first_conv_weight", "first_conv_bias")
        if not self.paramwise_cfg["fc_lr5"]:
            return special
        if not others:
            raise ConfigError(
                "there is no last layer for fc_lr5",
                "optimizer.paramwise_cfg",
                "write fc_lr5=False",
            )
        special[others[-1]] = ("lr5_weight", "lr10_bias")
        return special

    def _group(
        self, name: str, params: list[nn.Parameter], lr_mult: float, decay_mult: float
    ) -> dict[str, Any]:
        group: dict[str, Any] = {"params": params, "name": name}
        group["lr"] = (self.base_lr or 0) * lr_mult
        if decay_mult == 0 or self.base_wd is not None:
            group["weight_decay"] = (self.base_wd or 0) * decay_mult
        return group
