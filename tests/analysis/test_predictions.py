"""Predictions of a data set: rows, files in four formats, and what does not fit together."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mmaction_min.analysis.predictions import (
    collect_predictions,
    read_label_map,
    save_predictions,
)
from mmaction_min.errors import ConfigError, DataError

SCORES = [np.array([0.25, 0.75], np.float32), np.array([0.5, 0.5], np.float32)]
CLASSES = ["jump", "run"]


def dataset(*labels: Any) -> SimpleNamespace:
    infos = [{"filename": f"{i}.mp4", "label": label} for i, label in enumerate(labels)]
    return SimpleNamespace(video_infos=infos)


def test_a_row_has_the_file_the_label_the_class_and_the_scores(tmp_path: Path) -> None:
    """The same in JSON and in a pickle; of equal scores the first class counts."""
    predictions = collect_predictions(dataset(0, 1), SCORES, CLASSES)
    expected = [
        ("0.mp4", 0, 1, "jump", "run", [0.25, 0.75]),
        ("1.mp4", 1, 0, "run", "jump", [0.5, 0.5]),
    ]

    for name, read in (("a.json", json.loads), ("a.pkl", pickle.loads)):
        save_predictions(predictions, tmp_path / name)
        rows = read((tmp_path / name).read_bytes())
        assert [(*row.values(),)[:5] for row in rows] == [row[:5] for row in expected]
        assert [list(row["scores"]) for row in rows] == [row[5] for row in expected]
        assert list(rows[0])[:3] == ["filename", "label", "pred"]


def test_arrays_need_no_pickle(tmp_path: Path) -> None:
    """`.npz` has everything that is known, `.npy` the scores."""
    predictions = collect_predictions(dataset(0, 1), SCORES)

    save_predictions(predictions, tmp_path / "new" / "a.npz")
    save_predictions(predictions, tmp_path / "a.npy")

    with np.load(tmp_path / "new" / "a.npz") as arrays:
        assert set(arrays) == {"filename", "label", "pred", "scores"}
        assert arrays["filename"].tolist() == ["0.mp4", "1.mp4"]
        assert arrays["pred"].tolist() == [1, 0]
    assert np.load(tmp_path / "a.npy").tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "new"]


def test_samples_with_several_labels_have_scores_and_no_confusion() -> None:
    """Their predicted class is still the one with the highest score."""
    predictions = collect_predictions(dataset([0, 1], [1]), SCORES)

    assert [row["pred"] for row in predictions.rows()] == [1, 0]
    assert "label" not in predictions.rows()[0]
    with pytest.raises(DataError, match="needs one label a sample"):
        predictions.confusion()


def test_confusion_counts_over_all_classes() -> None:
    """True classes are rows."""
    predictions = collect_predictions(dataset(0, 1), SCORES)

    assert predictions.confusion().tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("labels", "results", "classes", "message"),
    [
        ([0], SCORES, None, "there are 2 results for 1 samples"),
        ([0, 2], SCORES, None, "there is a label 2, and the model has 2 scores"),
        ([0, 1], SCORES, ["jump"], "there are 1 names of classes and 2 scores"),
        ([0, 1], [SCORES[0], SCORES[0][:1]], None, "are not scores, one for each"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    labels: list[int], results: list[Any], classes: list[str] | None, message: str
) -> None:
    """Before anything is written."""
    with pytest.raises(DataError, match=message):
        collect_predictions(dataset(*labels), results, classes)


def test_names_of_classes_are_read_from_lines(tmp_path: Path) -> None:
    """An empty line at the end is no class; one in between is a class without a name."""
    path = tmp_path / "map.txt"
    path.write_text("abseiling\nair drumming \n\nzumba\n\n")
    assert read_label_map(path) == ["abseiling", "air drumming", "", "zumba"]

    path.write_text("\n")
    with pytest.raises(DataError, match="the file has no names"):
        read_label_map(path)
    with pytest.raises(DataError, match="No such file"):
        read_label_map(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.yml", "predictions cannot be a .yml"),
        ("file/a.json", "its folder cannot be made"),
        ("folder.json", "no file can be written there"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    """With the reason."""
    (tmp_path / "file").touch()
    (tmp_path / "folder.json").mkdir()
    predictions = collect_predictions(dataset(0, 1), SCORES)

    with pytest.raises(ConfigError, match=message):
        save_predictions(predictions, tmp_path / name)
