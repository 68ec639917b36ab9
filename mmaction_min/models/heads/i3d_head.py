"""I3DHead: the mean over time and space of what a 3-D backbone sees, classified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import HEADS
from .base import BaseHead, check_head, init_classifier


@HEADS.register_module()
class I3DHead(BaseHead):
    """The head of I3D and SlowOnly (arXiv 1705.07750; mmaction/models/heads/i3d_head.py).

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        loss_cls: the config of the loss; cross entropy by default.
        spatial_type: 'avg': the mean over each map; None: the features come flat.
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
        dropout_ratio: float = 0.5,
        init_std: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_classes, in_channels, loss_cls, **kwargs)
        check_head(spatial_type, None)
        self.spatial_type = spatial_type
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        init_classifier(self.fc_cls, self.init_std)

    def forward(self, x: Tensor, num_segs: int = 1) -> Tensor:
        """Class scores of (N, C, T, H, W) features; `num_segs` has no meaning here.

        Raises:
            ConfigError: the features are of frames, (N, C, H, W).
        """
        if self.spatial_type is not None and x.dim() == 4:
            raise ConfigError(
                f"{type(self).__name__} takes (N, C, T, H, W) features of clips, and got those of shape {tuple(x.shape)}",
                "model.cls_head",
                f"{type(self).__name__} is for Recognizer3D; TSNHead and TSMHead are for Recognizer2D",
            )
        if self.spatial_type is not None:
            x = x.mean(dim=(2, 3, 4))  # (N, C)
        score: Tensor = self.fc_cls(self.dropout(x.flatten(1)))  # (N, K)
        return score
