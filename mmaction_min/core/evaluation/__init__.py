"""Metrics."""

from .accuracy import (
    mean_average_precision,
    mean_class_accuracy,
    mmit_mean_average_precision,
    top_k_accuracy,
)
from .confusion import confusion_matrix
from .evaluate import check_metrics, evaluate_scores
from .localization import (
    average_precision_at_temporal_iou,
    average_recall_at_avg_proposals,
    pairwise_temporal_iou,
)

__all__ = [
    "average_precision_at_temporal_iou",
    "average_recall_at_avg_proposals",
    "check_metrics",
    "confusion_matrix",
    "evaluate_scores",
    "mean_average_precision",
    "mean_class_accuracy",
    "mmit_mean_average_precision",
    "pairwise_temporal_iou",
    "top_k_accuracy",
]
