"""Metrics."""

from .accuracy import mean_class_accuracy, top_k_accuracy
from .confusion import confusion_matrix
from .localization import (
    average_precision_at_temporal_iou,
    average_recall_at_avg_proposals,
    pairwise_temporal_iou,
)

__all__ = [
    "average_precision_at_temporal_iou",
    "average_recall_at_avg_proposals",
    "confusion_matrix",
    "mean_class_accuracy",
    "pairwise_temporal_iou",
    "top_k_accuracy",
]
