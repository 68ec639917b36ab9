"""Several processes train like one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.runner import read_checkpoint

Run = Callable[..., Any]


def train(
    run: Run, work_dir: Path, world_size: int, **arguments: Any
) -> dict[str, Any]:
    """The first rank's values; all ranks must have the same weights."""
    arguments = {"length": 22, "batch": 12 // world_size, **arguments}
    values = run("train", world_size, work_dir=str(work_dir), **arguments).values
    assert len({value["digest"] for value in values}) == 1
    assert all(value["losses"] == [] for value in values[1:])
    first: dict[str, Any] = values[0]
    return first


@pytest.mark.parametrize("length", [22, 24])
def test_two_processes_have_the_losses_of_one(
    run: Run, tmp_path: Path, length: int
) -> None:
    """At the same global batch, step by step to 1e-6, also where the last batch is not full."""
    one = train(run, tmp_path / "one", 1, length=length)
    two = train(run, tmp_path / "two", 2, length=length)

    assert len(one["losses"]) == one["iter"] == two["iter"] == 6
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-6)


def test_three_processes_repeat_what_is_missing_for_equal_shares(
    run: Run, tmp_path: Path
) -> None:
    """An epoch of 22 has as many steps for three as for one, and only its last one another loss."""
    one = train(run, tmp_path / "one", 1)
    three = train(run, tmp_path / "three", 3)

    assert three["iter"] == one["iter"]
    assert three["losses"][0] == pytest.approx(one["losses"][0], rel=1e-6)
    assert three["losses"][1] != pytest.approx(one["losses"][1], rel=1e-6)


def test_dropout_differs_from_rank_to_rank(run: Run, tmp_path: Path) -> None:
    """Each draws from its own stream, and the same again in another run."""
    runs = [
        run(
            "train", 2, work_dir=str(tmp_path / name), length=8, batch=2, dropout=0.5
        ).values
        for name in "ab"
    ]

    assert runs[0][0]["draw"] != runs[0][1]["draw"]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("world_size", [2, 3])
def test_a_resumed_run_of_as_many_goes_on_to_the_bit(
    run: Run, tmp_path: Path, world_size: int
) -> None:
    """With dropout; with three too, where the order of a sum depends on the buckets that DDP chooses."""
    settings = {"dropout": 0.5, "length": 24}
    whole = train(run, tmp_path / "whole", world_size, **settings)
    resume = str(tmp_path / "whole" / "epoch_2.pth")
    rest = train(run, tmp_path / "rest", world_size, resume=resume, **settings)

    assert rest["losses"] == whole["losses"][4:]
    assert (rest["digest"], rest["draw"]) == (whole["digest"], whole["draw"])


def test_a_run_of_another_number_goes_on_and_says_so(run: Run, tmp_path: Path) -> None:
    """The weights and the epoch are those of the checkpoint, and the iterations are counted anew."""
    train(run, tmp_path / "two", 2, length=24)
    resume = str(tmp_path / "two" / "epoch_2.pth")
    assert len(read_checkpoint(resume)["ranks"]) == 2
    ranks = run(
        "train", 1, work_dir=str(tmp_path / "one"), length=24, batch=6, resume=resume
    )

    assert ranks.values[0]["iter"] == 12
    assert "1 processes go on where 2 stood" in ranks.outputs[0]


def test_accumulated_gradients_are_those_of_one_process(
    run: Run, tmp_path: Path
) -> None:
    """Two batches of three on two ranks are one of twelve, and what is under way is not sent."""
    run("accumulate", 1, work_dir=str(tmp_path / "one"), batch=12, groups=1)
    run("accumulate", 2, work_dir=str(tmp_path / "two"), batch=3, groups=2)
    one, two = (
        read_checkpoint(tmp_path / name / "latest.pth")["state_dict"]
        for name in ("one", "two")
    )

    assert not any(name.startswith("module") for name in two)
    for name, value in one.items():
        assert torch.allclose(two[name], value, rtol=1e-5, atol=1e-7), name


def test_a_parameter_without_a_gradient_is_named(run: Run) -> None:
    """Before the first step; with find_unused_parameters it trains."""
    first, second = run("unused", 2, find=False).values

    assert first == second
    assert first.startswith("no gradient comes to unused.weight, unused.bias")
    assert "find_unused_parameters = True" in first
    assert run("unused", 2, find=True).values == ["trains", "trains"]


@pytest.mark.parametrize("world_size", [2, 3])
def test_an_evaluation_loses_and_repeats_nothing(
    run: Run, tmp_path: Path, world_size: int
) -> None:
    """Eleven samples in their order on rank 0, whatever the number of ranks, and the score on all."""
    values = run(
        "evaluate", world_size, work_dir=str(tmp_path), length=11, batch=2
    ).values

    assert sum(value["own"] for value in values) == 11
    assert values[0]["order"] == list(range(11))
    assert all(value["order"] == [] for value in values[1:])
    assert [value["best"] for value in values] == [1.0] * world_size
    assert len(list(tmp_path.glob("best_*.pth"))) == 1
