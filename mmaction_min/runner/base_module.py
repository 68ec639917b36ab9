"""BaseModule and its containers: upstream's models derive from them; a model of ours needs no more than `nn.Module`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import log
from typing import Any

from torch import Tensor, nn

from ..errors import ConfigError
from .checkpoint import (
    _load_checkpoint_with_prefix,
    load_checkpoint,
    load_state_dict,
)

InitCfg = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


def _kaiming(
    weight: Tensor,
    a: float = 0,
    mode: str = "fan_out",
    nonlinearity: str = "relu",
    distribution: str = "normal",
) -> None:
    init = {"normal": nn.init.kaiming_normal_, "uniform": nn.init.kaiming_uniform_}
    init[distribution](weight, a=a, mode=mode, nonlinearity=nonlinearity)  # type: ignore[arg-type]


def _xavier(weight: Tensor, gain: float = 1, distribution: str = "normal") -> None:
    init = {"normal": nn.init.xavier_normal_, "uniform": nn.init.xavier_uniform_}
    init[distribution](weight, gain=gain)


INITS: dict[str, Callable[..., Any]] = {
    "Constant": lambda weight, val: nn.init.constant_(weight, val),
    "Normal": nn.init.normal_,
    "TruncNormal": nn.init.trunc_normal_,
    "Uniform": nn.init.uniform_,
    "Kaiming": _kaiming,
    "Xavier": _xavier,
    "Caffe2Xavier": partial(
        _kaiming, a=1, mode="fan_in", nonlinearity="leaky_relu", distribution="uniform"
    ),
}
"""What `init_cfg.type` may be, beside 'Pretrained'; the arguments are those of `torch.nn.init`."""


class BaseModule(nn.Module):
    """A module with `init_cfg` (mmcv/runner/base_module.py): `init_weights` follows it, first here and then in the children.

    Args:
        init_cfg: `dict(type='Kaiming', layer='Conv2d')`, or a list of such. `layer` names classes, or direct bases of
            theirs (`'_BatchNorm'`); the biases become `bias`, 0 by default, or what makes the sigmoid `bias_prob`.
            `override=dict(name='reg', type=...)`, or a list, is for all of that part instead; with the name alone, in
            the same way. `dict(type='Pretrained', checkpoint=..., prefix=...)`: the children's own are left out then.
    """

    def __init__(self, init_cfg: InitCfg = None) -> None:
        super().__init__()
        self.init_cfg = init_cfg

    def init_weights(self) -> None:
        """Give the parameters their start values.

        Raises:
            ConfigError: `init_cfg` has an unknown type, or an `override` is for no part of the module.
        """
        for cfg in _listed(self.init_cfg):
            self._init(dict(cfg))
        if isinstance(self.init_cfg, Mapping) and self.init_cfg["type"] == "Pretrained":
            return
        for child in self.children():
            if callable(init := getattr(child, "init_weights", None)):
                init()

    def _init(self, cfg: dict[str, Any]) -> None:
        overrides, layers = cfg.pop("override", None), cfg.pop("layer", ())
        layers = {layers} if isinstance(layers, str) else set(layers)
        _initialize(self, cfg, layers)
        for override in _listed(overrides):
            own = dict(override)
            name = own.pop("name", "")
            part = getattr(self, name, None)
            if not isinstance(part, nn.Module) or (own and "type" not in own):
                raise ConfigError(
                    f"{dict(override)!r} is for no part of {type(self).__name__}, or has no type",
                    "init_cfg.override",
                    f"its name is one of {', '.join(dict(self.named_children()))}, with a type or nothing else",
                )
            _initialize(part, own or cfg, None)


def _listed(cfgs: InitCfg) -> Sequence[Mapping[str, Any]]:
    return [cfgs] if isinstance(cfgs, Mapping) else cfgs or []


def _initialize(
    module: nn.Module, cfg: Mapping[str, Any], layers: set[str] | None
) -> None:
    """Follow one `init_cfg`, in the layers of these classes; None for all that have weights."""
    options = dict(cfg)
    kind = options.pop("type", None)
    if kind == "Pretrained":
        _load(module, **options)
        return
    if kind not in INITS:
        raise ConfigError(
            f"{kind!r} is no initialization",
            "init_cfg.type",
            f"it is one of Pretrained, {', '.join(INITS)}",
        )
    bias, prob = options.pop("bias", 0), options.pop("bias_prob", None)
    if prob is not None:
        bias = -log((1 - prob) / prob)
    for each in module.modules():
        names = {cls.__name__ for cls in (type(each), *type(each).__bases__)}
        if layers is not None and not layers & names:
            continue
        if isinstance(weight := getattr(each, "weight", None), Tensor):
            INITS[kind](weight, **options)
        if isinstance(own := getattr(each, "bias", None), Tensor):
            nn.init.constant_(own, bias)


def _load(
    module: nn.Module,
    checkpoint: str,
    prefix: str | None = None,
    map_location: str | None = None,
) -> None:
    if prefix is None:
        load_checkpoint(module, checkpoint, map_location or "cpu")
    else:
        weights = _load_checkpoint_with_prefix(prefix, checkpoint, map_location)
        load_state_dict(module, weights)


class Sequential(BaseModule, nn.Sequential):
    """`nn.Sequential` with `init_cfg`."""

    def __init__(self, *args: Any, init_cfg: InitCfg = None) -> None:
        nn.Sequential.__init__(self, *args)
        self.init_cfg = init_cfg


class ModuleList(BaseModule, nn.ModuleList):
    """`nn.ModuleList` with `init_cfg`."""

    def __init__(
        self, modules: Iterable[nn.Module] | None = None, init_cfg: InitCfg = None
    ) -> None:
        nn.ModuleList.__init__(self, modules)
        self.init_cfg = init_cfg


class ModuleDict(BaseModule, nn.ModuleDict):
    """`nn.ModuleDict` with `init_cfg`."""

    def __init__(
        self, modules: Mapping[str, nn.Module] | None = None, init_cfg: InitCfg = None
    ) -> None:
        nn.ModuleDict.__init__(self, modules)
        self.init_cfg = init_cfg
