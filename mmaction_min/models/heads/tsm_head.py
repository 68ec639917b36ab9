"""TSMHead: each segment is classified, for its features have seen their neighbours, and the scores are averaged."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..builder import HEADS
from .base import BaseHead


@HEADS.register_module()
class TSMHead(BaseHead):
    """The head of temporal shift networks (arXiv 1811.08383; mmaction/models/heads/tsm_head.py).

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        num_segments: segments of a clip; several crops of one clip keep scores of their own.
        dropout_ratio: the part of the features that is dropped in training.
        init_std: standard deviation of the classifier's start values.
        **kwargs: of `BaseHead`.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        num_segments: int = 8,
        dropout_ratio: float = 0.8,
        init_std: float = 0.001,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, in_channels, **kwargs)
        self.num_segments = num_segments
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        nn.init.normal_(self.fc_cls.weight, std=self.init_std)
        nn.init.zeros_(self.fc_cls.bias)

    def forward(self, x: Tensor, num_segs: int) -> Tensor:
        """Class scores; `num_segs` counts the crops too, which stay apart: the result is (N * crops, K)."""
        x = x.mean(dim=(2, 3))  # (N * num_segs, C)
        score: Tensor = self.fc_cls(self.dropout(x))  # (N * num_segs, K)
        return score.view(-1, self.num_segments, self.num_classes).mean(
            dim=1
        )  # (N * crops, K)
