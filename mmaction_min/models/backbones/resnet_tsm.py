"""ResNetTSM: a ResNet whose blocks see a part of the neighbour frames' channels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ..builder import BACKBONES
from .resnet import ARCH, ResNet


class TemporalShift(nn.Module):
    """Moves a part of the channels one frame back, as much one frame on, and then runs `net`.

    Args:
        net: what follows.
        num_segments: frames of a clip.
        shift_div: one part in `shift_div` of the channels moves back, and one on.
    """

    def __init__(
        self, net: nn.Module, num_segments: int = 8, shift_div: int = 8
    ) -> None:
        super().__init__()
        self.net = net
        self.num_segments = num_segments
        self.shift_div = shift_div

    def forward(self, x: Tensor) -> Tensor:
        x = self.net(shift(x, self.num_segments, self.shift_div))
        return x


def shift(x: Tensor, num_segments: int, shift_div: int = 8) -> Tensor:
    """The first C // shift_div channels come from the next frame, as many from the frame before, zeros at the ends.

    Args:
        x: (N * num_segments, C, H, W), in any memory format, which the result keeps.
        num_segments: frames of a clip.
        shift_div: see above.

    Returns:
        The same shape as `x`.
    """
    fold = x.shape[1] // shift_div
    clips = x.view(-1, num_segments, *x.shape[1:])  # (N, num_segments, C, H, W)
    out = torch.zeros_like(x)
    out_clips = out.view(clips.shape)  # a view
    out_clips[:, :-1, :fold] = clips[:, 1:, :fold]
    out_clips[:, 1:, fold : 2 * fold] = clips[:, :-1, fold : 2 * fold]
    out_clips[:, :, 2 * fold :] = clips[:, :, 2 * fold :]
    return out


@BACKBONES.register_module()
class ResNetTSM(ResNet):
    """ResNet with temporal shift (arXiv 1811.08383; mmaction/models/backbones/resnet_tsm.py).

    The blocks are wrapped once, in the constructor (upstream does it in `init_weights`, and twice if that is called twice).

    Args:
        depth: 18, 34, 50, 101 or 152.
        num_segments: frames of a clip.
        is_shift: without it this is a ResNet.
        shift_div: one part in `shift_div` of the channels moves to each side.
        shift_place: 'blockres' shifts what enters a block's first convolution, 'block' what enters the whole block.
        **kwargs: of `ResNet`.

    Raises:
        ConfigError: there is no such place.
    """

    def __init__(
        self,
        depth: int,
        num_segments: int = 8,
        is_shift: bool = True,
        shift_div: int = 8,
        shift_place: str = "blockres",
        **kwargs: Any,
    ) -> None:
        super().__init__(depth, **kwargs)
        if shift_place not in ("block", "blockres"):
            raise ConfigError(
                f"there is no place {shift_place!r}",
                "backbone.shift_place",
                "'blockres' or 'block'",
            )
        self.num_segments = num_segments
        self.shift_div = shift_div
        if not is_shift:
            return
        # The paper shifts every second block of a ResNet-101 and deeper, whose third stage is long.
        every = 2 if shift_place == "blockres" and ARCH[depth][1][2] >= 23 else 1
        for name in self.stages:
            stage = getattr(self, name)
            for i in range(0, len(stage), every):
                if shift_place == "block":
                    stage[i] = self._shifted(stage[i])
                else:
                    stage[i].conv1.conv = self._shifted(stage[i].conv1.conv)

    def _shifted(self, net: nn.Module) -> TemporalShift:
        return TemporalShift(net, self.num_segments, self.shift_div)
