"""Metrics."""

from .accuracy import mean_class_accuracy, top_k_accuracy

__all__ = ["mean_class_accuracy", "top_k_accuracy"]
