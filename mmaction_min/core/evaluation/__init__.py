"""Metrics."""

from .accuracy import (
    mean_average_precision,
    mean_class_accuracy,
    mmit_mean_average_precision,
    top_k_accuracy,
)
from .confusion import confusion_matrix
from .evaluate import evaluate_scores

__all__ = [
    "confusion_matrix",
    "evaluate_scores",
    "mean_average_precision",
    "mean_class_accuracy",
    "mmit_mean_average_precision",
    "top_k_accuracy",
]
