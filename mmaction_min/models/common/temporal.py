"""What lets the frames of a clip see each other inside a 2-D network: shift, pooling, non-local blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .non_local import NonLocal3d


class TemporalShift(nn.Module):
    """Moves a part of the channels one frame back, as much one frame on, and then runs `net` (arXiv 1811.08383).

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

    Raises:
        ConfigError: (a ValueError) the frames are not whole clips.
    """
    shifted: Tensor = _Shift.apply(x, num_segments, x.shape[1] // shift_div, False)
    return shifted


def as_clips(
    x: Tensor, num_segments: int, key: str = "model.backbone.num_segments"
) -> Tensor:
    """(N * num_segments, ...) of frames -> (N, num_segments, ...) of clips, a view in any memory format.

    Raises:
        ConfigError: (a ValueError) the frames are not whole clips; `key` is where a config says how many it takes.
    """
    if x.shape[0] % num_segments:
        raise ConfigError(
            f"{x.shape[0]} frames are not whole clips of num_segments={num_segments}",
            key,
            "it is how many the pipeline gives of a video, the num_clips of SampleFrames",
        )
    return x.view(-1, num_segments, *x.shape[1:])


class _Shift(torch.autograd.Function):
    """One pass: every value is read once and written once. Its gradient is the shift the other way round."""

    @staticmethod
    def forward(x: Tensor, num_segments: int, fold: int, back: bool) -> Tensor:
        out = torch.empty_like(x)
        clips = as_clips(x, num_segments)  # (N, num_segments, C, H, W)
        to = as_clips(out, num_segments)
        first, second = slice(fold), slice(fold, 2 * fold)
        if back:
            first, second = second, first
        to[:, :-1, first] = clips[:, 1:, first]
        to[:, -1, first] = 0
        to[:, 1:, second] = clips[:, :-1, second]
        to[:, 0, second] = 0
        to[:, :, 2 * fold :] = clips[:, :, 2 * fold :]
        return out

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, ctx.num_segments, ctx.fold, ctx.back = inputs

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        grad = _Shift.apply(grad, ctx.num_segments, ctx.fold, not ctx.back)
        return grad, None, None, None


class TemporalPool(nn.Module):
    """Halves the frames by a max-pool over three of them, and then runs `net`.

    Args:
        net: what follows.
        num_segments: frames of a clip, before.
    """

    def __init__(self, net: nn.Module, num_segments: int) -> None:
        super().__init__()
        self.net = net
        self.num_segments = num_segments
        self.max_pool3d = nn.MaxPool3d((3, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0))

    def forward(self, x: Tensor) -> Tensor:
        """(N * num_segments, C, H, W) -> (N * num_segments / 2, C', H', W')."""
        clips = as_clips(x, self.num_segments).transpose(1, 2)
        clips = self.max_pool3d(clips)  # (N, C, num_segments / 2, H, W)
        x = self.net(clips.transpose(1, 2).flatten(0, 1))
        return x


class NL3DWrapper(nn.Module):
    """Runs a block on frames, and then a non-local block on clips.

    Args:
        block: on (N * num_segments, C, H, W).
        channels: how many come out of it.
        num_segments: frames of a clip.
        non_local_cfg: of `NonLocal3d`.
    """

    def __init__(
        self,
        block: nn.Module,
        channels: int,
        num_segments: int,
        non_local_cfg: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.block = block
        self.non_local_block = NonLocal3d(channels, **non_local_cfg)
        self.num_segments = num_segments

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(x)
        clips = as_clips(x, self.num_segments).transpose(1, 2)
        clips = self.non_local_block(clips)  # (N, C, num_segments, H, W)
        x = clips.transpose(1, 2).flatten(0, 1)
        return x
