from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmaction_min.datasets import VideoDataset
from mmaction_min.errors import ConfigError, DataError

DECODE_ALL = [
    {"type": "PyAVInit"},
    {"type": "SampleFrames", "clip_len": 12, "test_mode": True},
    {"type": "PyAVDecode"},
]


def write(folder: Path, text: str, name: str = "ann.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_lines_become_samples_that_run_through_the_pipeline(
    tmp_path: Path,
    make_video: Callable[..., Path],
    frame_numbers: Callable[[Any], list[int]],
) -> None:
    """A line's path is found under data_prefix, its frames are decoded, its label is an int."""
    make_video("videos/b.mp4")
    ann_file = write(tmp_path, "a.mp4 0\nb.mp4 3\n")
    dataset = VideoDataset(ann_file, DECODE_ALL, data_prefix=tmp_path / "videos")
    sample = dataset[1]

    assert len(dataset) == 2
    assert sample["label"] == 3
    assert (sample["modality"], sample["start_index"]) == ("RGB", 0)
    assert frame_numbers(sample["imgs"]) == list(range(12))


def test_a_pipeline_cannot_change_the_annotations(tmp_path: Path) -> None:
    """What a transform does to a sample is gone with the sample."""

    def spoil(results: dict[str, Any]) -> dict[str, Any]:
        results["label"] += 1
        return results

    dataset = VideoDataset(write(tmp_path, "a.mp4 0"), [spoil])

    assert [dataset[0]["label"], dataset[0]["label"]] == [1, 1]
    assert dataset.labels.tolist() == [0]


def test_json_annotations_may_have_spaces_in_their_paths(tmp_path: Path) -> None:
    """A .json list of filename and label means the same as the lines."""
    items = [{"filename": "my clip.mp4", "label": 2}]
    dataset = VideoDataset(write(tmp_path, json.dumps(items), "ann.json"), [])

    assert dataset[0]["filename"] == "my clip.mp4"
    assert dataset[0]["label"] == 2


def test_a_byte_order_mark_is_no_part_of_the_first_path(tmp_path: Path) -> None:
    """Files from Windows editors work."""
    assert (
        VideoDataset(write(tmp_path, "\ufeffa.mp4 0\n"), [])[0]["filename"] == "a.mp4"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ann.txt: the annotation file has no videos"),
        ("a.mp4 0\n\nb.mp4 1\n", "ann.txt:2: the line is empty\nhint: delete it"),
        (
            "a.mp4 0\nb.mp4\n",
            "ann.txt:2: the line has 1 fields, not `path label`: 'b.mp4'",
        ),
        ("my clip.mp4 0\n", "ann.txt:1: the line has 3 fields"),
        ("a.mp4,0\n", "ann.txt:1: the line has 1 fields"),
        ("a.mp4 cat\n", "ann.txt:1: the label is not an integer: 'cat'"),
        ("a.mp4 1.0\n", "ann.txt:1: the label is not an integer: '1.0'"),
        ("a.mp4 -1\n", "ann.txt:1: the label -1 is negative\nhint: count from 0"),
        ("a.mp4 8\n", "ann.txt:1: the label 8 is not below num_classes=8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    """The error says file, line, what is wrong and what to do."""
    ann_file = write(tmp_path, text)

    with pytest.raises(DataError) as error:
        VideoDataset(ann_file, [], num_classes=8)
    assert str(error.value).startswith(str(tmp_path / message))


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("{", "ann.json", "not a list of videos"),
        ('[{"label": 0}]', "ann.json", "item 0 has no 'filename'"),
        ('[["a.mp4", 0]]', "ann.json", "not a list of videos"),
        ('[{"filename": "a.mp4", "label": "x"}]', "ann.json, item 0", "not an integer"),
    ],
)
def test_a_wrong_json_file_is_named(
    tmp_path: Path, text: str, where: str, message: str
) -> None:
    """The error says the file, the item where there is one, and how to write it."""
    ann_file = write(tmp_path, text, "ann.json")

    with pytest.raises(DataError) as error:
        VideoDataset(ann_file, [])
    assert error.value.where == str(tmp_path / where)
    assert message in error.value.what


def test_a_missing_annotation_file_is_named(tmp_path: Path) -> None:
    """The error has the path and says what ann_file should be."""
    with pytest.raises(
        DataError, match=r"none\.txt: .*No such file.*\nhint: set ann_file"
    ):
        VideoDataset(tmp_path / "none.txt", [])


@pytest.fixture
def four_videos(tmp_path: Path) -> VideoDataset:
    return VideoDataset(write(tmp_path, "a 0\nb 1\nc 2\nd 2\n"), [])


SCORES = list(
    np.eye(6)[[0, 1, 2, 5]]
)  # three right, and for the last 2 is among the 5 highest


def test_evaluate_uses_upstreams_names(four_videos: VideoDataset) -> None:
    """Top-1 and top-5 by default, under top{k}_acc."""
    assert four_videos.evaluate(SCORES) == {"top1_acc": 0.75, "top5_acc": 1.0}


def test_evaluate_several_metrics_with_options(four_videos: VideoDataset) -> None:
    """Metrics come in a list, and each may have options; `topk` alone is upstream's older word for one."""
    values = four_videos.evaluate(
        SCORES,
        metrics=["top_k_accuracy", "mean_class_accuracy"],
        metric_options={"top_k_accuracy": {"topk": 1}},
    )

    assert values == {"top1_acc": 0.75, "mean_class_accuracy": pytest.approx(2.5 / 3)}
    assert four_videos.evaluate(SCORES, topk=(1,)) == {"top1_acc": 0.75}


def test_evaluate_refuses_an_unknown_metric(four_videos: VideoDataset) -> None:
    """The error lists the metrics that there are."""
    with pytest.raises(
        ConfigError, match="no metric 'auc'\nhint: one of top_k_accuracy"
    ):
        four_videos.evaluate(SCORES, metrics="auc")


def test_evaluate_refuses_results_of_another_dataset(four_videos: VideoDataset) -> None:
    """There must be a result for each video."""
    with pytest.raises(DataError, match="3 results for 4 videos"):
        four_videos.evaluate(SCORES[:3])
