"""Accuracies of a classifier, from its scores. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def top_k_accuracy(
    scores: ArrayLike, labels: ArrayLike, topk: Sequence[int] = (1,)
) -> list[float]:
    """For each k, the share of samples whose label is among the k highest scores.

    Of equal scores the lower class index counts as the higher one, so a model that says the same of every class is
    right for class 0 only (upstream leaves ties to the sort).

    Args:
        scores: (N, num_classes), any real numbers.
        labels: (N,), integers from 0.
        topk: the ks.

    Returns:
        One value in 0..1 for each k.
    """
    ranking = np.argsort(
        -np.asarray(scores, np.float64), axis=1, kind="stable"
    )  # (N, num_classes)
    hits = ranking == np.asarray(labels)[:, None]
    return [float(hits[:, :k].any(axis=1).mean()) for k in topk]


def mean_class_accuracy(scores: ArrayLike, labels: ArrayLike) -> float:
    """The top-1 accuracy of each class, averaged over the classes that have a sample.

    Upstream counts a class that is only predicted, never there, as an accuracy of 0; here it has no say.

    Args:
        scores: (N, num_classes), any real numbers.
        labels: (N,), integers from 0.
    """
    labels = np.asarray(labels)
    hits = np.argmax(np.asarray(scores, np.float64), axis=1) == labels
    return float(np.mean([hits[labels == label].mean() for label in np.unique(labels)]))
