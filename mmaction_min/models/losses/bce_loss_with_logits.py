"""BCELossWithLogits, for samples of several classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ..builder import LOSSES
from .cross_entropy_loss import register_class_weight


@LOSSES.register_module()
class BCELossWithLogits(nn.Module):
    """Binary cross entropy of each class (mmaction/models/losses/cross_entropy_loss.py).

    Args:
        loss_weight: the loss is multiplied by it.
        class_weight: a weight for each class.
    """

    def __init__(
        self, loss_weight: float = 1.0, class_weight: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.class_weight: Tensor | None
        register_class_weight(self, class_weight)

    def forward(self, cls_score: Tensor, label: Tensor, **kwargs: Any) -> Tensor:
        """The mean loss of a batch.

        Args:
            cls_score: (N, K) scores before the sigmoid.
            label: (N, K) of 0 and 1, or probabilities of the classes.
            **kwargs: of torch's `binary_cross_entropy_with_logits`.

        Returns:
            A tensor without dimensions.
        """
        return self.loss_weight * F.binary_cross_entropy_with_logits(
            cls_score, label.to(cls_score.dtype), self.class_weight, **kwargs
        )
