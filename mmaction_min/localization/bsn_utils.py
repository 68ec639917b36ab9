"""The steps of BSN between its two networks: proposals from boundaries, and a feature for each proposal.

arXiv 1806.02964, sections 3.3 and 3.4; mmaction/localization/bsn_utils.py. Here each function works on the arrays of one
video; `mmaction_min.bsn_proposals` does it for all videos of an annotation file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .proposal_utils import boundary_peaks, temporal_iop, temporal_iou

Array = NDArray[np.float64]

PROPOSAL_COLUMNS = (
    *("tmin", "tmax", "tmin_score", "tmax_score"),
    *("score", "match_iou", "match_ioa"),
)


def generate_candidate_proposals(
    tem_results: NDArray[Any], video_info: Mapping[str, Any], peak_threshold: float
) -> Array:
    """Every pair of a possible start and a later possible end.

    Args:
        tem_results: (T, 5) of TEM: action, start, end, and the times tmin, tmax of each place.
        video_info: `duration_frame`, `duration_second`, `feature_frame` and `annotations`.
        peak_threshold: see `boundary_peaks`; the first and the last place are always possible.

    Returns:
        (N, 7), the columns of `PROPOSAL_COLUMNS`: times as parts of the video, the scores of both boundaries and their
        product, by which the rows are sorted, and how far the best ground truth overlaps (0 where there is none).
    """
    starts, ends = tem_results[:, 1], tem_results[:, 2]
    may_start = boundary_peaks(starts, peak_threshold)
    may_end = boundary_peaks(ends, peak_threshold)
    may_start[[0, -1]] = may_end[[0, -1]] = True
    # By end, then by start: upstream's order, which decides between equal scores.
    end, start = np.nonzero(np.tril(np.outer(may_end, may_start), k=-1))
    gap = 1.0 / len(tem_results)
    tmin, tmax = gap / 2 + gap * start, gap / 2 + gap * end
    proposals = np.stack(
        [tmin, tmax, starts[start], ends[end], starts[start] * ends[end]], axis=1
    )
    proposals = proposals[np.argsort(-proposals[:, 4], kind="stable")]
    truth = ground_truth(video_info)
    against = (proposals[:, :1], proposals[:, 1:2], truth[:, 0], truth[:, 1])
    matches = [
        match(*against).max(axis=1, initial=0) for match in (temporal_iou, temporal_iop)
    ]
    return np.column_stack([proposals, *matches])


def ground_truth(video_info: Mapping[str, Any]) -> Array:
    """(n, 2), the annotated segments as parts of what the features cover of the video; not clipped to 0..1."""
    covered = video_info["feature_frame"] / video_info["duration_frame"]
    seconds = covered * video_info["duration_second"]
    segments = [annotation["segment"] for annotation in video_info["annotations"]]
    parts: Array = np.array(segments, np.float64).reshape(-1, 2) / seconds
    return parts


def generate_bsp_feature(
    tem_results: NDArray[Any],
    proposals: NDArray[Any],
    *,
    bsp_boundary_ratio: float = 0.2,
    num_sample_start: int = 8,
    num_sample_end: int = 8,
    num_sample_action: int = 16,
    num_sample_interp: int = 3,
) -> Array:
    """The boundary-sensitive feature of each proposal: how much action there is inside, around its start, around its end.

    Args:
        tem_results: (T, 5) of TEM.
        proposals: (N, >= 2): tmin, tmax.
        bsp_boundary_ratio: how far to look to both sides of a boundary, as a part of the proposal's length.
        num_sample_start: values around the start.
        num_sample_end: values around the end.
        num_sample_action: values inside.
        num_sample_interp: samples of each value, of which the mean is taken (with the first of the next value).

    Returns:
        (N, num_sample_action + num_sample_start + num_sample_end).
    """
    action, tmins, tmaxs = tem_results[:, 0], tem_results[:, 3], tem_results[:, 4]
    gap = tmaxs[0] - tmins[0]
    extend = len(action) // 4 + 10  # places of no action before and after the video
    middles = gap / 2 + np.arange(len(action)) * gap
    before = -gap / 2 - np.arange(extend)[::-1] * gap
    after = gap / 2 + tmaxs[-1] + np.arange(extend) * gap
    times = np.concatenate([before, middles, after])
    padded = np.pad(action, extend)

    def sample(first: Array, last: Array, count: int) -> Array:
        """(N, count) means of the action around `count` times from first to last."""
        step = (last - first) / (count - 1)
        fine = np.arange(count * num_sample_interp + 1) / num_sample_interp - 0.5
        values = np.interp(first[:, None] + step[:, None] * fine, times, padded)
        windows = np.lib.stride_tricks.sliding_window_view(
            values, num_sample_interp + 1, axis=1
        )
        means: Array = windows[:, ::num_sample_interp].mean(axis=2)
        return means

    tmin, tmax = proposals[:, 0], proposals[:, 1]
    reach = (tmax - tmin) * bsp_boundary_ratio
    return np.concatenate(
        [
            sample(tmin, tmax, num_sample_action),
            sample(tmin - reach, tmin + reach, num_sample_start),
            sample(tmax - reach, tmax + reach, num_sample_end),
        ],
        axis=1,
    )
