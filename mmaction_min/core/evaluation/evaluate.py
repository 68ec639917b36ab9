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
WHERE = "evaluation.metrics"


def check_metrics(
    metrics: str | Sequence[str], known: Sequence[str] = METRICS
) -> Sequence[str]:
    """The names as a list; those that no metric has are refused, before there are scores.

    Args:
        metrics: a name, or names.
        known: those that there are.

    Raises:
        ConfigError: at `evaluation.metrics`: no names, or one that is not known, with what was probably meant.
    """
    names = [metrics] if isinstance(metrics, str) else metrics
    if not isinstance(names, Sequence):
        raise ConfigError(
            f"metrics is {metrics!r}",
            WHERE,
            "write the name of a metric, or a list of names",
        )
    for metric in names:
        if metric in known:
            continue
        hint = did_you_mean(str(metric), known)
        if str(metric).startswith("top") and "top_k_accuracy" in known:
            hint = "did you mean top_k_accuracy? it gives top1_acc and top5_acc"
        raise ConfigError(
            f"there is no metric {metric!r}",
            WHERE,
            hint or f"one of {', '.join(known)}",
        )
    return names


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
        metric_options: of `top_k_accuracy`, which alone has any; `dict(top_k_accuracy=dict(topk=(1, 5)))` is the default.

    Returns:
        A value for each metric, for `top_k_accuracy` one for each k: `top1_acc`, ...

    Raises:
        ConfigError: an unknown metric, one that does not go with the labels, or options that it does not have.
    """
    values: dict[str, float] = {}
    ks = _ks(metric_options or {})
    for metric in check_metrics(metrics):
        if metric not in MULTIPLE and labels.ndim > 1:
            raise ConfigError(
                f"{metric} is for one label a sample, and the data set has multi_class=True",
                WHERE,
                f"one of {', '.join(MULTIPLE)}",
            )
        if metric == "top_k_accuracy":
            accuracies = top_k_accuracy(scores, labels, ks)
            values |= {
                f"top{k}_acc": each for k, each in zip(ks, accuracies, strict=True)
            }
        elif metric in SINGLE:
            values[metric] = SINGLE[metric](scores, labels)
        else:
            hot = labels if labels.ndim > 1 else np.eye(scores.shape[1])[labels]
            values[metric] = MULTIPLE[metric](scores, hot)
    return values


def _ks(options: Mapping[str, Mapping[str, Any]]) -> list[int]:
    """The `topk` of `metric_options`, which has nothing else."""
    given = options.get("top_k_accuracy", {})
    topk = given.get("topk", (1, 5)) if isinstance(given, Mapping) else None
    ks = [topk] if isinstance(topk, int) else topk
    if (
        not (ks and isinstance(ks, list | tuple))
        or not all(isinstance(k, int) and k > 0 for k in ks)
        or {*options, *given} - {"top_k_accuracy", "topk"}
    ):
        raise ConfigError(
            f"metric_options is {options}",
            "evaluation.metric_options",
            "write dict(top_k_accuracy=dict(topk=(1, 5))), whole numbers from 1; no other metric has options",
        )
    return list(ks)
