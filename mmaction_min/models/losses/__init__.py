"""Losses: from scores and labels to one number."""

from .bce_loss_with_logits import BCELossWithLogits
from .cross_entropy_loss import CrossEntropyLoss

__all__ = [
    "BCELossWithLogits",
    "CrossEntropyLoss",
]
