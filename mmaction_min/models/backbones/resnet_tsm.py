"""ResNetTSM: a ResNet whose blocks see a part of the neighbour frames' channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import BACKBONES
from ..common.temporal import NL3DWrapper, TemporalPool, TemporalShift
from .resnet import ResNet
from .stages import per_block


@BACKBONES.register_module()
class ResNetTSM(ResNet):
    """ResNet with temporal shift (arXiv 1811.08383; mmaction/models/backbones/resnet_tsm.py).

    The blocks are wrapped once, in the constructor (upstream does it in `init_weights`, and twice if that is called twice).

    Args:
        depth: 18, 34, 50, 101 or 152.
        num_segments: frames of a clip.
        is_shift: without it this is a ResNet.
        non_local: for each stage, which of its blocks are followed by a non-local block; or one number for all.
        non_local_cfg: of `NonLocal3d` (without it upstream leaves all of them out).
        shift_div: one part in `shift_div` of the channels moves to each side.
        shift_place: 'blockres' shifts what enters a block's first convolution, 'block' what enters the whole block.
        temporal_pool: before the second stage, frames are halved by a max-pool (non-local blocks after it see as many as
            there are; upstream mixes two clips there).
        **kwargs: of `ResNet`.

    Raises:
        ConfigError: there is no such place, or nothing is left of the frames.
    """

    def __init__(
        self,
        depth: int,
        num_segments: Positive = 8,
        is_shift: bool = True,
        non_local: int | Sequence[int | Sequence[int]] = 0,
        non_local_cfg: Mapping[str, Any] | None = None,
        shift_div: Positive = 8,
        shift_place: str = "blockres",
        temporal_pool: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(depth, **kwargs)
        if shift_place not in ("block", "blockres"):
            raise ConfigError(
                f"there is no place {shift_place!r}",
                "backbone.shift_place",
                "'blockres' or 'block'",
            )
        if temporal_pool and (num_segments < 2 or len(self.res_layers) < 2):
            raise ConfigError(
                "it halves the frames of the second stage",
                "backbone.temporal_pool",
                "it needs two stages, and two segments or more",
            )
        self.num_segments = num_segments
        for i, name in enumerate(self.res_layers):
            stage = getattr(self, name)
            segments = num_segments // 2 if temporal_pool and i else num_segments
            # The paper shifts every second block of a ResNet-101 and deeper, whose third stage is long.
            long = shift_place == "blockres" and self.arch_settings[depth][1][2] >= 23
            for j in range(0, len(stage), 2 if long else 1) if is_shift else ():
                _shift(stage, j, shift_place, segments, shift_div)
            for j, wanted in enumerate(per_block(non_local, i, len(stage))):
                if wanted:
                    channels = 64 * 2**i * self.arch_settings[depth][0].expansion
                    stage[j] = NL3DWrapper(
                        stage[j], channels, segments, non_local_cfg or {}
                    )
        if temporal_pool:
            self.layer2: nn.Module = TemporalPool(self.layer2, num_segments)


def _shift(stage: Any, j: int, place: str, segments: int, shift_div: int) -> None:
    """Let block `j` of a stage begin with a shift."""
    if place == "block":
        stage[j] = TemporalShift(stage[j], segments, shift_div)
    else:
        conv = stage[j].conv1
        conv.conv = TemporalShift(conv.conv, segments, shift_div)
