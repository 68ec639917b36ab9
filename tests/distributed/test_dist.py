"""What processes tell each other, and how they end together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.runner import get_dist_info, init_dist, master_only
from mmaction_min.runner.dist import pick_gpu

Run = Callable[..., Any]


def test_a_single_process_is_the_first_of_one() -> None:
    """Without torchrun nothing is started, and what is for the master is done."""
    assert get_dist_info() == (0, 1)
    assert master_only(lambda: 3)() == 3
    with pytest.raises(ConfigError, match="srun torchrun"):
        init_dist("slurm")


def test_each_process_has_a_gpu_of_its_own_or_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one of its number on the machine; a machine with too few says so."""
    for name, value in (("RANK", "5"), ("WORLD_SIZE", "6"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_gpu(torch.device("cuda")) == torch.device("cuda", 1)
    assert chosen == [1]
    assert pick_gpu(torch.device("cpu")) == torch.device("cpu")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ConfigError, match="this machine has 1 GPUs, too few"):
        pick_gpu(torch.device("cuda"))
    with pytest.raises(ConfigError, match=r"dist_params: port is unknown"):
        init_dist(port=29500)


def test_processes_tell_each_other_values_errors_and_means(run: Run) -> None:
    """Objects by rank, the result or the error of rank 0, means of parameters and gradients, buffers of rank 0."""
    values = run("talk", 3).values

    assert [value["info"] for value in values] == [[0, 3], [1, 3], [2, 3]]
    assert [value["first"] for value in values] == ["only the first", None, None]
    assert [value["shared"] for value in values] == [
        ["for all", int(r == 0)] for r in range(3)
    ]
    for value in values:
        assert value["refused"] == "where: what\nhint: hint"
        assert value["gathered"] == [0, 10, 20]
        assert value["means"] == [[1.0] * 3, [1, 2], [[1.0] * 2] * 2]
        assert value["grad"] == [1.0, 1.0]
        assert value["buffer"] == [0.0, 0.0]


def test_one_process_of_a_machine_writes_while_the_others_wait(
    run: Run, tmp_path: Path
) -> None:
    """Nobody else finds the cache missing."""
    assert run("write_first", 2, folder=str(tmp_path)).values == [1.0, 1.0]
    assert (tmp_path / "cache").read_text() == "written by 0"


@pytest.mark.parametrize("number", [15, 2])
def test_a_signal_to_one_stops_all_after_the_same_step(
    run: Run, tmp_path: Path, number: int
) -> None:
    """With one checkpoint, and every rank knows which signal it was."""
    values = run("stop", 2, work_dir=str(tmp_path), number=number).values

    assert values[0] == values[1]
    assert values[0]["signal"] == number and 6 <= values[0]["iter"] <= 8
    assert {path.name for path in tmp_path.glob("*.pth")} == {
        f"stopped_iter_{values[0]['iter']}.pth",
        "latest.pth",
    }


@pytest.mark.parametrize("how", ["raise", "kill"])
def test_who_waits_for_a_lost_process_is_told(run: Run, how: str) -> None:
    """At once, for its connection is gone; what went wrong stays the other's to say."""
    ranks = run("lose", 2, fails=True, how=how)

    assert ranks.values[0].startswith("rank 0: another process of this run has ended")
    assert ranks.values[1] == ("its own message" if how == "raise" else None)
    assert ranks.codes == [0, 0 if how == "raise" else -9]


def test_a_process_that_does_not_move_ends_the_others(run: Run) -> None:
    """The heartbeat finds it, whatever the others wait for; three of them, so that one hears of it from another."""
    ranks = run("freeze", 3, fails=True)

    assert ranks.codes == [1, -9, 1]
    assert "error: rank 0: rank 1 is gone, or has not moved for 2 s" in ranks.outputs[0]
