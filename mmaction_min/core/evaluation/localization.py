"""Metrics of segments in time: recall of proposals, precision of detections. NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

IOU_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
"""ActivityNet's."""
POINTS = 100
"""Of the curve of recall over the number of proposals."""


class Recall(NamedTuple):
    """Recall over the number of proposals.

    Args:
        recall: (thresholds, 100), in 0..1.
        average_recall: (100,), its mean over the thresholds.
        proposals_per_video: (100,), the average number of proposals at each point.
        auc: the area under `average_recall`, in percent of that under a recall of 1.
    """

    recall: Array
    average_recall: Array
    proposals_per_video: Array
    auc: float


def pairwise_temporal_iou(candidates: ArrayLike, targets: ArrayLike) -> Array:
    """IoU of every target with every candidate.

    Args:
        candidates: (m, 2): starts and ends.
        targets: (n, 2).

    Returns:
        (n, m); 0 where neither has a length.
    """
    first, last = np.asarray(candidates, np.float64).reshape(-1, 2).T
    begin, end = np.asarray(targets, np.float64).reshape(-1, 2).T[:, :, None]
    shared = (np.minimum(last, end) - np.maximum(first, begin)).clip(0)  # (n, m)
    union = (last - first) + (end - begin) - shared
    iou: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return iou


def average_recall_at_avg_proposals(
    ground_truth: Mapping[str, ArrayLike],
    proposals: Mapping[str, ArrayLike],
    max_avg_proposals: float | None = 100,
    temporal_iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> Recall:
    """AR@AN of ActivityNet's proposal task (mmaction/core/evaluation/accuracy.py).

    The number of proposals is an average: at a point that stands for k a video, each video gives the same share of its own.
    A video without proposals counts as missed, and no proposals at all are a recall of 0, where upstream fails.

    Args:
        ground_truth: (n, 2) segments of each video.
        proposals: (m, 3) of each video: start, end, score; a video may be missing.
        max_avg_proposals: the last point's number; None for as many as there are.
        temporal_iou_thresholds: a segment is found where the IoU is at least this.
    """
    num_videos = len(ground_truth)
    found = {
        video: np.asarray(proposals.get(video, ()), np.float64).reshape(-1, 3)
        for video in ground_truth
    }
    total = sum(map(len, found.values()))
    most = max_avg_proposals or total / num_videos
    ratio = most * num_videos / max(total, 1)
    ious = []  # of each video (n, retrieved), the best proposals first
    for video, segments in ground_truth.items():
        rows = found[video]
        rows = rows[np.argsort(-rows[:, 2], kind="stable")]
        rows = rows[: min(int(len(rows) * ratio), len(rows)), :2]
        # In float32, as upstream: an IoU that is a threshold but for the last digit is then judged alike.
        targets = np.asarray(segments, np.float32)
        iou = pairwise_temporal_iou(rows.astype(np.float32), targets)
        ious.append(iou.astype(np.float32))
    retrieved = sum(iou.shape[1] for iou in ious)
    shares = np.arange(1, POINTS + 1) / POINTS * (most * num_videos / max(retrieved, 1))
    thresholds = np.asarray(temporal_iou_thresholds)
    matches = sum((_matches(iou, shares, thresholds) for iou in ious), np.zeros(1))
    recall = matches / max(sum(map(len, ious)), 1)
    average = recall.mean(axis=0)
    counts = shares * (retrieved / num_videos)
    if not retrieved:
        counts = np.arange(1, POINTS + 1) / POINTS * most
    area = float(np.sum(np.diff(counts) * (average[1:] + average[:-1]) / 2))
    return Recall(recall, average, counts, 100 * area / float(counts[-1]))


def _matches(iou: NDArray[np.float32], shares: Array, thresholds: Array) -> Array:
    """(thresholds, points): how many segments of a video are found by its first proposals."""
    if not iou.size:
        return np.zeros((len(thresholds), len(shares)))
    best = np.maximum.accumulate(iou, axis=1)  # (n, m), of the first 1, 2, ... m
    best = np.pad(best, ((0, 0), (1, 0)))
    counts = np.minimum((iou.shape[1] * shares).astype(int), iou.shape[1])
    hits: Array = (best[:, counts] >= thresholds[:, None, None]).sum(axis=1)
    return hits


def interpolated_precision_recall(precision: ArrayLike, recall: ArrayLike) -> float:
    """The area under the precision, which is first made to never rise (VOC 2011).

    Args:
        precision: (N,), after each detection.
        recall: (N,), after each detection, never falling.
    """
    precision = np.maximum.accumulate(np.r_[0, precision, 0][::-1])[::-1]
    recall = np.r_[0, recall, 1]
    return float(np.sum(np.diff(recall) * precision[1:]))


def average_precision_at_temporal_iou(
    ground_truth: Mapping[str, ArrayLike],
    prediction: Sequence[tuple[str, float, float, float]],
    temporal_iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> Array:
    """The average precision of the detections of one class (after the Pascal VOC devkit).

    From the highest score down, a detection is right where a segment of its video, not yet taken, overlaps enough.
    Upstream's rows have the class as their second field; here all are of one class.

    Args:
        ground_truth: (n, 2) segments of each video.
        prediction: a tuple (video, start, end, score) for each detection.
        temporal_iou_thresholds: what is enough.

    Returns:
        (thresholds,), in 0..1.
    """
    order = np.argsort([-row[3] for row in prediction], kind="stable")
    hits = np.zeros((len(temporal_iou_thresholds), len(prediction)))
    taken = {
        video: np.zeros((len(hits), len(np.reshape(segments, (-1, 2)))), bool)
        for video, segments in ground_truth.items()
    }
    for place, index in enumerate(order):
        video, start, end, _ = prediction[index]
        if video not in ground_truth:
            continue
        iou = pairwise_temporal_iou([start, end], ground_truth[video])[:, 0]  # (n,)
        for row, threshold in enumerate(temporal_iou_thresholds):
            free = np.where(taken[video][row], -1.0, iou)
            if free.max(initial=-1) >= threshold:
                taken[video][row, free.argmax()] = True
                hits[row, place] = 1
    right = hits.cumsum(axis=1)
    total = sum(
        len(np.reshape(segments, (-1, 2))) for segments in ground_truth.values()
    )
    recall = right / max(total, 1)
    precision = right / np.arange(1, len(prediction) + 1)
    return np.array(
        [
            interpolated_precision_recall(p, r)
            for p, r in zip(precision, recall, strict=True)
        ]
    )
