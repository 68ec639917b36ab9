"""SSNDataset and SampleProposalFrames: upstream's samples and metrics, frames of the right videos, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mmaction_min.datasets import SSNDataset
from mmaction_min.errors import ConfigError, DataError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "ssn.json").read_text())
DATA = GOLDEN["data"]
ASSIGNER = dict(
    positive_iou_threshold=0.7,
    background_iou_threshold=0.01,
    incomplete_iou_threshold=0.3,
    background_coverage_threshold=0.02,
    incomplete_overlap_threshold=0.01,
)
SAMPLER = dict(
    num_per_video=8,
    positive_ratio=1,
    background_ratio=1,
    incomplete_ratio=6,
    add_gt_as_proposals=True,
)
SAMPLE = dict(
    type="SampleProposalFrames",
    clip_len=1,
    body_segments=5,
    aug_segments=(2, 2),
    aug_ratio=0.5,
)


def new_dataset(
    folder: Path, lines: list[str] = GOLDEN["file"], *steps: Any, **changes: Any
) -> SSNDataset:
    """The data set of the golden file, or of other lines."""
    path = folder / changes.pop("name", "proposals.txt")
    path.write_text("\n".join(lines) + "\n")
    arguments = dict(
        pipeline=steps or [SAMPLE],
        train_cfg=dict(ssn=dict(assigner=ASSIGNER, sampler=SAMPLER)),
        test_cfg=dict(
            ssn=dict(sampler=dict(test_interval=6), evaluater=dict(top_k=12, nms=0.2))
        ),
        data_prefix=folder,
        aug_ratio=0.5,
    )
    return SSNDataset(path, **{**arguments, **changes})


def check(sample: dict[str, Any], golden: dict[str, Any]) -> None:
    """A sample has upstream's numbers."""
    if drawn := golden.get("drawn"):
        found = [
            [name, one.start_frame, one.end_frame]
            for (name, one), _ in sample["out_proposals"]
        ]
        assert found == drawn
    for name in golden.keys() - {"drawn"}:
        assert np.ravel(sample[name]).tolist() == pytest.approx(golden[name], rel=1e-5)


def test_training_samples_are_upstreams(tmp_path: Path) -> None:
    """The same proposals, frames, scale factors, labels and targets for the same draws; and in the middle of shares without any."""
    np.random.seed(3)
    dataset = new_dataset(tmp_path, upstream_compat=True)
    middle = dict(SAMPLE, mode="val")

    assert dataset.reg_norm_consts == pytest.approx(np.array(DATA["consts"]))
    assert len(dataset) == DATA["len"]
    for index, golden in zip((0, 2, 0), DATA["train"], strict=True):
        check(dataset[index], golden)
    np.random.seed(5)
    dataset = new_dataset(tmp_path, GOLDEN["file"], middle, upstream_compat=True)
    for index, golden in enumerate(DATA["val"]):
        check(dataset[index], golden)


def test_samples_of_all_videos_are_upstreams(tmp_path: Path) -> None:
    """`video_centric=False`, with clips of two frames that are moved at random."""
    np.random.seed(4)
    step = dict(SAMPLE, clip_len=2, frame_interval=3, temporal_jitter=True)
    dataset = new_dataset(
        tmp_path,
        GOLDEN["file"],
        step,
        clip_len=2,
        frame_interval=3,
        video_centric=False,
        upstream_compat=True,
    )

    for index, golden in enumerate(DATA["random"]):
        check(dataset[index], golden)


def wave(*shape: int, k: float) -> np.ndarray:
    """Numbers in -2..2, as the golden ones were made of."""
    n = int(np.prod(shape))
    return (np.sin(np.arange(n) * k).reshape(shape) * 2).astype(np.float32)


def made_up_results(dataset: SSNDataset) -> list[dict[str, Any]]:
    """What a model could have said."""
    results = []
    for i in range(len(dataset)):
        spans = dataset[i]["relative_proposal_list"]
        results.append(
            {
                "relative_proposal_list": spans,
                "activity_scores": wave(len(spans), 4, k=0.61 + i),
                "completeness_scores": wave(len(spans), 3, k=0.23 + i),
                "bbox_preds": wave(len(spans), 3, 2, k=0.5 + i) / 8,
            }
        )
    return results


def test_tests_and_their_metrics_are_upstreams(tmp_path: Path) -> None:
    """Ticks and scale factors of all proposals; mAP with and without the regression."""
    dataset = new_dataset(
        tmp_path, GOLDEN["file"], dict(SAMPLE, mode="test"), test_mode=True
    )
    results = made_up_results(dataset)

    for index, golden in enumerate(DATA["test"]):
        check(dataset[index], golden)
    assert dataset.evaluate(results) == pytest.approx(DATA["mAP"], rel=1e-5)
    dataset.use_regression = False
    assert dataset.evaluate(results, "mAP") == pytest.approx(
        DATA["mAP_plain"], rel=1e-5
    )


def test_a_proposal_of_another_video_is_read_there(tmp_path: Path) -> None:
    """Upstream reads it in this one's folder. Here a frame's grey is its video's."""
    for number, name in enumerate("abcd"):
        (tmp_path / f"video_{name}").mkdir()
        folder = tmp_path / f"video_{name}"
        Image.new("RGB", (8, 8), (50 * number,) * 3).save(folder / "all.png")
        for frame in range(1, 121):
            (folder / f"img_{frame:05d}.jpg").hardlink_to(folder / "all.png")
    steps = (SAMPLE, dict(type="RawFrameDecode"))

    sample = new_dataset(tmp_path, GOLDEN["file"], *steps, video_centric=False)[0]

    greys = sample["imgs"].reshape(8, 9, -1).mean(axis=(1, 2)) / 50
    names = [name for (name, _), _ in sample["out_proposals"]]
    assert len(set(names)) > 1
    assert [f"video_{'abcd'[round(grey)]}" for grey in greys] == names


def test_parts_of_videos_are_read_with_the_frames_counted(tmp_path: Path) -> None:
    """A file that is called normalized_..., unless there is one in frames beside it."""
    (tmp_path / "video_a").mkdir()
    for frame in range(1, 11):
        (tmp_path / "video_a" / f"img_{frame:05d}.jpg").touch()
    rows = ["# 0", "video_a", "1", "1", "1", "2 0.2 0.5", "0"]
    build = dict(name="normalized_list.txt", test_mode=True)

    dataset = new_dataset(tmp_path, rows, **build)
    gt = dataset.video_infos[0]["gts"][0]
    (tmp_path / "list.txt").write_text("\n".join(GOLDEN["file"]))

    assert (gt.start_frame, gt.end_frame, gt.num_video_frames) == (2, 5, 10)
    assert len(new_dataset(tmp_path, rows, **build)) == 3


def test_a_video_without_proposals_is_one(tmp_path: Path) -> None:
    """And one of a single frame is looked at; upstream finds nothing in it."""
    rows = ["# 0", "video_a", "1", "1", "1", "1 0 1", "0"]

    sample = new_dataset(tmp_path, rows, dict(SAMPLE, mode="test"), test_mode=True)[0]

    assert sample["relative_proposal_list"].tolist() == [[0, 1]]
    assert sample["frame_inds"].tolist() == [1]


def test_what_training_cannot_do_without_is_named(tmp_path: Path) -> None:
    """A kind of proposals that no video has; a class that the model has not; an entry of the config."""
    rows = GOLDEN["file"][:8]
    with pytest.raises(DataError, match="no proposal of any video is incomplete"):
        new_dataset(tmp_path, [*rows[:7], "0"])
    with pytest.raises(DataError, match=r"video_b, segment 1: there is no class 3"):
        new_dataset(tmp_path).check_classes(2)
    with pytest.raises(ConfigError, match=r"train_cfg has no ssn.assigner"):
        new_dataset(tmp_path, train_cfg=dict(ssn=dict(sampler=SAMPLER)))
    with pytest.raises(ConfigError, match="aug_ratio=0"):
        new_dataset(tmp_path, aug_ratio=0)


def test_proposals_that_begin_beyond_the_video_are_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With their number, and the first of them."""
    lines = list(GOLDEN["file"])
    lines[lines.index("2 0.0000 0.0000 97 119")] = "2 0 0 120 130"

    dataset = new_dataset(tmp_path, lines)

    assert len(dataset.video_infos[0]["proposals"]) == 6
    assert "1 proposals begin beyond their videos" in caplog.text
    assert "video_a, Proposal(label=2" in caplog.text


def test_detections_are_written_and_drawn(tmp_path: Path) -> None:
    """In frames, the best first; and other metrics, or too few results, are refused."""
    dataset = new_dataset(
        tmp_path, GOLDEN["file"], dict(SAMPLE, mode="test"), test_mode=True
    )
    results = made_up_results(dataset)

    dataset.dump_results(results, tmp_path / "new" / "out.json")
    infos, found, unit = dataset.timeline(results)

    written = json.loads((tmp_path / "new" / "out.json").read_text())["results"]
    scores = [each["score"] for each in written["video_a"]]
    assert scores == sorted(scores, reverse=True)
    assert found[0]["proposal_list"] == written["video_a"]
    assert max(each["segment"][1] for each in written["video_a"]) > 60
    assert infos[1]["annotations"] == [{"segment": [30, 66]}]
    assert (infos[1]["duration"], unit) == (90, "frames")
    with pytest.raises(ConfigError, match="no metric 'AR@AN'"):
        dataset.evaluate(results, ["AR@AN"])
    with pytest.raises(ConfigError, match="no 'activitynet'"):
        dataset.evaluate(
            results, metric_options=dict(mAP=dict(eval_dataset="activitynet"))
        )
    with pytest.raises(DataError, match="1 results for 3 videos"):
        dataset.evaluate(results[:1])


def test_a_class_without_segments_does_not_count(tmp_path: Path) -> None:
    """Upstream's mean over the classes is NaN then."""
    rows = ["# 0", "video_a", "10", "1", "1", "1 0 5", "1", "1 1.0 1.0 0 5"]
    dataset = new_dataset(tmp_path, rows, test_mode=True, use_regression=False)
    result = {
        "relative_proposal_list": np.array([[0.0, 0.5]], np.float32),
        "activity_scores": torch.zeros(1, 3).numpy(),
        "completeness_scores": torch.zeros(1, 2).numpy(),
        "bbox_preds": None,
    }

    assert set(dataset.evaluate([result]).values()) == {1.0}
