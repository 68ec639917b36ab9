"""BaseModule and its containers: upstream's models derive from them; a model of ours needs no more than `nn.Module`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import ConfigError
from .weights import load_checkpoint

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
}
"""What `init_cfg.type` may be, beside 'Pretrained'; the arguments are those of `torch.nn.init`."""


class BaseModule(nn.Module):
    """A module with `init_cfg` (mmcv/runner/base_module.py): `init_weights` follows it, first here and then in the children.

    Args:
        init_cfg: `dict(type='Kaiming', layer='Conv2d')`, `dict(type='Pretrained', checkpoint=...)`, or a list of such.
    """

    def __init__(self, init_cfg: InitCfg = None) -> None:
        super().__init__()
        self.init_cfg = init_cfg

    def init_weights(self) -> None:
        """Give the parameters their start values.

        Raises:
            ConfigError: `init_cfg` has an unknown type.
        """
        cfgs = [self.init_cfg] if isinstance(self.init_cfg, Mapping) else self.init_cfg
        for cfg in cfgs or []:
            self._init(dict(cfg))
        for child in self.children():
            if callable(init := getattr(child, "init_weights", None)):
                init()

    def _init(self, cfg: dict[str, Any]) -> None:
        kind = cfg.pop("type", None)
        if kind == "Pretrained":
            load_checkpoint(self, cfg["checkpoint"])
            return
        if kind not in INITS:
            raise ConfigError(
                f"{kind!r} is no initialization",
                "init_cfg.type",
                f"it is one of Pretrained, {', '.join(INITS)}",
            )
        layers, bias = cfg.pop("layer", ()), cfg.pop("bias", 0)
        layers = [layers] if isinstance(layers, str) else layers
        for module in self.modules():
            if type(module).__name__ not in layers:
                continue
            if isinstance(weight := getattr(module, "weight", None), Tensor):
                INITS[kind](weight, **cfg)
            if isinstance(own := getattr(module, "bias", None), Tensor):
                nn.init.constant_(own, bias)


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
