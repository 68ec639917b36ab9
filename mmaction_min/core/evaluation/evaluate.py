"""Metrics by their names, as a config's `evaluation` asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ...near import did_you_mean
from .accuracy import (
    mean_average_precision,
    mean_class_accuracy,
    mmit_mean_average_precision,
    top_k_accuracy,
)

Metric = Callable[[NDArray[Any], NDArray[Any]], float]

# Of one label a sample, and of any number of them.
SINGLE: dict[str, Metric] = {"mean_class_accuracy": mean_class_accuracy}
MULTIPLE: dict[str, Metric] = {
    "mean_average_precision": mean_average_precision,
    "mmit_mean_average_precision": mmit_mean_average_precision,
}
METRICS = ("top_k_accuracy", *SINGLE, *MULTIPLE)


def check_metrics(metrics: str | Sequence[str], where: str = "") -> None:
    """Refuse names that no metric has, before there are scores.

    Args:
        metrics: the names.
        where: the key, or the option, that says them.

    Raises:
        ConfigError: with the name that was probably meant.
    """
    for metric in [metrics] if isinstance(metrics, str) else metrics:
        if metric in METRICS:
            continue
        hint = did_you_mean(str(metric), METRICS)
        if str(metric).startswith("top"):
            hint = "did you mean top_k_accuracy? it gives top1_acc and top5_acc"
        raise ConfigError(
            f"there is no metric {metric!r}",
            where,
            hint or f"one of {', '.join(METRICS)}",
        )


def evaluate_scores(
    scores: NDArray[Any],
    labels: NDArray[np.int64],
    metrics: str | Sequence[str] = "top_k_accuracy",
    metric_options: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, float]:
    """Metrics of a classifier's scores.

    Args:
        scores: (N, num_classes).
        labels: (N,) classes, or (N, num_classes) of 0 and 1. Average precision takes both.
        metrics: names, of `METRICS`.
        metric_options: arguments by metric; `dict(top_k_accuracy=dict(topk=(1, 5)))` is the default.

    Returns:
        A value for each metric, for `top_k_accuracy` one for each k: `top1_acc`, ...

    Raises:
        ConfigError: an unknown metric, one that does not go with the labels, or a wrong k.
    """
    options = metric_options or {}
    values: dict[str, float] = {}
    check_metrics(metrics)
    for metric in [metrics] if isinstance(metrics, str) else metrics:
        if metric not in MULTIPLE and labels.ndim > 1:
            raise ConfigError(
                f"{metric} is for one label a sample, and the data set has multi_class=True",
                hint=f"one of {', '.join(MULTIPLE)}",
            )
        if metric == "top_k_accuracy":
            values |= _top_k(scores, labels, **options.get(metric, {}))
        elif metric in SINGLE:
            values[metric] = SINGLE[metric](scores, labels)
        else:
            hot = labels if labels.ndim > 1 else np.eye(scores.shape[1])[labels]
            values[metric] = MULTIPLE[metric](scores, hot)
    return values


def _top_k(
    scores: NDArray[Any], labels: NDArray[np.int64], topk: int | Sequence[int] = (1, 5)
) -> dict[str, float]:
    ks = [topk] if isinstance(topk, int) else list(topk)
    accuracies = top_k_accuracy(scores, labels, ks)
    return {f"top{k}_acc": value for k, value in zip(ks, accuracies, strict=True)}
