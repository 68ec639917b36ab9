"""The proposals of videos, as SSN learns from them: which are positive, incomplete or background, and what to regress."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..localization import load_localize_proposal_file, temporal_iou

logger = logging.getLogger("mmaction_min")


@dataclass
class SSNInstance:
    """A segment of a video (mmaction/datasets/ssn_dataset.py).

    Args:
        start_frame: its first frame.
        end_frame: the frame after its last; cut to the video.
        num_video_frames: of the video.
        label: the class, from 1; -1 if it has none.
        best_iou: with the nearest annotated segment.
        overlap_self: which part of it lies in an annotated segment.

    Attributes:
        coverage: its length (before it is cut), as a part of the video's.
        regression_targets: how far the middle of the nearest annotated segment is away, as a part of the length, and the logarithm of
            how much longer that is.
    """

    start_frame: int
    end_frame: int
    num_video_frames: int
    label: int = -1
    best_iou: float = 0.0
    overlap_self: float = 0.0
    coverage: float = field(init=False)
    regression_targets: tuple[float, float] = field(default=(0.0, 0.0), init=False)

    def __post_init__(self) -> None:
        self.coverage = (self.end_frame - self.start_frame) / self.num_video_frames
        self.end_frame = min(self.end_frame, self.num_video_frames)

    def compute_regression_targets(self, gt_list: Sequence[SSNInstance]) -> None:
        """Set `regression_targets` to the nearest of the annotated segments."""
        spans = np.array([(gt.start_frame, gt.end_frame) for gt in gt_list])
        ious = temporal_iou(self.start_frame, self.end_frame, *spans.T)
        start, end = spans[ious.argmax()].tolist()
        length = self.end_frame - self.start_frame
        shift = (start + end - self.start_frame - self.end_frame) / 2 / length
        self.regression_targets = shift, float(np.log((end - start) / length))


class Kinds(NamedTuple):
    """Proposals by what is learned from them; the place is the number of the kind in `proposal_type`."""

    positive: list[Any]
    incomplete: list[Any]
    background: list[Any]


def by_kind(
    gts: Sequence[SSNInstance],
    proposals: Sequence[SSNInstance],
    assigner: Mapping[str, float],
    add_gt_as_proposals: bool,
) -> Kinds:
    """The proposals of a video by their kind; most are of none.

    Args:
        gts: its annotated segments.
        proposals: its proposals; the positive ones get their regression's targets.
        assigner: the thresholds, as `train_cfg.ssn.assigner` has them.
        add_gt_as_proposals: the annotated segments are positive proposals too.
    """
    kinds = Kinds([], [], [])
    for one in proposals:
        if one.best_iou > assigner["positive_iou_threshold"]:
            kinds.positive.append(one)
        # Not `elif`: with thresholds that overlap, upstream has a proposal in two kinds.
        if (
            one.best_iou < assigner["incomplete_iou_threshold"]
            and one.overlap_self > assigner["incomplete_overlap_threshold"]
        ):
            kinds.incomplete.append(one)
        elif (
            one.best_iou < assigner["background_iou_threshold"]
            and one.coverage > assigner["background_coverage_threshold"]
        ):
            kinds.background.append(one)
    kinds.positive.extend(gts if add_gt_as_proposals else ())
    for one in kinds.positive if gts else ():
        one.compute_regression_targets(gts)
    return kinds


def read_proposals(
    ann_file: str, data_prefix: Path, filename_tmpl: str
) -> list[dict[str, Any]]:
    """The videos of a proposal file: `video_id`, `frame_dir`, `total_frames`, and as instances `gts` and `proposals`.

    Args:
        ann_file: the file; if it is called `normalized_...` and there is one without that beside it, that one.
        data_prefix: the folder with a folder of frames for each video.
        filename_tmpl: the name of a frame: of a normalized file the frames are counted.
    """
    path = Path(ann_file)
    in_frames = path.with_name(path.name.replace("normalized_", ""))
    if in_frames.exists():
        path = in_frames

    def count_frames(video: str) -> int:
        pattern = re.sub(r"\{[^{}]+\}", "*", filename_tmpl).replace("{}", "x")
        count = sum(1 for _ in (data_prefix / video).glob(pattern))
        if not count:
            raise DataError(
                f"there are no frames {pattern}, so parts of the video {video} cannot be frames",
                str(data_prefix / video),
                "set data_prefix to the folder with a folder of frames for each video",
            )
        return count

    counted = count_frames if "normalized_" in path.name else None
    infos = []
    beyond = []
    for video, total, gts, proposals in load_localize_proposal_file(path, counted):
        beyond += [f"{video}, {one}" for one in proposals if one.start >= total]
        infos.append(
            {
                "video_id": video,
                "frame_dir": str(data_prefix / video),
                "total_frames": total,
                "gts": [
                    SSNInstance(gt.start, gt.end, total, gt.label, 1.0) for gt in gts
                ],
                "proposals": [
                    SSNInstance(start, end, total, label, iou, overlap)
                    for label, iou, overlap, start, end in proposals
                    if start < total
                ],
            }
        )
    if beyond:
        logger.warning(
            "%s: %d proposals begin beyond their videos and are left out; the first is %s",
            path,
            len(beyond),
            beyond[0],
        )
    return infos
