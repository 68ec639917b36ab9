"""`python -m mmaction_min.test`, on tiny MotionClips: metrics, files, pictures, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mmaction_min import test as test_command
from mmaction_min.assemble import prepare_model
from mmaction_min.config import Config
from mmaction_min.datasets import MotionClips
from mmaction_min.runner import save_checkpoint

REPO = Path(__file__).parents[1]
TINY = """
_base_ = [
    "{repo}/configs/_base_/models/tsn_r18.py",
    "{repo}/configs/_base_/datasets/motion_clips.py",
]
model = dict(
    backbone=dict(num_stages=1, out_indices=(0,)), cls_head=dict(in_channels=64)
)
data = dict(
    workers_per_gpu=0,
    test=dict(num_clips=8, size=32, root="{cache}"),
)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A config and a checkpoint of it that was never trained."""
    folder = tmp_path_factory.mktemp("run")
    config, checkpoint = folder / "tiny.py", folder / "latest.pth"
    config.write_text(TINY.format(repo=REPO, cache=folder))
    cfg = Config.fromfile(config)
    meta = {"CLASSES": [f"motion {i}" for i in range(8)]}
    save_checkpoint(prepare_model(cfg, torch.device("cpu")), checkpoint, meta=meta)
    return [str(config), str(checkpoint), "--device", "cpu"]


def test_predictions_agree_with_the_metrics_and_the_classes(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run writes both files; the names are those of the data set."""
    out, picture = tmp_path / "p.json", tmp_path / "new" / "c.png"

    assert (
        test_command.main([*run, "--out", str(out), "--confusion", str(picture)]) == 0
    )

    rows = json.loads(out.read_text())
    top1 = sum(row["pred"] == row["label"] for row in rows) / len(rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"top1_acc: {top1:.4f}"
    assert lines[-2:] == [f"wrote 8 predictions into {out}", f"drew {picture}"]
    assert rows[0]["filename"].endswith("0000_left.mp4")
    assert rows[0]["label_name"] == "left"
    assert sum(rows[0]["scores"]) == pytest.approx(1)  # average_clips="prob"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_metrics_and_averages_of_the_command_line_go_first(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--eval-options` go deep; `--average-clips score` gives scores that are no probabilities."""
    out = tmp_path / "p.json"
    asked = ["--eval", "top_k_accuracy", "--average-clips", "score", "--out", str(out)]
    options = ["--eval-options", "metric_options.top_k_accuracy.topk=(1,3)"]

    assert test_command.main([*run, *asked, *options]) == 0

    names = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[:-1]]
    assert names == ["top1_acc", "top3_acc"]
    assert sum(json.loads(out.read_text())[0]["scores"]) != pytest.approx(1)


def test_names_of_classes_come_from_a_file_the_config_or_the_checkpoint(
    run: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the data set has none, as a list of one's own videos."""
    monkeypatch.setattr(MotionClips, "CLASSES", None)
    names, out = tmp_path / "names.txt", tmp_path / "p.json"
    names.write_text("".join(f"name {i}\n" for i in range(8)))

    for args, expected in (
        ([], "motion 0"),
        (["--label-map", str(names)], "name 0"),
        (["--cfg-options", f"label_map={names}"], "name 0"),
    ):
        assert test_command.main([*run, "--out", str(out), *args]) == 0
        assert json.loads(out.read_text())[0]["label_name"] == expected


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--eval", "recall"], "there is no metric 'recall'\nhint: one of top_k"),
        (
            ["--eval", "top1"],
            "--eval: there is no metric 'top1'\nhint: did you mean top_k",
        ),
        (["--out", "p.yml"], "p.yml: predictions cannot be a .yml"),
        (["--confusion", "c.bmp"], "c.bmp: a picture cannot be a .bmp"),
        (["--label-map", "none.txt"], "none.txt: the names of the classes cannot be"),
        (
            ["--eval-options", "metric_options.top_k_accuracy.topk=x"],
            "--eval-options: metric_options is {'top_k_accuracy': {'topk': 'x'}}",
        ),
        (["--eval-options", "a"], "--eval-options: 'a' is no override"),
        (
            ["--cfg-options", "model.cls_head.num_classes=9"],
            "the checkpoint is of another model: cls_head.fc_cls.bias is (8,) there",
        ),
        (
            ["--cfg-options", "evaluation=None"],
            "the config has no `evaluation`\nhint: say --eval METRIC",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(
    run: list[str], capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    """With exit code 1, and before the data set is gone through where that can be."""
    assert test_command.main([*run, *args]) == 1

    err = capsys.readouterr().err
    assert "error: " in err and message in err


LOCALIZER = """
_base_ = ["{repo}/configs/bmn_motion.py"]
model = dict(temporal_dim=4, hidden_dim_1d=4, hidden_dim_2d=4, hidden_dim_3d=4)
data = dict(
    workers_per_gpu=0,
    test=dict(num_videos=2, temporal_dim=4, size=32, root="{cache}"),
)
"""


def test_a_localizers_results_are_those_of_its_data_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recalls, a file as ActivityNet's server takes it, a picture of time lines; there is no confusion of classes."""
    config, checkpoint = tmp_path / "tiny.py", tmp_path / "latest.pth"
    config.write_text(LOCALIZER.format(repo=REPO, cache=tmp_path))
    cfg = Config.fromfile(config)
    save_checkpoint(prepare_model(cfg, torch.device("cpu")), checkpoint)
    run = [str(config), str(checkpoint), "--device", "cpu"]
    out, picture = tmp_path / "new" / "results.json", tmp_path / "new" / "t.png"

    assert test_command.main([*run, "--out", str(out), "--timeline", str(picture)]) == 0
    assert test_command.main([*run, "--confusion", str(picture)]) == 1
    assert test_command.main([*run, "--out", str(tmp_path / "results.npz")]) == 1

    printed = capsys.readouterr()
    assert [line.split(":")[0] for line in printed.out.splitlines()[:5]] == [
        *("auc", "AR@1", "AR@5", "AR@10", "AR@100")
    ]
    assert set(json.loads(out.read_text())["results"]) == {"val_0000", "val_0001"}
    assert picture.stat().st_size > 1000
    assert "--confusion is of classes" in printed.err
    assert "found in UntrimmedMotion is written as .json" in printed.err
