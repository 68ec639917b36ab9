"""Metrics."""

from .accuracy import mean_class_accuracy, top_k_accuracy
from .confusion import confusion_matrix

__all__ = ["confusion_matrix", "mean_class_accuracy", "top_k_accuracy"]
