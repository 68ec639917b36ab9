"""MyHead: classifies each segment and averages the scores."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..builder import HEADS
from .base import BaseHead


@HEADS.register_module()
class MyHead(BaseHead):
    """A classification head: pooling, dropout, one linear layer, and the mean over the segments.

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        dropout_ratio: the part of the features that is dropped in training.
        init_std: standard deviation of the classifier's start values.
        **kwargs: of `BaseHead`: `loss_cls`, `multi_class`, `label_smooth_eps`, `topk`.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        dropout_ratio: float = 0.5,
        init_std: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, in_channels, **kwargs)
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        """Start with small random weights, so that no class is preferred."""
        nn.init.normal_(self.fc_cls.weight, std=self.init_std)
        nn.init.zeros_(self.fc_cls.bias)

    def forward(self, x: Tensor, num_segs: int) -> Tensor:
        """Class scores of N clips.

        Args:
            x: (N * num_segs, C, H, W) features, the segments of a clip one after the other.
            num_segs: segments of a clip.

        Returns:
            (N, K) scores before the softmax.
        """
        x = x.mean(dim=(2, 3))  # (N * num_segs, C)
        # TODO: your idea goes here. This line sees each segment alone.
        score: Tensor = self.fc_cls(self.dropout(x))  # (N * num_segs, K)
        return score.view(-1, num_segs, self.num_classes).mean(dim=1)  # (N, K)
