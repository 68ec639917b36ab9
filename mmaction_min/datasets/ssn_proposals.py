"""The segments and proposals of videos, as SSN sees them: what to regress, and how they are read."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..localization import augmented_stages, load_localize_proposal_file, temporal_iou

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

    def scale_factors(
        self, aug_ratio: Sequence[float], clip_frames: int
    ) -> tuple[float, float]:
        """How much of the stages before and after it is in the video, as upstream counts it: above 1 where all of it is.

        Args:
            aug_ratio: the lengths of the stages, as parts of its own.
            clip_frames: what a clip spans.
        """
        start, end = self.start_frame, self.end_frame
        around = augmented_stages(
            start, end, self.num_video_frames, aug_ratio, clip_frames
        )
        lengths = (around.starting_length, around.ending_length)
        before, after = (
            (length + clip_frames + 1) / ((end - start) * ratio)
            for length, ratio in zip(lengths, aug_ratio, strict=True)
        )
        return before, after


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


def seen_in_test(
    proposals: Sequence[SSNInstance],
    num_frames: int,
    aug_ratio: Sequence[float],
    num_ticks: int,
) -> dict[str, NDArray[Any]]:
    """Where the P proposals of a video and the stages around them are.

    Args:
        proposals: at least one.
        num_frames: of the video.
        aug_ratio: the lengths of the stages, as parts of the proposal's.
        num_ticks: the places of the video that a test looks at.

    Returns:
        `relative_proposal_list` (P, 2), as parts of the video, and `scale_factor_list` (P, 2), how much of the two stages is in the
        video, both float32; `proposal_tick_list` (P, 4) int32, where the three stages begin, and where the last ends.
    """
    spans = np.array([(one.start_frame, one.end_frame) for one in proposals])
    start, end = spans.T / num_frames
    before, after = ((end - start) * ratio for ratio in aug_ratio)
    first, last = np.maximum(0.0, start - before), np.minimum(1.0, end + after)
    ticks = np.stack([first, start, end, last], axis=1) * num_ticks
    scales = [(start - first) / before, (last - end) / after]
    return {
        "relative_proposal_list": np.stack([start, end], axis=1).astype(np.float32),
        "scale_factor_list": np.stack(scales, axis=1).astype(np.float32),
        "proposal_tick_list": ticks.astype(np.int32),
    }
