"""CrossEntropyLoss, with integer or soft labels."""

from __future__ import annotations

from collections.abc import Sequence

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
        weight = (
            None
            if class_weight is None
            else torch.tensor(class_weight, dtype=torch.float32)
        )
        self.register_buffer(
            "class_weight", weight, persistent=False
        )  # a config's number, not a checkpoint's
        self.class_weight: Tensor | None

    def forward(self, cls_score: Tensor, label: Tensor) -> Tensor:
        """The mean loss of a batch.

        Args:
            cls_score: (N, K) scores before the softmax.
            label: (N,) class numbers, or (N, K) probabilities of the classes.

        Returns:
            A tensor without dimensions.
        """
        if label.shape != cls_score.shape:
            return self.loss_weight * F.cross_entropy(
                cls_score, label, self.class_weight
            )
        weight = 1.0 if self.class_weight is None else self.class_weight  # (K,)
        losses = -(label * F.log_softmax(cls_score, dim=1) * weight).sum(dim=1)  # (N,)
        if self.class_weight is None:
            return self.loss_weight * losses.mean()
        return self.loss_weight * losses.sum() / (label * weight).sum()
