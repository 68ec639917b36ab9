"""The registries of optimizers and of their constructors, and from a config to an optimizer with its param groups."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ...registry import Registry

OPTIMIZERS = Registry("optimizer", "mmaction_min/core/optimizer/__init__.py")
OPTIMIZER_BUILDERS = Registry(
    "optimizer constructor", "mmaction_min/core/optimizer/__init__.py"
)


def register_torch_optimizers() -> list[str]:
    """Register every class of `torch.optim` under its name, and return the names; once is enough."""
    names = [
        name
        for name, member in vars(torch.optim).items()
        if inspect.isclass(member) and issubclass(member, torch.optim.Optimizer)
    ]
    for name in names:
        OPTIMIZERS.register_module(name, module=getattr(torch.optim, name), force=True)
    return names


TORCH_OPTIMIZERS = register_torch_optimizers()


def build_optimizer_constructor(cfg: Mapping[str, Any]) -> Any:
    """The constructor of `dict(type=..., optimizer_cfg=..., paramwise_cfg=...)`.

    Raises:
        NotRegisteredError: it has no such name.
        ConfigError: its arguments are wrong.
    """
    return OPTIMIZER_BUILDERS.build(cfg)


def build_optimizer(model: nn.Module, cfg: Mapping[str, Any]) -> torch.optim.Optimizer:
    """The optimizer of a config: `dict(type=..., [constructor=...,] [paramwise_cfg=...,] **arguments)`; it is only read.

    Raises:
        NotRegisteredError: the optimizer or its constructor has no such name.
        ConfigError: their arguments are wrong.
    """
    own = ("constructor", "paramwise_cfg")
    constructor = build_optimizer_constructor(
        {
            "type": cfg.get("constructor", "DefaultOptimizerConstructor"),
            "optimizer_cfg": {k: v for k, v in cfg.items() if k not in own},
            "paramwise_cfg": cfg.get("paramwise_cfg"),
        }
    )
    optimizer: torch.optim.Optimizer = constructor(model)
    return optimizer


def with_fused(cfg: Mapping[str, Any], device: torch.device | str) -> dict[str, Any]:
    """The config with `fused=True` where torch has it and the config leaves the choice open.

    Args:
        cfg: of the optimizer; what it says of `fused`, `foreach` or `differentiable` stays.
        device: where the model is; elsewhere than on CUDA nothing is added.

    An unknown name is left for `build_optimizer` to refuse.
    """
    kind = cfg.get("type")
    build = OPTIMIZERS.get(kind) if isinstance(kind, str) else kind
    chosen = cfg.keys() & {"fused", "foreach", "differentiable"}
    # A copy knows its place in the config file, for messages; a dict made anew does not.
    result: dict[str, Any] = copy.copy(cfg)  # type: ignore[arg-type]
    if chosen or build is None or torch.device(device).type != "cuda":
        return result
    if "fused" in inspect.signature(build).parameters:
        result["fused"] = True
    return result
