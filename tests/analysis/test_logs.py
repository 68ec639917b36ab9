"""The logs of a run as curves: restarts joined, torn ends read, other files refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmaction_min.analysis.logs import read_run
from mmaction_min.errors import DataError


def train(epoch: int, iteration: int, loss: float) -> dict[str, Any]:
    return {"mode": "train", "epoch": epoch, "iter": iteration, "loss": loss}


def val(epoch: int, accuracy: float) -> dict[str, Any]:
    return {"mode": "val", "epoch": epoch, "iter": 99, "lr": 0.1, "top1_acc": accuracy}


def write(path: Path, *lines: dict[str, Any], end: str = "\n") -> Path:
    path.write_text("\n".join(json.dumps(line) for line in [{"seed": 0}, *lines]) + end)
    return path


def test_epochs_are_counted_in_parts_and_an_evaluation_stands_at_its_epoch(
    tmp_path: Path,
) -> None:
    """Whatever `iter` an evaluation says: mmcv writes the length of its loader there."""
    write(
        tmp_path / "1.log.json",
        *(train(1, 5, 4.0), train(1, 10, 3.0), val(1, 0.2)),
        *(train(2, 5, 2.0), train(2, 10, 1.0), val(2, 0.4)),
    )

    run = read_run(tmp_path)

    assert run.by_epoch
    assert run.name == tmp_path.name
    assert run.train["loss"] == ([0.5, 1, 1.5, 2], [4, 3, 2, 1])
    assert run.val["top1_acc"] == ([1, 2], [0.2, 0.4])
    assert "lr" not in run.val


def test_steps_that_were_done_twice_count_once_as_the_later_log_has_them(
    tmp_path: Path,
) -> None:
    """A run that was killed in epoch 3 and resumed after epoch 1, in the order of the names."""
    write(
        tmp_path / "20260102_000000.log.json",
        *(train(2, 10, 20.0), val(2, 0.9), train(3, 10, 10.0), val(3, 0.95)),
    )
    write(
        tmp_path / "20260101_000000.log.json",
        *(train(1, 10, 3.0), val(1, 0.1), train(2, 10, 2.0), val(2, 0.2)),
        train(3, 5, 1.0),
    )

    run = read_run(tmp_path)

    assert run.train["loss"] == ([1, 2, 3], [3, 20, 10])
    assert run.val["top1_acc"] == ([1, 2, 3], [0.1, 0.9, 0.95])


def test_a_resume_within_an_epoch_keeps_its_first_steps(tmp_path: Path) -> None:
    """And takes back the evaluation that came after them."""
    write(tmp_path / "1.log.json", train(1, 5, 3.0), train(1, 10, 2.0), val(1, 0.1))
    write(tmp_path / "2.log.json", train(1, 10, 7.0))

    run = read_run(tmp_path)

    assert run.train["loss"] == ([0.5, 1], [3, 7])
    assert run.val == {}


def test_a_run_that_counts_iterations_is_drawn_over_iterations(tmp_path: Path) -> None:
    """Its iterations go on where an epoch ends."""
    log = write(
        tmp_path / "1.log.json",
        *(train(1, 10, 3.0), train(2, 20, 2.0), val(2, 0.3), train(3, 30, 1.0)),
    )

    run = read_run(log)

    assert not run.by_epoch
    assert run.train["loss"][0] == [10, 20, 30]
    assert run.val["top1_acc"] == ([20], [0.3])


def test_a_torn_last_line_is_left_out_and_a_torn_line_between_is_named(
    tmp_path: Path,
) -> None:
    """A machine may stop in the middle of a line, but goes on in a new file."""
    log = write(tmp_path / "1.log.json", train(1, 1, 3.0), end='\n{"mode": "tr')
    assert read_run(log).train["loss"] == ([1], [3])

    log.write_text(log.read_text() + '\n{"mode": "val"}\n')
    with pytest.raises(DataError, match=r"1\.log\.json:3: the line is no entry"):
        read_run(log)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "there is no such folder or log"),
        (".", "there are runs below: .*run"),
        ("empty", r"the folder has no \*\.log\.json\nhint: name the work_dir"),
        ("young", "the logs have no step and no evaluation yet"),
    ],
)
def test_what_has_no_curves_is_refused(tmp_path: Path, name: str, message: str) -> None:
    """With the place, and the runs that may have been meant."""
    for folder in ("run", "empty", "young"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "run" / "1.log.json", train(1, 1, 3.0))
    write(tmp_path / "young" / "1.log.json")

    with pytest.raises(DataError, match=message):
        read_run(tmp_path / name)
