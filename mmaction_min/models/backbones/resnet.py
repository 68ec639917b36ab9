"""ResNet on frames, with MMAction2's parameter names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...errors import ConfigError
from ..builder import BACKBONES
from .pretrained import load_pretrained


class ConvModule(nn.Module):
    """A convolution, its batch norm under the short name `bn`, and a ReLU unless `act` is off."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        *,
        act: bool = True,
    ) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.conv: nn.Module = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, padding, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)
        self.activate = nn.ReLU(inplace=True) if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.activate(self.bn(self.conv(x)))
        return x


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = ConvModule(in_channels, channels, 3, stride)
        self.conv2 = ConvModule(channels, channels, 3, act=False)
        self.downsample = _downsample(in_channels, channels * self.expansion, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.conv2(self.conv1(x)) + identity)
        return x


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the stride is in the 3x3, as in torchvision."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = ConvModule(in_channels, channels, 1)
        self.conv2 = ConvModule(channels, channels, 3, stride)
        self.conv3 = ConvModule(channels, channels * self.expansion, 1, act=False)
        self.downsample = _downsample(in_channels, channels * self.expansion, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.conv3(self.conv2(self.conv1(x))) + identity)
        return x


def _downsample(in_channels: int, out_channels: int, stride: int) -> ConvModule | None:
    if stride == 1 and in_channels == out_channels:
        return None
    return ConvModule(in_channels, out_channels, 1, stride, act=False)


ARCH: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
"""The block of each depth, and how many of them each stage has."""


@BACKBONES.register_module()
class ResNet(nn.Module):
    """ResNet (arXiv 1512.03385; mmaction/models/backbones/resnet.py).

    Args:
        depth: 18, 34, 50, 101 or 152.
        pretrained: start values: `torchvision://resnet18`, or the path of a checkpoint; None for random ones.
        torchvision_pretrain: the checkpoint has torchvision's parameter names.
        in_channels: channels of the frames.
        num_stages: how many of the four stages there are.
        out_indices: the stages whose maps are returned.
        strides: of the first block of each stage.
        frozen_stages: the stem and the first so many stages are not trained; -1 for none, 0 for the stem alone.
        norm_eval: every batch norm keeps its statistics in training.
        partial_bn: all batch norms but the first keep statistics and parameters, as TSN is trained.

    Raises:
        ConfigError: there is no such depth.
    """

    def __init__(
        self,
        depth: int,
        pretrained: str | None = None,
        torchvision_pretrain: bool = True,
        in_channels: int = 3,
        num_stages: int = 4,
        out_indices: Sequence[int] = (3,),
        strides: Sequence[int] = (1, 2, 2, 2),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        partial_bn: bool = False,
    ) -> None:
        super().__init__()
        if depth not in ARCH:
            raise ConfigError(
                f"there is no ResNet of depth {depth}",
                "backbone.depth",
                f"one of {', '.join(map(str, ARCH))}",
            )
        self.pretrained = pretrained
        self.torchvision_pretrain = torchvision_pretrain
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.partial_bn = partial_bn
        block, blocks = ARCH[depth]
        self.conv1 = ConvModule(in_channels, 64, 7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        width = 64
        self.stages: list[str] = []
        for i in range(num_stages):
            layers = []
            for j in range(blocks[i]):
                layers.append(block(width, 64 * 2**i, strides[i] if j == 0 else 1))
                width = 64 * 2**i * block.expansion
            self.stages.append(f"layer{i + 1}")
            self.add_module(self.stages[-1], nn.Sequential(*layers))

    def init_weights(self, pretrained: str | None = None) -> None:
        """Kaiming's start values (arXiv 1502.01852), or those of `pretrained` (of the constructor's if None)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(
                    module.weight, mode="fan_out", nonlinearity="relu"
                )
            elif isinstance(module, _BatchNorm):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
        if source := pretrained or self.pretrained:
            load_pretrained(
                self, source, _from_torchvision if self.torchvision_pretrain else None
            )

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature maps.

        Args:
            x: (N, C, H, W) frames.

        Returns:
            (N, C', H / 32, W / 32) of the last stage; a tuple if `out_indices` names several stages.
        """
        x = self.maxpool(self.conv1(x))  # (N, 64, H / 4, W / 4)
        outs = []
        for i, name in enumerate(self.stages):
            x = getattr(self, name)(x)
            if i in self.out_indices:
                outs.append(x)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def train(self, mode: bool = True) -> ResNet:
        """Set the mode; what is frozen stays so (from the first call on, so that an optimizer built before has it all)."""
        super().train(mode)
        if not mode:
            return self
        if self.frozen_stages >= 0:
            for name in ["conv1", *self.stages[: self.frozen_stages]]:
                getattr(self, name).eval().requires_grad_(False)
        norms = [module for module in self.modules() if isinstance(module, _BatchNorm)]
        for norm in norms if self.norm_eval else norms[1:] if self.partial_bn else []:
            norm.eval().requires_grad_(
                norm.weight.requires_grad and not self.partial_bn
            )
        return self


def _from_torchvision(name: str) -> str | None:
    """The name here of a parameter of torchvision's ResNet; None for the classifier."""
    if name.startswith("fc."):
        return None
    name = name.replace("downsample.0", "downsample.conv").replace(
        "downsample.1", "downsample.bn"
    )
    return re.sub(
        r"\bconv(\d)\.(?!conv|bn)",
        r"conv\1.conv.",
        re.sub(r"\bbn(\d)\.", r"conv\1.bn.", name),
    )
