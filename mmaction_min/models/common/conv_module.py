"""ConvModule: a convolution, its norm and its activation, under mmcv's names (mmcv/cnn/bricks/conv_module.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...errors import ConfigError

RELU: Mapping[str, Any] = {"type": "ReLU", "inplace": True}

CONVS: dict[str, type[nn.Module]] = {
    "Conv": nn.Conv2d,
    "Conv1d": nn.Conv1d,
    "Conv2d": nn.Conv2d,
    "Conv3d": nn.Conv3d,
}
NORMS: dict[str, tuple[str, type[nn.Module]]] = {
    "BN": ("bn", nn.BatchNorm2d),
    "BN1d": ("bn", nn.BatchNorm1d),
    "BN2d": ("bn", nn.BatchNorm2d),
    "BN3d": ("bn", nn.BatchNorm3d),
    "SyncBN": ("bn", nn.SyncBatchNorm),
    "GN": ("gn", nn.GroupNorm),
    "IN": ("in", nn.InstanceNorm2d),
    "IN2d": ("in", nn.InstanceNorm2d),
    "IN3d": ("in", nn.InstanceNorm3d),
}
"""The type in a config: the name of the layer in its module, and its class."""


def build_conv(
    cfg: Mapping[str, Any] | None, *args: Any, **kwargs: Any
) -> nn.Conv1d | nn.Conv2d | nn.Conv3d:
    """The convolution of `dict(type='Conv3d')`, of two dimensions for None; the other arguments are torch's."""
    kind, own = _split(cfg or {"type": "Conv2d"}, "conv_cfg")
    conv: Any = _one_of(CONVS, kind, "conv_cfg")
    return conv(*args, **kwargs, **own)  # type: ignore[no-any-return]


def build_norm(cfg: Mapping[str, Any], channels: int) -> tuple[str, nn.Module]:
    """The norm of `dict(type='BN2d', requires_grad=True, eps=1e-5)`, and its short name.

    Args:
        cfg: the type and the arguments of torch's layer; `requires_grad=False` does not train weight and bias.
        channels: C of the (N, C, ...) that it sees.
    """
    kind, own = _split(cfg, "norm_cfg")
    name, layer = _one_of(NORMS, kind, "norm_cfg")
    trained = own.pop("requires_grad", True)
    if layer is nn.GroupNorm:
        own["num_channels"] = channels
        norm: nn.Module = layer(**own)
    else:
        norm = layer(channels, **own)
    for param in norm.parameters():
        param.requires_grad_(trained)
    return name, norm


def build_activation(cfg: Mapping[str, Any] | None) -> nn.Module:
    """The activation of `dict(type='ReLU', inplace=True)`: any of `torch.nn`; None for none."""
    if cfg is None:
        return nn.Identity()
    kind, own = _split(cfg, "act_cfg")
    layer = getattr(nn, kind, None)
    if layer is None:
        raise ConfigError(f"torch.nn has no activation {kind!r}", "act_cfg")
    activation: nn.Module = layer(**own)
    return activation


def _split(cfg: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    own = dict(cfg)
    if "type" not in own:
        raise ConfigError("it has no `type`", where)
    return own.pop("type"), own


def _one_of(table: Mapping[str, Any], kind: str, where: str) -> Any:
    if kind not in table:
        raise ConfigError(
            f"there is no {kind!r}", where, f"one of {', '.join(sorted(table))}"
        )
    return table[kind]


class ConvModule(nn.Module):
    """A convolution `conv`, its norm under the short name (`bn`, `gn`, `in`), and `activate`.

    Args:
        in_channels: C of the input.
        out_channels: C of the output.
        kernel_size: of the convolution, as are the next four.
        stride: see above.
        padding: see above.
        dilation: see above.
        groups: see above.
        bias: 'auto' has one where there is no norm.
        conv_cfg: `dict(type='Conv3d')`; two dimensions for None.
        norm_cfg: `dict(type='BN3d')`; no norm for None.
        act_cfg: `dict(type='ReLU')`; no activation for None.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        bias: bool | str = "auto",
        conv_cfg: Mapping[str, Any] | None = None,
        norm_cfg: Mapping[str, Any] | None = None,
        act_cfg: Mapping[str, Any] | None = RELU,
    ) -> None:
        super().__init__()
        self.conv: nn.Module = build_conv(
            conv_cfg,
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=norm_cfg is None if bias == "auto" else bool(bias),
        )
        self.out_channels = out_channels
        self.norm_name = None
        if norm_cfg is not None:
            self.norm_name, norm = build_norm(norm_cfg, out_channels)
            self.add_module(self.norm_name, norm)
        self.activate = build_activation(act_cfg)

    @property
    def norm(self) -> nn.Module | None:
        """The norm, whatever its name is."""
        return None if self.norm_name is None else getattr(self, self.norm_name)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, ...) -> (N, C', ...)."""
        x = self.conv(x)
        if self.norm_name is not None:
            x = getattr(self, self.norm_name)(x)
        x = self.activate(x)
        return x
