"""ResNet3d: a ResNet on clips, inflated from one on frames, with MMAction2's parameter names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ...argument_types import Positive
from ..builder import BACKBONES
from ..common import ConvModule, Residual, init_network, keep_norms
from ..common.conv_module import RELU
from .pretrained import load_pretrained, torchvision_resnet
from .resnet3d_blocks import BN3D, CONV3D, BasicBlock3d, Bottleneck3d
from .stages import check_stages, freeze_stages, per_block


@BACKBONES.register_module()
class ResNet3d(nn.Module):
    """I3D's ResNet (arXiv 1705.07750, 1711.07971; mmaction/models/backbones/resnet3d.py).

    Args:
        depth: 18, 34, 50, 101 or 152.
        pretrained: start values: `torchvision://resnet50`, a path or a URL (see `load_pretrained`); None for random ones.
        stage_blocks: how many blocks each stage has; by default as the depth says.
        pretrained2d: they are those of a network on frames, with torchvision's parameter names or MMAction2's.
        in_channels: channels of the clips.
        num_stages: how many of the four stages there are.
        base_channels: width of the stem; each stage is twice as wide as the one before.
        out_indices: the stages whose maps are returned.
        spatial_strides: of the first block of each stage.
        temporal_strides: of the first block of each stage.
        dilations: of the 3x3 convolutions of each stage.
        conv1_kernel: (T, H, W) of the first convolution.
        conv1_stride_s: its spatial stride.
        conv1_stride_t: its temporal stride.
        pool1_stride_s: spatial stride of the pooling after it.
        pool1_stride_t: temporal stride of that pooling.
        with_pool1: without it there is no such pooling.
        with_pool2: after the first stage, frames are halved by a max-pool.
        style: 'pytorch' has a bottleneck's stride in its 3x3 convolution, 'caffe' in its first.
        frozen_stages: the stem and the first so many stages are not trained; -1 for none, 0 for the stem alone.
        inflate: for each stage, which of its blocks see three frames; or one number for all blocks of a stage.
        inflate_style: where they see them: '3x1x1' in a bottleneck's first convolution, '3x3x3' in its second.
        conv_cfg: of the convolutions.
        norm_cfg: of the norms.
        act_cfg: of the activations.
        norm_eval: every batch norm keeps its statistics in training.
        with_cp: the blocks are computed again in the backward pass, for memory.
        non_local: for each stage, which of its blocks end in a non-local block; or one number for all blocks of a stage.
        non_local_cfg: of `NonLocal3d`.
        zero_init_residual: with random start values, each block begins as its shortcut.

    Raises:
        ConfigError: there is no such depth or style, or the stages do not agree.
    """

    arch_settings: ClassVar[dict[int, tuple[type[Residual], tuple[int, ...]]]] = {
        18: (BasicBlock3d, (2, 2, 2, 2)),
        34: (BasicBlock3d, (3, 4, 6, 3)),
        50: (Bottleneck3d, (3, 4, 6, 3)),
        101: (Bottleneck3d, (3, 4, 23, 3)),
        152: (Bottleneck3d, (3, 8, 36, 3)),
    }
    """The block of each depth, and how many of them each stage has."""

    def __init__(
        self,
        depth: int,
        pretrained: str | None = None,
        stage_blocks: Sequence[int] | None = None,
        pretrained2d: bool = True,
        in_channels: Positive = 3,
        num_stages: Positive = 4,
        base_channels: Positive = 64,
        out_indices: Sequence[int] = (3,),
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        temporal_strides: Sequence[int] = (1, 1, 1, 1),
        dilations: Sequence[int] = (1, 1, 1, 1),
        conv1_kernel: Sequence[int] = (3, 7, 7),
        conv1_stride_s: Positive = 2,
        conv1_stride_t: Positive = 1,
        pool1_stride_s: Positive = 2,
        pool1_stride_t: Positive = 1,
        with_pool1: bool = True,
        with_pool2: bool = True,
        style: str = "pytorch",
        frozen_stages: int = -1,
        inflate: int | Sequence[int | Sequence[int]] = 1,
        inflate_style: str = "3x1x1",
        conv_cfg: Mapping[str, Any] | None = CONV3D,
        norm_cfg: Mapping[str, Any] | None = BN3D,
        act_cfg: Mapping[str, Any] | None = RELU,
        norm_eval: bool = False,
        with_cp: bool = False,
        non_local: int | Sequence[int | Sequence[int]] = 0,
        non_local_cfg: Mapping[str, Any] | None = None,
        zero_init_residual: bool = True,
    ) -> None:
        super().__init__()
        block, blocks = self.arch_settings.get(depth, (Residual, ()))
        blocks = tuple(blocks if stage_blocks is None else stage_blocks)
        check_stages(
            self.arch_settings,
            depth,
            style,
            num_stages,
            out_indices,
            spatial_strides=spatial_strides,
            temporal_strides=temporal_strides,
            dilations=dilations,
            stage_blocks=blocks,
        )
        self.pretrained = pretrained
        self.pretrained2d = pretrained2d
        self.out_indices = tuple(out_indices)
        self.with_pool1 = with_pool1
        self.with_pool2 = with_pool2
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.zero_init_residual = zero_init_residual
        cfg: dict[str, Any] = {
            "conv_cfg": conv_cfg,
            "norm_cfg": norm_cfg,
            "act_cfg": act_cfg,
        }
        stem_strides = (conv1_stride_t, conv1_stride_s, conv1_stride_s)
        self.conv1 = _stem(in_channels, base_channels, conv1_kernel, stem_strides, cfg)
        self.maxpool = nn.MaxPool3d(
            (1, 3, 3), (pool1_stride_t, pool1_stride_s, pool1_stride_s), (0, 1, 1)
        )
        self.pool2 = nn.MaxPool3d((2, 1, 1), (2, 1, 1))
        self.res_layers: list[str] = []
        inplanes = base_channels
        for i in range(num_stages):
            stage, inplanes = _stage(
                block,
                inplanes,
                base_channels * 2**i,
                (temporal_strides[i], spatial_strides[i]),
                per_block(inflate, i, blocks[i]),
                per_block(non_local, i, blocks[i]),
                dilation=dilations[i],
                style=style,
                inflate_style=inflate_style,
                non_local_cfg=non_local_cfg,
                with_cp=with_cp,
                **cfg,
            )
            self.res_layers.append(f"layer{i + 1}")
            self.add_module(self.res_layers[-1], stage)
        self.feat_dim = inplanes

    def init_weights(self, pretrained: str | None = None) -> None:
        """Kaiming's start values (arXiv 1502.01852), or those of `pretrained` (of the constructor's if None)."""
        init_network(self)
        if source := pretrained or self.pretrained:
            load_pretrained(
                self, source, torchvision_resnet if self.pretrained2d else None
            )
        elif self.zero_init_residual:
            for module in self.modules():
                if isinstance(module, Residual) and module.last_norm is not None:
                    nn.init.zeros_(module.last_norm.weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature maps.

        Args:
            x: (N, C, T, H, W) clips.

        Returns:
            (N, C', T', H / 32, W / 32) of the last stage; a tuple if `out_indices` names several stages.
        """
        x = self.conv1(x)  # (N, C', T', H / 2, W / 2)
        if self.with_pool1:
            x = self.maxpool(x)
        outs = []
        for i, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if i == 0 and self.with_pool2:
                x = self.pool2(x)
            if i in self.out_indices:
                outs.append(x)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def train(self, mode: bool = True) -> ResNet3d:
        """Set the mode; what is frozen stays so (from the first call on, so that an optimizer built before has it all)."""
        super().train(mode)
        if mode:
            freeze_stages(self, self.frozen_stages)
            keep_norms(self, norm_eval=self.norm_eval)
        return self


def _stem(
    in_channels: int,
    channels: int,
    kernel: Sequence[int],
    strides: tuple[int, ...],
    cfg: Mapping[str, Any],
) -> ConvModule:
    """The first convolution, with half of its kernel of zeros at each end."""
    padding = tuple((size - 1) // 2 for size in kernel)
    return ConvModule(
        in_channels, channels, tuple(kernel), strides, padding, bias=False, **cfg
    )


def _stage(
    block: Any,
    inplanes: int,
    planes: int,
    strides: tuple[int, int],
    inflate: Sequence[int],
    non_local: Sequence[int],
    **cfg: Any,
) -> tuple[nn.Sequential, int]:
    """The blocks of a stage, of which the first has the (temporal, spatial) strides; and the channels that come out."""
    layers = []
    for inflated, ends_non_local in zip(inflate, non_local, strict=True):
        (stride_t, stride_s), width = strides, planes * block.expansion
        downsample = None
        # As upstream: a stride in time alone, on as many channels, has no convolution on the shortcut and fails there.
        if stride_s != 1 or inplanes != width:
            downsample = ConvModule(
                inplanes,
                width,
                1,
                (stride_t, stride_s, stride_s),
                bias=False,
                conv_cfg=cfg["conv_cfg"],
                norm_cfg=cfg["norm_cfg"],
                act_cfg=None,
            )
        layers.append(
            block(
                inplanes,
                planes,
                stride_s,
                stride_t,
                downsample=downsample,
                inflate=inflated == 1,
                non_local=ends_non_local == 1,
                **cfg,
            )
        )
        inplanes, strides = width, (1, 1)
    return nn.Sequential(*layers), inplanes
