"""What SSN detects in the videos of a data set, and what is annotated there, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..core.evaluation import check_metrics
from ..errors import ConfigError, DataError
from ..localization import perform_regression, results_to_detections, temporal_nms

Infos = Sequence[Mapping[str, Any]]
"""The videos: `video_id`, `total_frames`, `gts`."""
Rows = list[tuple[str, float, float, float]]
"""Detections of a class: video, start and end as parts of the video, score."""
IOUS = {"thumos14": tuple(np.arange(0.1, 1.0, 0.1).tolist())}
"""At which IoU the detections of a data set are measured."""


def ious_of(
    metrics: str | Sequence[str], options: Mapping[str, Mapping[str, Any]] | None
) -> tuple[float, ...]:
    """The IoUs that `metrics` and `metric_options` ask for.

    Raises:
        ConfigError: an unknown metric or data set.
    """
    check_metrics(metrics, ("mAP",))
    name = ((options or {}).get("mAP") or {}).get("eval_dataset", "thumos14")
    if name not in IOUS:
        raise ConfigError(
            f"there is no {name!r}",
            "evaluation.metric_options.mAP.eval_dataset",
            f"one of {', '.join(IOUS)}",
        )
    return IOUS[name]


def find_detections(
    infos: Infos,
    results: Sequence[Mapping[str, Any]],
    nms: float,
    top_k: int,
    use_regression: bool,
) -> list[Rows]:
    """Of each class the detections that are left of the best ones of each video, moved, and thinned out.

    Args:
        infos: the videos.
        results: what `SSN` says of each.
        nms: the IoU above which the worse of two detections of a class is dropped.
        top_k: the most of a video that are looked at; 0 for all.
        use_regression: move them.
    """
    classes: list[Rows] = []
    for info, result in zip(infos, results, strict=True):
        found = results_to_detections(result, top_k)
        classes = classes or [[] for _ in found]
        for rows, each in zip(classes, found, strict=True):
            moved = perform_regression(each) if use_regression else each
            kept = temporal_nms(moved, nms)[:, :3]
            rows += [(info["video_id"], *row) for row in kept.tolist()]
    return classes


def annotated(infos: Infos) -> dict[int, dict[str, list[list[float]]]]:
    """Of each class (from 0) and video the annotated segments, as parts of the video; classes without any are left out."""
    gts: dict[int, dict[str, list[list[float]]]] = {}
    for info in infos:
        for gt in info["gts"]:
            span = [
                frame / info["total_frames"] for frame in (gt.start_frame, gt.end_frame)
            ]
            gts.setdefault(gt.label - 1, {}).setdefault(info["video_id"], []).append(
                span
            )
    return gts


def by_video(infos: Infos, classes: Sequence[Rows]) -> dict[str, list[dict[str, Any]]]:
    """The detections of each video, the best first: `label` from 1, `score`, and `segment` in frames."""
    totals = {info["video_id"]: info["total_frames"] for info in infos}
    videos: dict[str, list[dict[str, Any]]] = {name: [] for name in totals}
    for label, rows in enumerate(classes, 1):
        for name, start, end, score in rows:
            segment = [start * totals[name], end * totals[name]]
            videos[name].append({"label": label, "score": score, "segment": segment})
    for found in videos.values():
        found.sort(key=lambda each: -each["score"])
    return videos


def check_classes(infos: Infos, num_classes: int, ann_file: str) -> None:
    """Refuse a segment or a proposal of a class that a model of so many classes does not have.

    Raises:
        DataError: with the video and the number of the segment.
    """
    kinds = (("gts", "segment"), ("proposals", "proposal"))
    for info, (kind, name) in product(infos, kinds):
        for number, one in enumerate(info[kind], 1):
            if one.label > num_classes:
                raise DataError(
                    f"there is no class {one.label}: the model has {num_classes}, from 1",
                    f"{ann_file}: {info['video_id']}, {name} {number}",
                    "say model.cls_head.num_classes in the config",
                )


def for_picture(infos: Infos) -> list[dict[str, Any]]:
    """The videos with their segments in frames, as `draw_timeline` takes them."""
    return [
        {
            "video_name": info["video_id"],
            "duration": info["total_frames"],
            "annotations": [
                {"segment": [gt.start_frame, gt.end_frame]} for gt in info["gts"]
            ],
        }
        for info in infos
    ]
