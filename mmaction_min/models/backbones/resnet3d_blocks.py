"""The blocks of ResNets on clips, with MMAction2's parameter names (mmaction/models/backbones/resnet3d.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...errors import ConfigError
from ..common import ConvModule, NonLocal3d, Residual
from ..common.conv_module import RELU

CONV3D: Mapping[str, Any] = {"type": "Conv3d"}
BN3D: Mapping[str, Any] = {"type": "BN3d", "requires_grad": True}


class BasicBlock3d(Residual):
    """Two convolutions of 3x3, or of 3x3x3 if inflated, around a shortcut.

    Args:
        inplanes: channels of the input.
        planes: width of the block.
        spatial_stride: of the first convolution.
        temporal_stride: of the first convolution.
        dilation: of the first convolution, in space.
        downsample: makes the shortcut fit.
        style: of `Bottleneck3d`; makes no difference here, and neither does the next but one.
        inflate: the convolutions see three frames.
        inflate_style: see above.
        non_local: the block ends in a non-local block.
        non_local_cfg: of `NonLocal3d`.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        with_cp: see `Residual`.
    """

    def __init__(
        self,
        inplanes: int,
        planes: int,
        spatial_stride: int = 1,
        temporal_stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        style: str = "pytorch",
        inflate: bool = True,
        inflate_style: str = "3x1x1",
        non_local: bool = False,
        non_local_cfg: Mapping[str, Any] | None = None,
        conv_cfg: Mapping[str, Any] | None = CONV3D,
        norm_cfg: Mapping[str, Any] | None = BN3D,
        act_cfg: Mapping[str, Any] | None = RELU,
        with_cp: bool = False,
    ) -> None:
        cfg: dict[str, Any] = {"conv_cfg": conv_cfg, "norm_cfg": norm_cfg}
        kernel = (3 if inflate else 1, 3, 3)
        stride = (temporal_stride, spatial_stride, spatial_stride)
        convs = [
            _conv(inplanes, planes, kernel, stride, dilation, act_cfg=act_cfg, **cfg),
            _conv(planes, planes, kernel, act_cfg=None, **cfg),
        ]
        super().__init__(convs, downsample, act_cfg, with_cp)
        self.non_local_block = _non_local(planes, non_local, non_local_cfg)

    def forward(self, x: Tensor) -> Tensor:
        x = self.non_local_block(super().forward(x))
        return x


class Bottleneck3d(Residual):
    """1x1, 3x3 and 1x1 convolutions around a shortcut, of which one sees three frames if inflated.

    Args:
        inplanes: channels of the input.
        planes: width of the block; four times as many channels come out.
        spatial_stride: of the second convolution.
        temporal_stride: of the second convolution.
        dilation: of the second convolution, in space.
        downsample: makes the shortcut fit.
        style: 'caffe' has the strides in the first convolution.
        inflate: one convolution sees three frames.
        inflate_style: '3x1x1': the first one does; '3x3x3': the second one.
        non_local: the block ends in a non-local block.
        non_local_cfg: of `NonLocal3d`.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        with_cp: see `Residual`.

    Raises:
        ConfigError: there is no such `inflate_style`.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        spatial_stride: int = 1,
        temporal_stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        style: str = "pytorch",
        inflate: bool = True,
        inflate_style: str = "3x1x1",
        non_local: bool = False,
        non_local_cfg: Mapping[str, Any] | None = None,
        conv_cfg: Mapping[str, Any] | None = CONV3D,
        norm_cfg: Mapping[str, Any] | None = BN3D,
        act_cfg: Mapping[str, Any] | None = RELU,
        with_cp: bool = False,
    ) -> None:
        if inflate_style not in ("3x1x1", "3x3x3"):
            raise ConfigError(
                f"there is no {inflate_style!r}",
                "backbone.inflate_style",
                "'3x1x1' or '3x3x3'",
            )
        cfg: dict[str, Any] = {"conv_cfg": conv_cfg, "norm_cfg": norm_cfg}
        width = planes * self.expansion
        first, second = (1, 1, 1), (temporal_stride, spatial_stride, spatial_stride)
        if style == "caffe":
            first, second = second, first
        t1 = 3 if inflate and inflate_style == "3x1x1" else 1
        t2 = 3 if inflate and inflate_style == "3x3x3" else 1
        convs = [
            _conv(inplanes, planes, (t1, 1, 1), first, act_cfg=act_cfg, **cfg),
            _conv(planes, planes, (t2, 3, 3), second, dilation, act_cfg=act_cfg, **cfg),
            _conv(planes, width, (1, 1, 1), act_cfg=None, **cfg),
        ]
        super().__init__(convs, downsample, act_cfg, with_cp)
        self.non_local_block = _non_local(width, non_local, non_local_cfg)

    def forward(self, x: Tensor) -> Tensor:
        x = self.non_local_block(super().forward(x))
        return x


def _conv(
    inplanes: int,
    planes: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    dilation: int = 1,
    **cfg: Any,
) -> ConvModule:
    """A convolution, its norm and its activation; without its stride it keeps the size. The dilation is of space."""
    t, side, _ = kernel
    around = side // 2 * dilation
    return ConvModule(
        inplanes,
        planes,
        kernel,
        stride,
        padding=(t // 2, around, around),
        dilation=(1, dilation, dilation),
        bias=False,
        **cfg,
    )


def _non_local(channels: int, wanted: bool, cfg: Mapping[str, Any] | None) -> nn.Module:
    return NonLocal3d(channels, **(cfg or {})) if wanted else nn.Identity()
