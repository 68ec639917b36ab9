from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmaction_min.datasets import RawframeDataset, RepeatDataset, VideoDataset
from mmaction_min.errors import ConfigError, DataError


def write(folder: Path, text: str, name: str = "ann.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_have_a_folder_frames_and_a_label(tmp_path: Path) -> None:
    """With an offset before them where the data set says so; frames count from 1."""
    plain = RawframeDataset(write(tmp_path, "a 30 2\n"), [], "frames")[0]
    moved = RawframeDataset(write(tmp_path, "a 9 30 2\n"), [], with_offset=True)[0]

    assert plain == {
        "frame_dir": "frames/a",
        "total_frames": 30,
        "label": 2,
        "filename_tmpl": "img_{:05}.jpg",
        "modality": "RGB",
        "start_index": 1,
    }
    assert (moved["offset"], moved["total_frames"]) == (9, 30)


def test_json_lists_have_the_same(tmp_path: Path) -> None:
    """Upstream's label is a list of one; a number is taken too."""
    items = [{"frame_dir": "a b", "total_frames": 3, "label": [2]}]
    dataset = RawframeDataset(write(tmp_path, json.dumps(items), "ann.json"), [])

    assert dataset[0]["frame_dir"] == "a b"
    assert dataset.labels.tolist() == [2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a 3", "the line has 2 fields, not `path total_frames label`"),
        ("a 3 1 2", "the line has 4 fields"),
        ("a x 1", "the total_frames is not an integer: 'x'"),
        ("a 0 1", "total_frames is 0"),
        ("a -3 1", "the total_frames -3 is negative"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    """The error says file, line and what is wrong."""
    with pytest.raises(DataError) as error:
        RawframeDataset(write(tmp_path, f"a 3 1\n{line}\n"), [])
    assert str(error.value).startswith(f"{tmp_path}/ann.txt:2: {message}")


def test_many_labels_become_zeros_and_ones(tmp_path: Path) -> None:
    """The pipeline gets (num_classes,) float32, metrics the same of all samples."""
    ann_file = write(tmp_path, "a 0 2\nb 1\n")
    dataset = VideoDataset(ann_file, [], multi_class=True, num_classes=3)

    assert dataset[0]["label"].tolist() == [1, 0, 1]
    assert dataset[0]["label"].dtype == np.float32
    assert dataset.labels.tolist() == [[1, 0, 1], [0, 1, 0]]
    scores = [np.array([3.0, 1, 2]), np.array([1.0, 2, 3])]
    metrics = ["mean_average_precision", "mmit_mean_average_precision"]
    assert dataset.evaluate(scores, metrics) == {
        "mean_average_precision": pytest.approx(2.5 / 3),
        "mmit_mean_average_precision": pytest.approx(0.75),
    }
    with pytest.raises(ConfigError, match="top_k_accuracy is for one label a sample"):
        dataset.evaluate(scores)


@pytest.mark.parametrize(
    "wrong",
    [
        {"multi_class": True},
        {"multi_class": True, "num_classes": 3, "sample_by_class": True},
        {"dynamic_length": True},
        {"modality": "Audio"},
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    """A data set's arguments are checked when it is built."""
    with pytest.raises(ConfigError, match="VideoDataset"):
        VideoDataset(write(tmp_path, "a 0\n"), [], **wrong)


def test_rare_classes_come_more_often_by_class(tmp_path: Path) -> None:
    """Eight of one class and one of another: half of what is drawn; in testing each sample is itself."""
    ann_file = write(tmp_path, "a 0\n" * 8 + "b 1\n")
    by_class = VideoDataset(ann_file, [], sample_by_class=True)
    testing = VideoDataset(ann_file, [], sample_by_class=True, test_mode=True)
    np.random.seed(0)
    labels = [by_class[0]["label"] for _ in range(400)]

    assert 160 < sum(labels) < 240
    assert [testing[i]["label"] for i in range(9)] == [0] * 8 + [1]


def test_repeating_makes_an_epoch_longer(tmp_path: Path) -> None:
    """Three times two samples, in turn; an index beyond the end is one beyond the last repeat."""
    cfg = {"type": "VideoDataset", "ann_file": str(write(tmp_path, "a 0\nb 1\n"))}
    dataset = RepeatDataset({**cfg, "pipeline": []}, 3, test_mode=True)

    assert len(dataset) == len(dataset.video_infos) == 6
    assert [dataset[i]["label"] for i in range(6)] == [0, 1] * 3
    assert dataset.dataset.test_mode
    with pytest.raises(ConfigError, match="times"):
        RepeatDataset(cfg, 0)
