"""Losses: from scores and labels to one number."""

from .cross_entropy_loss import CrossEntropyLoss

__all__ = [
    "CrossEntropyLoss",
]
