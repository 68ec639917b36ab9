"""TSNHead: the mean over segments of what each segment says alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...argument_types import Positive
from ..builder import HEADS
from .base import BaseHead, check_head, init_classifier


@HEADS.register_module()
class TSNHead(BaseHead):
    """The head of temporal segment networks (arXiv 1608.00859; mmaction/models/heads/tsn_head.py).

    The segments are averaged before the classifier, so their order cannot matter.

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        loss_cls: the config of the loss; cross entropy by default.
        spatial_type: 'avg': the mean over each map; None: the features come flat.
        consensus: `dict(type='AvgConsensus', dim=1)`, the mean over segments.
        dropout_ratio: the part of the averaged features that is dropped in training.
        init_std: standard deviation of the classifier's start values.
        **kwargs: of `BaseHead`.
    """

    def __init__(
        self,
        num_classes: Positive,
        in_channels: Positive,
        loss_cls: Mapping[str, Any] | None = None,
        spatial_type: str | None = "avg",
        consensus: Mapping[str, Any] | None = None,
        dropout_ratio: float = 0.4,
        init_std: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, in_channels, loss_cls, **kwargs)
        check_head(spatial_type, consensus)
        self.spatial_type = spatial_type
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        init_classifier(self.fc_cls, self.init_std)

    def forward(self, x: Tensor, num_segs: int) -> Tensor:
        if self.spatial_type is not None:
            x = x.mean(dim=(2, 3))  # (N * num_segs, C)
        x = x.reshape(-1, num_segs, self.in_channels).mean(dim=1)  # (N, C)
        score: Tensor = self.fc_cls(self.dropout(x))  # (N, K)
        return score
