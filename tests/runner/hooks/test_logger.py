"""What a run says: JSON lines, lines of text, means over the steps between."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pty
import re
import struct
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.runner import (
    EpochBasedRunner,
    EvalHook,
    Hook,
    LogBuffer,
    get_root_logger,
)

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
    assert ", eta: 0:00:0" in live[0] and ", lr: 1.000e-01" in live[0]
    assert [line.partition("  ")[0] for line in out.splitlines()] == [
        "Epoch [1/1][3/3]"
    ]
    log = (tmp_path / "run.log").read_text().splitlines()
    assert len(log) == 2 and all(line.isprintable() for line in log)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], int]]:
    """Makes stderr a pseudo-terminal of so many columns; gives what reads what is written there."""
    ends = pty.openpty()

    def open_terminal(columns: int) -> int:
        size = struct.pack("4H", 24, columns, 0, 0)
        fcntl.ioctl(ends[1], termios.TIOCSWINSZ, size)
        monkeypatch.setattr("sys.stderr", os.fdopen(ends[1], "w", closefd=False))
        return ends[0]

    yield open_terminal
    for end in ends:
        os.close(end)


class Accuracies(Hook):
    """Reports what a recognizer does, in its order."""

    def after_train_iter(self, runner: Any) -> None:
        log_vars = {"top1_acc": 0.5, "top5_acc": 1.0, "loss_cls": 0.6947}
        runner.outputs["log_vars"] = {**log_vars, **runner.outputs["log_vars"]}
        runner.log_buffer.update(log_vars)


def test_a_bar_of_80_columns_has_whole_numbers_and_what_matters_first(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    terminal: Callable[[int], int],
) -> None:
    """The loss, an accuracy and the time left, in one order after the first step and after an interval."""
    screen = terminal(80)
    runner = make_runner(max_epochs=1)
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)
    runner.register_hook(Accuracies(), "HIGH")

    runner.run([loader])

    frames = [f.rstrip() for f in os.read(screen, 10000).decode().split("\r")]
    first, later = (
        next(frame for frame in frames if f"{n}/3, loss: " in frame) for n in (1, 2)
    )
    best = r"/3, loss: \d\.\d{4}, top1_acc: 0.5000, "
    assert re.search(best + "top5_acc: 1.0000$", first)
    assert re.search(best + r"eta: \d:\d\d:\d\d$", later)
    assert max(map(len, frames)) < 80


def test_a_terminal_without_a_width_gets_the_lines(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    terminal: Callable[[int], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As CI has it: no bar could be drawn there."""
    terminal(0)
    runner = make_runner(max_epochs=1, logger=get_root_logger())
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)

    runner.run([loader])

    assert [
        line.partition("  ")[0] for line in capsys.readouterr().out.splitlines()
    ] == [
        "Epoch [1/1][2/3]",
        "Epoch [1/1][3/3]",
    ]


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
