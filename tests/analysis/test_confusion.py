"""The picture of a confusion matrix: what is written where, by the number of classes."""

from __future__ import annotations

import numpy as np
import pytest

from mmaction_min.analysis.confusion import draw_confusion


def test_few_classes_have_names_and_numbers() -> None:
    """Per cent of the row; a class without samples has none."""
    figure = draw_confusion(
        np.array([[3, 1, 0], [0, 0, 0], [0, 0, 2]]), ["jump", "sit", "run"]
    )

    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "jump",
        "sit",
        "run",
    ]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(0, 0): "75", (1, 0): "25", (2, 2): "100"}
    assert ax.get_title() == "6 samples, 83.3% right"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


@pytest.mark.parametrize("size", [21, 60])
def test_more_classes_have_names_only(size: int) -> None:
    """One at each row and column."""
    ax = draw_confusion(np.eye(size, dtype=np.int64)).axes[0]

    assert len(ax.get_xticklabels()) == len(ax.get_yticklabels()) == size
    assert not ax.texts


def test_many_classes_have_the_worst_listed() -> None:
    """The pair that is mixed up most first, and the class that is found least; classes without samples are left out."""
    matrix = np.diag(np.r_[0, np.full(399, 9)])
    matrix[7, 3], matrix[5, 4] = 6, 2
    names = [f"class {i}" for i in range(399)] + ["a name " * 10]

    beside = draw_confusion(matrix, names).axes[1]

    (text,) = beside.texts
    lines = text.get_text().splitlines()
    assert lines[2:4] == [
        "6 of 15   class 7 (7) → class 3 (3)",
        "2 of 11   class 5 (5) → class 4 (4)",
    ]
    start = lines.index("Found least often") + 2
    assert lines[start] == "9 of 15   class 7 (7)"
    assert not any("(0)" in line for line in lines)
    assert max(map(len, lines)) < 60


def test_without_a_sample_there_is_nothing_right() -> None:
    """And no division by zero."""
    assert draw_confusion(np.zeros((2, 2), np.int64)).axes[0].get_title() == (
        "0 samples, 0.0% right"
    )
