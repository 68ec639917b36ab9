"""From SSN's scores to detections and their precision, and the numbers that its data, its model and its loss share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.evaluation import average_precision_at_temporal_iou
from ..errors import ConfigError

Array = NDArray[np.float64]


def ssn_cfg(
    cfg: Mapping[str, Any] | None, name: str, part: str, keys: Sequence[str]
) -> Mapping[str, Any]:
    """`cfg["ssn"][part]`, which must have these keys.

    Args:
        cfg: `train_cfg` or `test_cfg`.
        name: which of the two, for messages.
        part: "sampler", "assigner", "loss_weight" or "evaluater".
        keys: what is needed of it.

    Raises:
        ConfigError: something is missing; the message says what.
    """
    found: Mapping[str, Any] = ((cfg or {}).get("ssn") or {}).get(part) or {}
    missing = [key for key in keys if key not in found]
    if missing:
        raise ConfigError(
            f"{name}.ssn.{part} has no {', '.join(missing)}",
            hint=f"write {name}=dict(ssn=dict({part}=dict({', '.join(f'{key}=...' for key in keys)})))",
        )
    return found


class PerVideo(NamedTuple):
    """How many proposals of each kind a training sample has."""

    positive: int
    incomplete: int
    background: int


def proposals_per_video(sampler: Mapping[str, Any]) -> PerVideo:
    """What `train_cfg.ssn.sampler` says: `num_per_video` in the ratios of `positive_ratio`, `incomplete_ratio`, `background_ratio`.

    Raises:
        ConfigError: no positive or no incomplete proposal is left.
    """
    number = sampler["num_per_video"]
    positive, incomplete, background = (
        sampler.get(f"{kind}_ratio", 0) for kind in PerVideo._fields
    )
    total = positive + incomplete + background
    positives = int(number * (positive / max(total, 1e-9)))
    backgrounds = int(number * (background / max(total, 1e-9)))
    counts = PerVideo(positives, number - positives - backgrounds, backgrounds)
    if counts.positive < 1 or counts.incomplete < 1:
        raise ConfigError(
            f"of {number} proposals {counts.positive} are positive and {counts.incomplete} incomplete, and SSN needs both",
            "train_cfg.ssn.sampler",
            "raise num_per_video, or the ratio",
        )
    return counts


class Stages(NamedTuple):
    """Where the stages before and after a proposal begin and end, in frames, and how long they are."""

    start: int
    starting_length: int
    ending_length: int


def augmented_stages(
    start_frame: int,
    end_frame: int,
    num_frames: int,
    aug_ratio: Sequence[float],
    clip_frames: int,
) -> Stages:
    """The stages around a proposal, as far as they are in the video.

    Args:
        start_frame: of the proposal.
        end_frame: the frame after its last.
        num_frames: of the video.
        aug_ratio: the lengths of the two stages, as parts of the proposal's.
        clip_frames: what one clip spans; a length is that of the places where a clip may start, less one.
    """
    duration = end_frame - start_frame
    first = max(0, start_frame - int(duration * aug_ratio[0]))
    last = min(
        num_frames - clip_frames + 1, end_frame - 1 + int(duration * aug_ratio[1])
    )
    return Stages(
        first, start_frame - first - clip_frames, last - end_frame + 1 - clip_frames
    )


def test_ticks(num_frames: int, clip_frames: int, interval: int) -> NDArray[np.int64]:
    """The frames at which a test looks at a video; one at least, where upstream finds none in a video as short as a clip.

    Args:
        num_frames: of the video.
        clip_frames: what one clip spans.
        interval: the step from one to the next.
    """
    return np.arange(0, max(num_frames - clip_frames, 1), interval)


def results_to_detections(
    result: Mapping[str, Any], top_k: int = 2000
) -> list[NDArray[Any]]:
    """The detections of a video, class by class (mmaction/datasets/ssn_dataset.py, there of all videos).

    The score is the probability of the class among all classes but the background, times the exponential of the completeness.

    Args:
        result: what `SSN` says of it: `relative_proposal_list` (P, 2), `activity_scores` (P, K + 1), `completeness_scores` (P, K),
            `bbox_preds` (P, K, 2) or None.
        top_k: how many are kept, over all classes; 0 for all.

    Returns:
        Of each of K classes (n, 5): start, end, score, shift, stretch.
    """
    activity = result["activity_scores"][:, 1:]
    activity = np.exp(activity - activity.max(axis=1, keepdims=True))
    scores = activity / activity.sum(axis=1, keepdims=True)
    scores = scores * np.exp(result["completeness_scores"])  # (P, K)
    boundaries = result["bbox_preds"]
    if boundaries is None:
        boundaries = np.zeros((*scores.shape, 2), np.float32)
    kept = np.argsort(scores, axis=None)[-max(top_k, 0) :]
    rows, labels = np.unravel_index(kept, scores.shape)
    table = np.column_stack(
        [
            result["relative_proposal_list"][rows],
            scores[rows, labels],
            boundaries[rows, labels],
        ]
    )
    return [table[labels == label] for label in range(scores.shape[1])]


def perform_regression(detections: ArrayLike) -> Array:
    """Move and stretch detections as their regression says (mmaction/localization/ssn_utils.py).

    Args:
        detections: (N, 5): start and end in 0..1, score, the middle's shift as a part of the length, the logarithm of the
            stretch.

    Returns:
        (N, 5), with the new start and end, cut to 0..1.
    """
    start, end, score, shift, stretch = np.asarray(detections, np.float64).T
    middle = (start + end) / 2 + (end - start) * shift
    half = (end - start) * np.exp(stretch) / 2
    span = np.clip([middle - half, middle + half], 0, 1)
    return np.stack([*span, score, shift, stretch], axis=1)


def eval_ap(
    detections: Mapping[int, Sequence[tuple[str, float, float, float]]],
    gt_by_cls: Mapping[int, Mapping[str, ArrayLike]],
    iou_range: Sequence[float],
) -> Array:
    """The average precision of each class at each IoU.

    Args:
        detections: (video, start, end, score) of each detection of each class.
        gt_by_cls: (n, 2) segments of each video of each class.
        iou_range: the IoU at which a detection is right.

    Returns:
        (classes, IoUs), in 0..1; 0 for a class without segments, where upstream's is NaN.
    """
    return np.stack(
        [
            average_precision_at_temporal_iou(
                gt_by_cls.get(label, {}), rows, tuple(iou_range)
            )
            for label, rows in detections.items()
        ]
    )
