"""Overlaps of segments, and how overlapping proposals are thinned out. NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


Times = NDArray[Any] | float


def temporal_iou(
    proposal_min: Times, proposal_max: Times, gt_min: Times, gt_max: Times
) -> NDArray[Any]:
    """Intersection over union of segments (mmaction/localization/proposal_utils.py).

    Args:
        proposal_min: starts of proposals, in any unit.
        proposal_max: their ends.
        gt_min: starts of the segments that they are compared with; the four shapes are broadcast.
        gt_max: their ends.

    Returns:
        Values in 0..1, of the common shape; 0 where neither has a length (upstream: NaN).
    """
    shared = _intersection(proposal_min, proposal_max, gt_min, gt_max)
    # In upstream's order of additions: proposals on a grid often have an IoU that is a threshold but for the last digit.
    return _ratio(shared, proposal_max - proposal_min - shared + gt_max - gt_min)


def temporal_iop(
    proposal_min: Times, proposal_max: Times, gt_min: Times, gt_max: Times
) -> NDArray[Any]:
    """Intersection over the length of the proposal; the arguments are those of `temporal_iou`."""
    shared = _intersection(proposal_min, proposal_max, gt_min, gt_max)
    return _ratio(shared, proposal_max - proposal_min)


def _intersection(
    proposal_min: Times, proposal_max: Times, gt_min: Times, gt_max: Times
) -> NDArray[Any]:
    start, end = np.maximum(proposal_min, gt_min), np.minimum(proposal_max, gt_max)
    shared: NDArray[Any] = np.maximum(end - start, 0.0)
    return shared


def _ratio(part: NDArray[Any], whole: Times) -> NDArray[Any]:
    part, whole = np.broadcast_arrays(part, whole)
    ratio: NDArray[Any] = np.divide(
        part, whole, out=np.zeros_like(part), where=whole > 0
    )
    return ratio


def soft_nms(
    proposals: NDArray[Any],
    alpha: float,
    low_threshold: float,
    high_threshold: float,
    top_k: int,
) -> Array:
    """Choose the best proposal, lower the scores of those that it overlaps, choose the next (arXiv 1704.04503).

    A proposal is lowered where its IoU with the chosen one is above a threshold that grows with the chosen one's length.

    Args:
        proposals: (N, >= 3), start and end in 0..1 first, the score last.
        alpha: the score is multiplied by exp(-IoU^2 / alpha).
        low_threshold: the threshold for a chosen proposal without length.
        high_threshold: that for one as long as the video.
        top_k: how many to choose. Upstream's loop gives one more.

    Returns:
        (min(N, top_k), 3): start, end, score, with the highest score first.
    """
    order = np.argsort(-proposals[:, -1], kind="stable")
    start, end, score = proposals[order][:, [0, 1, -1]].T.copy()
    left = np.ones(len(order), bool)
    chosen = np.empty((min(len(order), top_k), 3))
    for row in chosen:
        best = np.where(left, score, -np.inf).argmax()
        row[:] = start[best], end[best], score[best]
        left[best] = False
        iou = temporal_iou(start[best], end[best], start, end)
        width = end[best] - start[best]
        near = iou > low_threshold + (high_threshold - low_threshold) * width
        score[near] *= np.exp(-np.square(iou[near]) / alpha)
    return chosen


def temporal_nms(detections: Array, threshold: float) -> Array:
    """Drop each detection that overlaps a better one.

    Args:
        detections: (N, >= 3): start, end, score, and what else belongs to it.
        threshold: the IoU above which it is dropped.

    Returns:
        (M, >= 3), the rows that are kept, with the highest score first.
    """
    start, end = detections[:, 0], detections[:, 1]
    order = np.argsort(-detections[:, 2], kind="stable")
    keep = []
    while order.size:
        best, order = order[0], order[1:]
        keep.append(best)
        iou = temporal_iou(start[order], end[order], start[best], end[best])
        order = order[iou <= threshold]
    return detections[keep]


def boundary_peaks(scores: ArrayLike, threshold: float = 0.5) -> NDArray[np.bool_]:
    """Where an action may start or end: at a local maximum, or where the score is above a part of the highest one.

    The first and the last place have one neighbour, and are left to the caller.

    Args:
        scores: (..., T).
        threshold: that part.

    Returns:
        (..., T).
    """
    scores = np.asarray(scores)
    middle = scores[..., 1:-1]
    peaks = np.zeros(scores.shape, bool)
    peaks[..., 1:-1] = (middle > scores[..., :-2]) & (middle > scores[..., 2:])
    peaks[..., 1:-1] |= middle > threshold * scores.max(axis=-1, keepdims=True)
    return peaks


def post_processing(
    result: NDArray[Any],
    video_info: Mapping[str, Any],
    soft_nms_alpha: float,
    soft_nms_low_threshold: float,
    soft_nms_high_threshold: float,
    post_process_top_k: int,
    feature_extraction_interval: int,
) -> list[dict[str, Any]]:
    """From the proposals of a network to those of a video, in seconds (mmaction/models/localizers/utils).

    Args:
        result: (N, >= 3), start and end in 0..1 first, the score last; N may be 0, where upstream fails.
        video_info: `duration_frame` and `duration_second`.
        soft_nms_alpha: see `soft_nms`, as the next two.
        soft_nms_low_threshold: as above.
        soft_nms_high_threshold: as above.
        post_process_top_k: how many proposals are kept.
        feature_extraction_interval: frames of one feature: what is left at the end of the video has none.

    Returns:
        `[{"score": 0.9, "segment": [start, end]}, ...]`, the best first.
    """
    chosen = soft_nms(
        result,
        soft_nms_alpha,
        soft_nms_low_threshold,
        soft_nms_high_threshold,
        post_process_top_k,
    )
    frames = video_info["duration_frame"]
    seen = frames // feature_extraction_interval * feature_extraction_interval
    seconds = seen / frames * video_info["duration_second"]
    segments = np.clip(chosen[:, :2], 0, 1) * seconds
    return [
        {"score": score, "segment": segment}
        for score, segment in zip(chosen[:, 2].tolist(), segments.tolist(), strict=True)
    ]
