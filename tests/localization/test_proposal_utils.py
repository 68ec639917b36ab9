"""Overlaps, soft-NMS and post-processing: upstream's numbers, and what differs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmaction_min.localization import (
    boundary_peaks,
    post_processing,
    soft_nms,
    temporal_iop,
    temporal_iou,
    temporal_nms,
)

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "localization.json").read_text()
)["nms"]
DETECTIONS = np.array(GOLDEN["detections"])


def test_overlaps_are_relative_to_the_union_or_to_the_proposal() -> None:
    """Of the segment 0..2 with others; and 0 where nothing has a length."""
    start, end = np.array([1.0, 0.0, 2.0]), np.array([3.0, 1.0, 3.0])

    assert temporal_iou(0.0, 2.0, start, end).tolist() == [1 / 3, 1 / 2, 0]
    assert temporal_iop(0.0, 2.0, start, end).tolist() == [1 / 2, 1 / 2, 0]
    assert temporal_iou(1.0, 1.0, np.ones(1), np.ones(1)).tolist() == [0]


def test_soft_nms_is_upstreams() -> None:
    """The first `top_k` of them; upstream gives one more."""
    chosen = soft_nms(DETECTIONS, 0.4, 0.5, 0.9, 15)

    assert chosen.shape == (15, 3)
    assert chosen.ravel().tolist() == pytest.approx(GOLDEN["soft"])


def test_hard_nms_is_upstreams() -> None:
    """Whole rows of the best that do not overlap."""
    assert temporal_nms(DETECTIONS, 0.2).ravel().tolist() == GOLDEN["hard"]


def test_soft_nms_lowers_what_overlaps_and_keeps_what_does_not() -> None:
    """By hand: the copy of the best is lowered to almost nothing, the far one is not."""
    proposals = np.array([[0.0, 0.2, 0.8], [0.0, 0.2, 0.9], [0.5, 0.7, 0.1]])

    chosen = soft_nms(proposals, 0.1, 0.5, 0.9, 5)

    lowered = 0.8 * np.exp(-1 / 0.1)
    assert chosen[:, 2].tolist() == pytest.approx([0.9, 0.1, lowered])


def test_a_vanishing_alpha_is_no_nan() -> None:
    """Where every overlap is lowered to 0, the order is still one of numbers."""
    chosen = soft_nms(np.tile([0.0, 0.5, 0.9], (3, 1)), 1e-9, 0.1, 0.1, 3)

    assert chosen[:, 2].tolist() == [0.9, 0, 0]


def test_peaks_are_local_maxima_and_high_places() -> None:
    """Not the first and not the last place, which have one neighbour."""
    scores = [0.9, 0.1, 0.2, 0.1, 0.6, 0.7, 0.9]

    peaks = boundary_peaks(scores)

    assert np.flatnonzero(peaks).tolist() == [2, 4, 5]


def test_proposals_come_in_seconds_within_the_video() -> None:
    """What is left of the video behind the last feature does not count."""
    result = np.array([[-0.1, 0.5, 0.3], [0.6, 1.1, 0.9]])
    info = {"duration_frame": 100, "duration_second": 50.0}

    proposals = post_processing(result, info, 0.4, 0.5, 0.9, 10, 16)

    assert [each["score"] for each in proposals] == [0.9, 0.3]
    assert proposals[0]["segment"] == pytest.approx([0.6 * 48, 48])
    assert proposals[1]["segment"] == pytest.approx([0, 24])


def test_nothing_stays_nothing() -> None:
    """A video without a candidate; upstream fails."""
    info = {"duration_frame": 100, "duration_second": 50.0}

    assert post_processing(np.empty((0, 3)), info, 0.4, 0.5, 0.9, 10, 16) == []
    assert temporal_nms(np.empty((0, 3)), 0.5).shape == (0, 3)
