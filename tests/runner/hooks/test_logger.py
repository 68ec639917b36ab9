"""What a run says: JSON lines, lines of text, means over the steps between."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.runner import EpochBasedRunner, EvalHook, LogBuffer, get_root_logger

MakeRunner = Callable[..., EpochBasedRunner]
LOG_CONFIG = dict(interval=2, hooks=[dict(type="TextLoggerHook")])


def test_means_are_weighted_by_samples_and_tensors_are_read_late() -> None:
    """A step of three samples counts three times; the last n steps can be asked for."""
    buffer = LogBuffer()
    buffer.update({"loss": torch.tensor(1.0, requires_grad=True)}, count=1)
    buffer.update({"loss": 5.0}, count=3)

    buffer.average()
    assert buffer.output == {"loss": 4.0}

    buffer.average(1)
    assert buffer.output == {"loss": 5.0}

    buffer.clear()
    assert buffer.output == {}


def test_json_lines_hold_training_and_evaluation(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """First what the run is, then a line for each interval and epoch's end, unrounded, and one an evaluation."""
    runner = make_runner(max_epochs=1, lr=1e-6, meta={"seed": 3})
    loader.dataset.scores = [0.25]
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)
    runner.register_hook(EvalHook(loader, save_best=None), "LOW")

    runner.run([loader])

    head, *lines = [
        json.loads(line)
        for line in next(tmp_path.glob("*.log.json")).read_text().splitlines()
    ]
    assert head["seed"] == 3
    assert [(line["mode"], line["epoch"], line["iter"]) for line in lines] == [
        ("train", 1, 2),
        ("train", 1, 3),
        ("val", 1, 3),
    ]
    assert lines[0]["lr"] == 1e-6
    assert {"loss", "time", "data_time"} <= lines[0].keys()
    assert lines[-1]["top1_acc"] == 0.25


def test_lines_of_text_say_the_position_the_numbers_and_the_time_left(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """On the console and, with the time of day, in the log file."""
    runner = make_runner(max_epochs=1, logger=get_root_logger(tmp_path / "run.log"))
    loader.dataset.scores = [0.25]
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)
    runner.register_hook(EvalHook(loader), "LOW")

    runner.run([loader])

    lines = capsys.readouterr().out.splitlines()
    words = (
        r"Epoch \[1/1\]\[2/3\]  loss: [\d.]+, lr: 1.000e-01, eta: \d:\d\d:\d\d, time: "
    )
    assert re.match(words, lines[0])
    assert ", eta: 0:00:00, " in lines[1]
    assert all(line.isprintable() for line in lines)
    assert lines[-1] == "Epoch(val) [1/1]  top1_acc: 0.2500"
    assert [
        line.split(" INFO ")[1]
        for line in (tmp_path / "run.log").read_text().splitlines()
    ] == lines


def test_on_a_terminal_a_live_line_stands_for_those_within_an_epoch(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """From the first step on, with what matters first, for 80 columns; the log file has all lines, and no control character."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    runner = make_runner(max_epochs=1, logger=get_root_logger(tmp_path / "run.log"))
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)

    runner.run([loader])

    out, err = capsys.readouterr()
    assert "1/3, loss: " in err
    live = [frame for frame in err.split("\r") if "2/3, loss: " in frame]
    assert live[0].startswith("Epoch 1/1 ██████")
    assert ", lr: 1.000e-01, eta: 0:00:0" in live[0]
    assert [line.partition("  ")[0] for line in out.splitlines()] == [
        "Epoch [1/1][3/3]"
    ]
    log = (tmp_path / "run.log").read_text().splitlines()
    assert len(log) == 2 and all(line.isprintable() for line in log)


def test_a_new_run_in_one_process_does_not_log_twice(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The handlers of the run before are taken off."""
    get_root_logger(tmp_path / "a.log")
    get_root_logger().info("once")

    assert capsys.readouterr().out == "once\n"
    assert (tmp_path / "a.log").read_text() == ""
    assert logging.getLogger("mmaction_min").propagate is False


def test_a_validation_epoch_is_logged_as_one_line(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """The mean of its losses, without a rate."""
    runner = make_runner(max_epochs=1)
    runner.register_training_hooks(None, log_config=LOG_CONFIG)

    runner.run([loader, loader], [("train", 1), ("val", 1)])

    last = json.loads(next(tmp_path.glob("*.log.json")).read_text().splitlines()[-1])
    assert last["mode"] == "val"
    assert "loss" in last and "lr" not in last
