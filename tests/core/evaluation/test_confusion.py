"""confusion_matrix: counts by hand, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mmaction_min.core import confusion_matrix


def test_rows_are_true_classes_and_columns_predicted_ones() -> None:
    """Each cell counts; a class that never occurs has its row of zeros all the same."""
    matrix = confusion_matrix(y_pred=[0, 1, 1, 0], y_real=[0, 1, 0, 0], num_classes=3)

    assert matrix.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_the_number_of_classes_is_that_which_occurs() -> None:
    """Among labels and predictions; of nothing it is none."""
    assert confusion_matrix([2], [0]).shape == (3, 3)
    assert confusion_matrix([], []).shape == (0, 0)


@pytest.mark.parametrize(
    ("pred", "real", "message"),
    [
        ([0, 1], [0], r"predictions \(2,\) for labels \(1,\)"),
        ([3], [0], "classes are 0 to 2, not 0 to 3"),
        ([0], [-1], "classes are 0 to 2, not -1 to 0"),
        (np.array([0.5]), [0], "classes are integers, not float64 and int64"),
    ],
)
def test_what_are_no_classes_is_refused(
    pred: list[int], real: list[int], message: str
) -> None:
    """A wrong row would look like a right one."""
    with pytest.raises(ValueError, match=message):
        confusion_matrix(pred, real, 3)
