"""Accuracies of a classifier, from its scores. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


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


def mean_average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """The average precision of each class, averaged over the classes that have a sample (mAP, of multi-label data).

    Args:
        scores: (N, num_classes), any real numbers.
        labels: (N, num_classes) of 0 and 1.

    Returns:
        In 0..1; NaN if no class has a sample.
    """
    labels = np.asarray(labels)
    values = _average_precision(np.asarray(scores, np.float64).T, labels.T)
    present = labels.any(axis=0)
    return float(values[present].mean()) if present.any() else float("nan")


def mmit_mean_average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """The average precision of each sample over the classes, averaged (mAP of Multi-Moments in Time, arXiv 1911.00232).

    A sample without a label has no say; upstream's mean is NaN then.

    Args:
        scores: (N, num_classes), any real numbers.
        labels: (N, num_classes) of 0 and 1.
    """
    labels = np.asarray(labels)
    values = _average_precision(np.asarray(scores, np.float64), labels)
    present = labels.any(axis=1)
    return float(values[present].mean()) if present.any() else float("nan")


def _average_precision(
    scores: NDArray[np.float64], labels: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The area under the steps of each row's precision-recall curve; equal scores are one step.

    Args:
        scores: (R, N).
        labels: (R, N) of 0 and 1.

    Returns:
        (R,), 0 for a row without a 1.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, 1)
    hits = np.take_along_axis(labels, order, 1) == 1
    count = hits.shape[1]
    # Each place stands for the last of its equal scores.
    ends = np.where(
        np.diff(ranked, axis=1, append=-np.inf) != 0, np.arange(count), count
    )
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    precision = np.take_along_axis(hits.cumsum(1), ends, 1) / (ends + 1)
    values: NDArray[np.float64] = (precision * hits).sum(1) / np.maximum(hits.sum(1), 1)
    return values
