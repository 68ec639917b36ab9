from __future__ import annotations

import numpy as np
import pytest

from mmaction_min.core.evaluation import mean_class_accuracy, top_k_accuracy

SCORES = [[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2]]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1, 1, 0], [1.0, 1.0, 1.0]),
        ([1, 2, 2, 1], [0.0, 1.0, 1.0]),
        ([2, 0, 1, 2], [0.25, 0.25, 1.0]),
    ],
)
def test_top_k_accuracy(labels: list[int], expected: list[float]) -> None:
    """A sample is right at k if its label is among the k highest scores."""
    assert top_k_accuracy(SCORES, labels, topk=(1, 2, 3)) == expected


def test_scores_that_are_all_equal_are_right_for_class_0_only() -> None:
    """A model that cannot tell the classes apart gets no credit for it."""
    labels = np.arange(4)

    assert top_k_accuracy(np.zeros((4, 4)), labels, topk=(1, 2)) == [0.25, 0.5]


def test_k_beyond_the_classes_counts_every_sample() -> None:
    """Of three classes, the label is always among the highest five."""
    assert top_k_accuracy(SCORES, [2, 2, 2, 2], topk=(5,)) == [1.0]


def test_integer_scores_are_ranked_without_wrapping() -> None:
    """Unsigned scores (votes) are ranked like any other number."""
    assert top_k_accuracy(np.array([[0, 3]], np.uint8), [1]) == [1.0]


def test_mean_class_accuracy_weighs_classes_not_samples() -> None:
    """Three samples of a class count as much as one of another."""
    scores = np.eye(2)[[0, 0, 0, 0]]

    assert mean_class_accuracy(scores, [0, 0, 0, 1]) == 0.5


def test_mean_class_accuracy_leaves_out_classes_without_samples() -> None:
    """A class that is only predicted has no accuracy to average."""
    assert mean_class_accuracy(SCORES, [0, 1, 1, 1]) == pytest.approx((1 + 2 / 3) / 2)
