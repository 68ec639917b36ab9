"""Recall of proposals and precision of detections: upstream's numbers, and the empty cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmaction_min.core.evaluation import (
    average_precision_at_temporal_iou,
    average_recall_at_avg_proposals,
    pairwise_temporal_iou,
)

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "localization.json").read_text()
)["metrics"]
TRUTH, PROPOSALS = GOLDEN["truth"], GOLDEN["proposals"]


@pytest.mark.parametrize("most", ["100", "10"])
def test_recall_is_upstreams(most: str) -> None:
    """The curve and its area, also where fewer proposals are asked for than there are."""
    curve = average_recall_at_avg_proposals(TRUTH, PROPOSALS, int(most))

    assert curve.auc == pytest.approx(GOLDEN["recall"][most]["auc"])
    assert curve.average_recall.tolist() == pytest.approx(
        GOLDEN["recall"][most]["average"]
    )


def test_precision_is_upstreams() -> None:
    """At each of the ten thresholds."""
    rows = [(video, *row) for video, each in PROPOSALS.items() for row in each]

    precision = average_precision_at_temporal_iou(TRUTH, rows)

    assert precision.tolist() == pytest.approx(GOLDEN["precision"], rel=1e-5)


def test_iou_is_that_of_every_pair() -> None:
    """(targets, candidates), 0 for two points."""
    iou = pairwise_temporal_iou([[0, 2], [1, 1]], [[1, 3], [0, 2], [1, 1]])

    np.testing.assert_allclose(iou, [[1 / 3, 0], [1, 0], [0, 0]])


def test_a_video_without_proposals_counts_as_missed() -> None:
    """Half of the segments are found by one proposal a video; and none by none."""
    truth = {"a": [[0, 1]], "b": [[0, 1]]}

    half = average_recall_at_avg_proposals(truth, {"a": [[0, 1, 0.5]]})
    none = average_recall_at_avg_proposals(truth, {"a": []})

    assert half.average_recall[-1] == 0.5
    assert none.auc == 0
    assert none.proposals_per_video[-1] == 100


def test_a_segment_is_found_once() -> None:
    """The better of two detections is right, the other wrong; one of another video is wrong."""
    truth = {"a": [[0, 1]]}
    rows = [("a", 0.0, 1.0, 0.8), ("b", 0.0, 1.0, 0.7), ("a", 0.0, 0.9, 0.9)]

    assert average_precision_at_temporal_iou(truth, rows, [0.5]).tolist() == [1]
    assert average_precision_at_temporal_iou(truth, rows, [0.95]).tolist() == [0.5]
    assert average_precision_at_temporal_iou(truth, [], [0.5]).tolist() == [0]
