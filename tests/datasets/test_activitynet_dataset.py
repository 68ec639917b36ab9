"""ActivityNetDataset: what is read, what is refused by name, the metrics, the files of results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmaction_min.datasets import ActivityNetDataset
from mmaction_min.errors import ConfigError, DataError

ENTRY = {
    "duration_second": 10.0,
    "duration_frame": 300,
    "feature_frame": 240,
    "annotations": [{"segment": [1.0, 4.0], "label": "x"}],
}


def write(folder: Path, **entries: Any) -> Path:
    """An annotation file."""
    path = folder / "ann.json"
    path.write_text(json.dumps(entries or {"v_a": ENTRY, "v_b": ENTRY}))
    return path


def new_dataset(folder: Path, pipeline: Any = (), **entries: Any) -> ActivityNetDataset:
    """The data set of these entries."""
    return ActivityNetDataset(write(folder, **entries), pipeline, folder)


def test_a_sample_goes_through_the_pipeline(tmp_path: Path) -> None:
    """With its name, its folder and its own copy of the annotation; features are (C, T), segments parts of what they cover."""
    table = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.save(tmp_path / "v_a.npy", table)
    np.savetxt(tmp_path / "v_a.csv", table, header="f0,f1", delimiter=",", comments="")
    for extension in (".csv", ".npy"):
        load = dict(type="LoadLocalizationFeature", raw_feature_ext=extension)
        dataset = new_dataset(tmp_path, [load, dict(type="GenerateLocalizationLabels")])

        sample = dataset[0]

        assert sample["video_name"] == "v_a"
        assert sample["raw_feature"].tolist() == table.T.tolist()
        assert sample["gt_bbox"] == pytest.approx(np.array([[1 / 8, 4 / 8]]))


def test_segments_are_clipped_to_what_the_features_cover(tmp_path: Path) -> None:
    """And a video may have none."""
    late = {**ENTRY, "annotations": [{"segment": [6.0, 10.5]}]}
    none = {**ENTRY, "annotations": []}
    labels = [dict(type="GenerateLocalizationLabels")]
    dataset = new_dataset(tmp_path, labels, v_late=late, v_none=none)

    assert dataset[0]["gt_bbox"].tolist() == [[0.75, 1.0]]
    assert dataset[1]["gt_bbox"].shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": [{"segment": [4.0, 1.0]}]}, "ends at 1.0 s and starts at 4.0"),
        ({"annotations": [{"segment": [4.0, 4.0]}]}, "ends at 4.0 s and starts at 4.0"),
        ({"annotations": [{"segment": [4.0, 12.0]}]}, "beyond the video"),
        (
            {"annotations": [{"segment": [30.0, 120.0]}]},
            "hint: segments are in seconds",
        ),
        ({"annotations": [{"segment": [-1.0, 2.0]}]}, "beyond the video"),
        ({"annotations": [{"segment": [1.0]}]}, "annotation 0: the annotation is"),
        ({"annotations": [{"label": 1}]}, "annotation 0: the annotation is"),
        ({"annotations": None}, "no list of annotations"),
        ({"duration_frame": 0}, "duration_frame is 0"),
        ({"feature_frame": None}, "feature_frame is None"),
        ({"duration_second": "ten"}, "duration_second is 'ten'"),
    ],
)
def test_a_bad_entry_is_named(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    """By file, video and annotation."""
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        new_dataset(tmp_path, v_good=ENTRY, v_bad={**ENTRY, **change})
    assert caught.value.where.startswith(f"{tmp_path / 'ann.json'}: v_bad")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no videos"),
        ('{"v_a": 1}', "v_a: the entry is not an"),
    ],
)
def test_a_bad_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    """Also one that is not there."""
    path = tmp_path / "ann.json"
    with pytest.raises(DataError, match=r"ann\.json: .*cannot be read"):
        ActivityNetDataset(path, [])
    path.write_text(text)
    with pytest.raises(DataError, match=rf"ann\.json.*{message}"):
        ActivityNetDataset(path, [])


def results(*names: str) -> list[dict[str, Any]]:
    """One proposal of each video, that of v_a exact."""
    segments = {"v_a": [1.0, 4.0], "v_b": [6.0, 9.0]}
    return [
        {
            "video_name": name,
            "proposal_list": [{"score": 0.5, "segment": segments[name]}],
        }
        for name in names
    ]


def test_the_metrics_are_recalls_and_their_area(tmp_path: Path) -> None:
    """One of two segments is found, whatever the number of proposals."""
    scores = new_dataset(tmp_path).evaluate(results("v_a", "v_b"), "AR@AN")

    assert scores == pytest.approx(
        {"auc": 49.5, "AR@1": 0.5, "AR@5": 0.5, "AR@10": 0.5, "AR@100": 0.5}
    )


def test_a_recall_is_that_of_its_number_for_any_maximum(tmp_path: Path) -> None:
    """Upstream's `AR@5` is a point of the curve, which with `max_avg_proposals=10` stands for half a proposal."""
    options = {"AR@AN": dict(max_avg_proposals=10, temporal_iou_thresholds=[0.5])}

    scores = new_dataset(tmp_path).evaluate(
        results("v_a", "v_b"), metric_options=options
    )

    assert scores["AR@5"] == 0.5


def test_wrong_metrics_and_results_are_refused(tmp_path: Path) -> None:
    """An unknown name; fewer results than videos."""
    dataset = new_dataset(tmp_path)

    with pytest.raises(ConfigError, match="no metric 'mAP'"):
        dataset.evaluate(results("v_a", "v_b"), ["AR@AN", "mAP"])
    with pytest.raises(DataError, match="1 results for 2 videos"):
        dataset.evaluate(results("v_a"))


def test_results_are_written_for_the_server_and_for_bsn(tmp_path: Path) -> None:
    """As JSON without the `v_` of the names; as a table for each video."""
    dataset = new_dataset(tmp_path)

    dataset.dump_results(results("v_a"), tmp_path / "new" / "out.json", "json")
    dataset.dump_results([("v_a", np.ones((2, 5)))], tmp_path / "tem", "csv")

    content = json.loads((tmp_path / "new" / "out.json").read_text())
    assert content["results"] == {"a": [{"score": 0.5, "segment": [1.0, 4.0]}]}
    assert set(content) == {"version", "results", "external_data"}
    lines = (tmp_path / "tem" / "v_a.csv").read_text().splitlines()
    assert lines[0] == "action,start,end,tmin,tmax"
    assert len(lines) == 3
    with pytest.raises(ConfigError, match="'xml'"):
        dataset.dump_results([], tmp_path / "x", "xml")
