"""CrossEntropyLoss, with integer or soft labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..builder import LOSSES


@LOSSES.register_module()
class CrossEntropyLoss(nn.Module):
    """Cross entropy of class scores (mmaction/models/losses/cross_entropy_loss.py).

    Args:
        loss_weight: the loss is multiplied by it.
        class_weight: a weight for each class; the mean over the samples is weighted by them.
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
            cls_score: (N, K) scores before the softmax.
            label: (N,) class numbers, or (N, K) probabilities of the classes.
            **kwargs: of torch's `cross_entropy`, for class numbers.

        Returns:
            A tensor without dimensions.
        """
        if label.shape != cls_score.shape:
            return self.loss_weight * F.cross_entropy(
                cls_score, label, self.class_weight, **kwargs
            )
        weight = 1.0 if self.class_weight is None else self.class_weight  # (K,)
        losses = -(label * F.log_softmax(cls_score, dim=1) * weight).sum(dim=1)  # (N,)
        if self.class_weight is None:
            return self.loss_weight * losses.mean()
        return self.loss_weight * losses.sum() / (label * weight).sum()


def register_class_weight(
    loss: nn.Module, class_weight: Sequence[float] | None
) -> None:
    """Keep the weights where the loss is, and out of its checkpoint: they are a config's numbers."""
    weight = None
    if class_weight is not None:
        weight = torch.tensor(class_weight, dtype=torch.float32)  # (K,)
    loss.register_buffer("class_weight", weight, persistent=False)
