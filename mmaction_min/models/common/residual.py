"""Residual: the forward pass that the blocks of all ResNets share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .conv_module import RELU, ConvModule, build_activation


class Residual(nn.Module):
    """Convolutions `conv1`, `conv2`, ... around a shortcut (arXiv 1512.03385).

    Args:
        convs: they run one after the other; the last one has no activation.
        downsample: makes the shortcut fit; None where it fits as it is.
        act_cfg: the activation after the sum.
        with_cp: the block is computed again in the backward pass, which saves the memory of what is in it.
    """

    expansion = 1
    """How many times more channels come out than the block is wide."""

    def __init__(
        self,
        convs: Sequence[ConvModule],
        downsample: nn.Module | None = None,
        act_cfg: Mapping[str, Any] | None = RELU,
        with_cp: bool = False,
    ) -> None:
        super().__init__()
        self._convs = [f"conv{i}" for i in range(1, len(convs) + 1)]
        for name, conv in zip(self._convs, convs, strict=True):
            self.add_module(name, conv)
        self.out_channels = convs[-1].out_channels
        self.downsample = downsample
        self.relu = build_activation(act_cfg)
        self.with_cp = with_cp

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, ...) -> (N, C', ...), the spatial and temporal sizes divided by the strides."""
        if self.with_cp and x.requires_grad:
            x = checkpoint(self._sum, x, use_reentrant=False)
        else:
            x = self._sum(x)
        x = self.relu(x)
        return x

    def _sum(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        for name in self._convs:
            x = getattr(self, name)(x)
        return x + identity

    @property
    def last_norm(self) -> nn.Module | None:
        """The norm before the sum: with a weight of 0 the block begins as its shortcut."""
        norm: nn.Module | None = getattr(self, self._convs[-1]).norm
        return norm
