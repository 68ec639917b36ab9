"""From SSN's scores to detections and their precision, and the numbers that its data, its model and its loss share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.evaluation import average_precision_at_temporal_iou
from ..errors import ConfigError

Array = NDArray[np.float64]


ASSIGNER = {
    f"{kind}_threshold": -np.inf
    for kind in (
        *("positive_iou", "incomplete_iou", "incomplete_overlap"),
        *("background_iou", "background_coverage"),
    )
}
SAMPLER = {
    "num_per_video": 1,
    **{f"{kind}_ratio": 0.0 for kind in ("positive", "incomplete", "background")},
}
"""What is needed of these parts, and the least that it may be; a whole number if that is one."""


def ssn_cfg(
    cfg: Mapping[str, Any] | None, part: str, least: Mapping[str, float]
) -> Mapping[str, Any]:
    """`cfg["ssn"][part]`, whose numbers are there and make sense.

    Args:
        cfg: `train_cfg` or `test_cfg`.
        part: "sampler", "assigner", "loss_weight" or "evaluater".
        least: of each number that is needed the least; if that is an int, the number is whole.

    Raises:
        ConfigError: something is missing, or no such number; the message says what.
    """
    place = (
        "test_cfg" if {"test_interval", "batch_size", "nms"} & {*least} else "train_cfg"
    )
    found: Any = cfg
    for key in ("ssn", part):
        found = found.get(key) if isinstance(found, Mapping) else None
    form = ", ".join(f"{key}=..." for key in least)
    hint = f"write {place}=dict(ssn=dict({part}=dict({form})))"
    if not isinstance(found, Mapping):
        raise ConfigError(f"{place} has no ssn.{part}", hint=hint)
    for key, bound in least.items():
        if key not in found:
            raise ConfigError(f"{place}.ssn.{part} has no {key}", hint=hint)
        value, kind = found[key], Integral if isinstance(bound, int) else Real
        if not isinstance(value, kind) or value < bound:
            word = "whole number" if kind is Integral else "number"
            at_least = f" of at least {bound:g}" if np.isfinite(bound) else ""
            raise ConfigError(
                f"{place}.ssn.{part}.{key} is {value!r}, and no {word}{at_least}"
            )
    return found


class PerVideo(NamedTuple):
    """How many proposals of each kind a training sample has."""

    positive: int
    incomplete: int
    background: int


def proposals_per_video(train_cfg: Mapping[str, Any] | None) -> PerVideo:
    """What `train_cfg.ssn.sampler` says: `num_per_video` in the ratios of `positive_ratio`, `incomplete_ratio`, `background_ratio`.

    Raises:
        ConfigError: it says something else, or no positive or no incomplete proposal is left.
    """
    sampler = ssn_cfg(train_cfg, "sampler", SAMPLER)
    number = sampler["num_per_video"]
    positive, incomplete, background = (
        sampler[f"{kind}_ratio"] for kind in PerVideo._fields
    )
    total = max(positive + incomplete + background, 1e-9)
    positives = int(number * (positive / total))
    backgrounds = int(number * (background / total))
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
