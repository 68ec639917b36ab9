"""`python -m mmaction_min.inspect`, as a user calls it, on configs whose data nobody has."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmaction_min import inspect as inspect_command
from mmaction_min.config import Config

REPO = Path(__file__).parents[1]
TINY = f"""
_base_ = [
    "{REPO}/configs/_base_/models/tsm_r18.py",
    "{REPO}/configs/_base_/datasets/motion_clips.py",
    "{REPO}/configs/_base_/schedules/quick.py",
    "{REPO}/configs/_base_/default_runtime.py",
]
model = dict(
    backbone=dict(num_stages=1, out_indices=(0,), pretrained="nowhere.pth"),
    cls_head=dict(in_channels=64),
)
nowhere = dict(_delete_=True, type="VideoDataset", ann_file="nowhere.txt")
data = dict(
    train=dict(**nowhere, pipeline={{{{ _base_.train_pipeline }}}}),
    val=dict(**nowhere, pipeline={{{{ _base_.test_pipeline }}}}),
)
custom_hooks = [dict(type="IterTimerHook", priority=15)]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run in an empty folder, so that whatever is written shows."""
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return str(path)


def test_all_parts_are_shown_and_nothing_is_written(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The config, the model with shapes and operations, the groups, the hooks as training would have them."""
    assert inspect_command.main([config, "--device", "cpu"]) == 0

    out = capsys.readouterr().out
    titles = [line[4:] for line in out.splitlines() if line.startswith("=== ")]
    assert titles == ["config", "model", "optimizer", "hooks"]
    assert "  layer1" in out and "(8, 64, 8, 8)" in out
    assert "of one sample, imgs (1, 8, 3, 32, 32)" in out
    assert "AdamW: 1 param group, 1 different" in out
    rows = out.rpartition("---\n")[2].strip().splitlines()
    hooks = [word for row in rows for word in row.split() if word.endswith("Hook")]
    assert hooks == [
        "CosineAnnealingLrUpdaterHook",
        "IterTimerHook",  # of custom_hooks
        "CheckpointHook",
        "IterTimerHook",
        "DistEvalHook",
        "TextLoggerHook",
    ]
    assert [row.split()[0] for row in rows] == sorted(row.split()[0] for row in rows)
    assert rows[1].split() == [
        "15",
        "IterTimerHook",
        *("before", "before,", "after") * 2,
    ]
    assert list(Path().iterdir()) == []


def test_the_config_alone_reads_back_to_the_same(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the overrides in it, and without colours in a file."""
    options = ["--cfg-options", "optimizer.lr=0.5"]

    assert inspect_command.main([config, "--only", "config", *options]) == 0

    resolved = tmp_path / "resolved.py"
    resolved.write_text(capsys.readouterr().out)
    expected = {**Config.fromfile(config)}
    expected["optimizer"] = {**expected["optimizer"], "lr": 0.5}
    assert {**Config.fromfile(resolved)} == expected


def test_the_schedule_is_drawn_without_data_if_the_epoch_is_given(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the data set is asked, and the message says how to do without."""
    out = tmp_path / "new" / "lr.png"
    args = [config, "--device", "cpu", "--only", "--plot", str(out)]

    assert inspect_command.main([*args, "--iters-per-epoch", "10"]) == 0
    assert capsys.readouterr().out == f"drew 40 iterations into {out}\n"
    assert out.read_bytes().startswith(b"\x89PNG")

    assert inspect_command.main(args) == 1
    err = capsys.readouterr().err
    assert "nowhere.txt: the annotation file cannot be read" in err
    assert err.endswith("hint: say --iters-per-epoch N, and no data are needed\n")


def test_a_pipeline_that_says_no_shape_leaves_the_parameters(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason; `--shape` says it instead."""
    args = [config, "--device", "cpu", "--only", "model"]
    options = ["--cfg-options", "data.train.pipeline=[]"]

    assert inspect_command.main([*args, *options]) == 0
    out = capsys.readouterr().out
    assert "No shapes and FLOPs: the config has no data.train.pipeline" in out
    assert "layer1" in out and "FLOPs)" not in out

    shape = ["1", "8", "3", "64", "64"]
    assert inspect_command.main([*args, *options, "--shape", *shape]) == 0
    assert "(8, 64, 16, 16)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--shape", "1", "3"], "--shape: the model takes no such batch: "),
        (["--cfg-options", "optimizer=None", "--only", "hooks"], "it trains nothing"),
        (["--cfg-options", "model.type=X"], "'X' is not in the recognizer registry"),
        (["--plot", "lr.doc"], "lr.doc: a picture cannot be a .doc"),
        (["--plot", "a.png", "--iters-per-epoch", "0"], "--iters-per-epoch: an epoch"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(
    config: str, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    """With exit code 1."""
    assert inspect_command.main([config, "--device", "cpu", *args]) == 1

    assert message in capsys.readouterr().err
