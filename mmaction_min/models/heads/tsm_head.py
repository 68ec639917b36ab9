"""TSMHead: each segment is classified, for its features have seen their neighbours, and the scores are averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...argument_types import Positive
from ..builder import HEADS
from ..common.temporal import as_clips
from .base import BaseHead, check_head, init_classifier


@HEADS.register_module()
class TSMHead(BaseHead):
    """The head of temporal shift networks (arXiv 1811.08383; mmaction/models/heads/tsm_head.py).

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        num_segments: segments of a clip; several crops of one clip keep scores of their own.
        loss_cls: the config of the loss; cross entropy by default.
        spatial_type: 'avg': the mean over each map; None: the features come flat.
        consensus: `dict(type='AvgConsensus', dim=1)`, the mean over segments.
        dropout_ratio: the part of the features that is dropped in training.
        init_std: standard deviation of the classifier's start values.
        is_shift: the backbone shifts.
        temporal_pool: the backbone, if it shifts, has halved the segments.
        **kwargs: of `BaseHead`.
    """

    def __init__(
        self,
        num_classes: Positive,
        in_channels: Positive,
        num_segments: Positive = 8,
        loss_cls: Mapping[str, Any] | None = None,
        spatial_type: str | None = "avg",
        consensus: Mapping[str, Any] | None = None,
        dropout_ratio: float = 0.8,
        init_std: float = 0.001,
        is_shift: bool = True,
        temporal_pool: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, in_channels, loss_cls, **kwargs)
        check_head(spatial_type, consensus)
        halved = is_shift and temporal_pool
        self.num_segments = num_segments // 2 if halved else num_segments
        self.spatial_type = spatial_type
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        init_classifier(self.fc_cls, self.init_std)

    def forward(self, x: Tensor, num_segs: int) -> Tensor:
        """Class scores; `num_segs` counts the crops too, which stay apart: the result is (N * crops, K).

        Raises:
            ConfigError: the frames are not whole clips of `num_segments`.
        """
        if self.spatial_type is not None:
            x = x.mean(dim=(2, 3))  # (N * num_segs, C)
        score: Tensor = self.fc_cls(self.dropout(x.flatten(1)))  # (N * num_segs, K)
        clips = as_clips(score, self.num_segments, "model.cls_head.num_segments")
        return clips.mean(dim=1)  # (N * crops, K)
