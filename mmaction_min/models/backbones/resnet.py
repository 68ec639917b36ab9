"""ResNet on frames, with MMAction2's parameter names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ...argument_types import Positive
from ..builder import BACKBONES
from ..common import ConvModule, Residual, init_network, keep_norms
from ..common.conv_module import RELU
from .pretrained import load_pretrained, torchvision_resnet
from .stages import check_stages, freeze_stages

CONV2D: Mapping[str, Any] = {"type": "Conv2d"}
BN2D: Mapping[str, Any] = {"type": "BN2d", "requires_grad": True}


class BasicBlock(Residual):
    """Two 3x3 convolutions around a shortcut.

    Args:
        inplanes: channels of the input.
        planes: width of the block.
        stride: of the first convolution.
        dilation: of the first convolution.
        downsample: makes the shortcut fit.
        style: of `Bottleneck`; makes no difference here.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        with_cp: see `Residual`.
    """

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        style: str = "pytorch",
        conv_cfg: Mapping[str, Any] | None = CONV2D,
        norm_cfg: Mapping[str, Any] | None = BN2D,
        act_cfg: Mapping[str, Any] | None = RELU,
        with_cp: bool = False,
    ) -> None:
        cfg: dict[str, Any] = {
            "bias": False,
            "conv_cfg": conv_cfg,
            "norm_cfg": norm_cfg,
        }
        convs = [
            ConvModule(
                inplanes, planes, 3, stride, dilation, dilation, act_cfg=act_cfg, **cfg
            ),
            ConvModule(planes, planes, 3, 1, 1, act_cfg=None, **cfg),
        ]
        super().__init__(convs, downsample, act_cfg, with_cp)


class Bottleneck(Residual):
    """1x1, 3x3 and 1x1 convolutions around a shortcut.

    Args:
        inplanes: channels of the input.
        planes: width of the block; four times as many channels come out.
        stride: of the 3x3 convolution.
        dilation: of the 3x3 convolution.
        downsample: makes the shortcut fit.
        style: 'caffe' has the stride in the first 1x1 convolution.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        with_cp: see `Residual`.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        dilation: int = 1,
        downsample: nn.Module | None = None,
        style: str = "pytorch",
        conv_cfg: Mapping[str, Any] | None = CONV2D,
        norm_cfg: Mapping[str, Any] | None = BN2D,
        act_cfg: Mapping[str, Any] | None = RELU,
        with_cp: bool = False,
    ) -> None:
        cfg: dict[str, Any] = {
            "bias": False,
            "conv_cfg": conv_cfg,
            "norm_cfg": norm_cfg,
        }
        first, second = (1, stride) if style == "pytorch" else (stride, 1)
        convs = [
            ConvModule(inplanes, planes, 1, first, act_cfg=act_cfg, **cfg),
            ConvModule(
                planes, planes, 3, second, dilation, dilation, act_cfg=act_cfg, **cfg
            ),
            ConvModule(planes, planes * self.expansion, 1, act_cfg=None, **cfg),
        ]
        super().__init__(convs, downsample, act_cfg, with_cp)


@BACKBONES.register_module()
class ResNet(nn.Module):
    """ResNet (arXiv 1512.03385; mmaction/models/backbones/resnet.py).

    Args:
        depth: 18, 34, 50, 101 or 152.
        pretrained: start values: `torchvision://resnet50`, a path or a URL (see `load_pretrained`); None for random ones.
        torchvision_pretrain: they have torchvision's parameter names.
        in_channels: channels of the frames.
        num_stages: how many of the four stages there are.
        out_indices: the stages whose maps are returned.
        strides: of the first block of each stage.
        dilations: of the 3x3 convolutions of each stage.
        style: 'pytorch' has a bottleneck's stride in its 3x3 convolution, 'caffe' in its first.
        frozen_stages: the stem and the first so many stages are not trained; -1 for none, 0 for the stem alone.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        norm_eval: every batch norm keeps its statistics in training.
        partial_bn: all batch norms but the first keep statistics and parameters, as TSN is trained.
        with_cp: the blocks are computed again in the backward pass, for memory (basic blocks too, which upstream refuses).

    Raises:
        ConfigError: there is no such depth or style, or the stages do not agree.
    """

    arch_settings: ClassVar[dict[int, tuple[type[Residual], tuple[int, ...]]]] = {
        18: (BasicBlock, (2, 2, 2, 2)),
        34: (BasicBlock, (3, 4, 6, 3)),
        50: (Bottleneck, (3, 4, 6, 3)),
        101: (Bottleneck, (3, 4, 23, 3)),
        152: (Bottleneck, (3, 8, 36, 3)),
    }
    """The block of each depth, and how many of them each stage has."""

    def __init__(
        self,
        depth: int,
        pretrained: str | None = None,
        torchvision_pretrain: bool = True,
        in_channels: Positive = 3,
        num_stages: int = 4,
        out_indices: Sequence[int] = (3,),
        strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        style: str = "pytorch",
        frozen_stages: int = -1,
        conv_cfg: Mapping[str, Any] | None = CONV2D,
        norm_cfg: Mapping[str, Any] | None = BN2D,
        act_cfg: Mapping[str, Any] | None = RELU,
        norm_eval: bool = False,
        partial_bn: bool = False,
        with_cp: bool = False,
    ) -> None:
        super().__init__()
        check_stages(
            self.arch_settings,
            depth,
            style,
            num_stages,
            out_indices,
            strides=strides,
            dilations=dilations,
        )
        self.pretrained = pretrained
        self.torchvision_pretrain = torchvision_pretrain
        self.out_indices = tuple(out_indices)
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.partial_bn = partial_bn
        cfg: dict[str, Any] = {"conv_cfg": conv_cfg, "norm_cfg": norm_cfg}
        self.conv1 = ConvModule(
            in_channels, 64, 7, 2, 3, bias=False, act_cfg=act_cfg, **cfg
        )
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        block: Any
        block, blocks = self.arch_settings[depth]
        inplanes = 64
        self.res_layers: list[str] = []
        for i in range(num_stages):
            planes, stride, layers = 64 * 2**i, strides[i], []
            for _ in range(blocks[i]):
                downsample, width = None, planes * block.expansion
                if stride != 1 or inplanes != width:
                    downsample = ConvModule(
                        inplanes, width, 1, stride, bias=False, act_cfg=None, **cfg
                    )
                layers.append(
                    block(
                        inplanes,
                        planes,
                        stride,
                        dilations[i],
                        downsample,
                        style,
                        act_cfg=act_cfg,
                        with_cp=with_cp,
                        **cfg,
                    )
                )
                inplanes, stride = width, 1
            self.res_layers.append(f"layer{i + 1}")
            self.add_module(self.res_layers[-1], nn.Sequential(*layers))
        self.feat_dim = inplanes

    def init_weights(self, pretrained: str | None = None) -> None:
        """Kaiming's start values (arXiv 1502.01852), or those of `pretrained` (of the constructor's if None)."""
        init_network(self)
        if source := pretrained or self.pretrained:
            rename = torchvision_resnet if self.torchvision_pretrain else None
            load_pretrained(self, source, rename)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature maps.

        Args:
            x: (N, C, H, W) frames.

        Returns:
            (N, C', H / 32, W / 32) of the last stage; a tuple if `out_indices` names several stages.
        """
        x = self.maxpool(self.conv1(x))  # (N, 64, H / 4, W / 4)
        outs = []
        for i, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if i in self.out_indices:
                outs.append(x)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def train(self, mode: bool = True) -> ResNet:
        """Set the mode; what is frozen stays so (from the first call on, so that an optimizer built before has it all)."""
        super().train(mode)
        if mode:
            freeze_stages(self, self.frozen_stages)
            keep_norms(self, norm_eval=self.norm_eval, partial_bn=self.partial_bn)
        return self
