"""What of a checkpoint a run cannot go on from is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.errors import CheckpointError
from mmaction_min.runner import EpochBasedRunner, get_root_logger

MakeRunner = Callable[..., EpochBasedRunner]
Spoil = Callable[[dict[str, Any]], object]


def moment(checkpoint: dict[str, Any], value: Any) -> None:
    checkpoint["optimizer"]["state"][0]["momentum_buffer"] = value


SPOILED: dict[str, tuple[Spoil, str]] = {
    "no optimizer": (lambda c: c.pop("optimizer"), "has no optimizer"),
    "optimizer a text": (lambda c: c.update(optimizer="SGD"), "another optimizer"),
    "no state": (lambda c: c["optimizer"].pop("state"), "another optimizer"),
    "no groups": (
        lambda c: c["optimizer"].update(param_groups=[]),
        "another optimizer",
    ),
    "no rate": (
        lambda c: c["optimizer"]["param_groups"][0].pop("lr"),
        "its groups have no lr",
    ),
    "fewer params": (
        lambda c: c["optimizer"]["param_groups"][0]["params"].pop(),
        "another optimizer",
    ),
    "moment of a shape": (
        lambda c: moment(c, torch.zeros(3, 3)),
        r"its momentum_buffer is \(3, 3\), and the parameter \(1, 2\)",
    ),
    "state a list": (
        lambda c: c["optimizer"]["state"].update({0: [1.0]}),
        "another optimizer",
    ),
    "no meta": (lambda c: c.pop("meta"), "does not say where its run stood"),
    "no epoch": (lambda c: c["meta"].pop("epoch"), "does not say where its run stood"),
    "before its start": (lambda c: c["meta"].update(iter=-1), "does not say where"),
    "a text": (lambda c: c["meta"].update(inner_iter="1"), "does not say where"),
    "rng of others": (lambda c: c["rng"].pop("numpy"), "does not fit: KeyError"),
    "rng cut": (
        lambda c: c["rng"].update(torch=torch.zeros(3, dtype=torch.uint8)),
        "does not fit: RuntimeError",
    ),
    "log": (lambda c: c.update(log={"loss": 1}), "does not fit: TypeError"),
    "gradients": (
        lambda c: c.update(grads={"fc.weight": torch.zeros(7)}),
        "does not fit: RuntimeError",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_does_not_fit_is_refused_before_a_step(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path, name: str
) -> None:
    """With the file's name and the reason; torch itself checks little of it."""
    spoil, message = SPOILED[name]
    runner = make_runner(max_epochs=1)
    runner.register_training_hooks(None, checkpoint_config=dict(interval=1))
    runner.run([loader])
    checkpoint = torch.load(tmp_path / "latest.pth")
    spoil(checkpoint)
    torch.save(checkpoint, tmp_path / "spoiled.pth")

    with pytest.raises(CheckpointError, match=rf"spoiled\.pth: .*{message}"):
        make_runner(max_epochs=2).resume(tmp_path / "spoiled.pth")


def test_the_mean_of_the_log_goes_over_the_stop(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """What was not logged yet when a checkpoint was written is in it, as numbers."""
    runner = make_runner(max_epochs=1)
    runner.register_training_hooks(
        None,
        checkpoint_config=dict(interval=2, by_epoch=False, save_last=False),
        log_config=dict(interval=3, hooks=[dict(type="TextLoggerHook")]),
    )
    runner.run([loader])

    resumed = make_runner(max_epochs=1)
    resumed.resume(tmp_path / "iter_2.pth")

    assert len(resumed.log_buffer.val_history["loss"]) == 2
    assert resumed.log_buffer.n_history["loss"] == [4, 4]


def test_what_is_resumed_is_told_in_the_epochs_of_the_bar(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Counted from 1: within an epoch the one that goes on, and otherwise the one that is done."""
    runner = make_runner(max_epochs=1, logger=get_root_logger())
    for by_epoch in (True, False):
        interval = dict(interval=1 if by_epoch else 2, by_epoch=by_epoch)
        runner.register_checkpoint_hook(interval)
    runner.run([loader])

    for name in ("iter_2.pth", "epoch_1.pth"):
        runner.resume(tmp_path / name)

    within, after = capsys.readouterr().out.splitlines()[-2:]
    assert within.endswith("iter_2.pth in epoch 1, after iteration 2")
    assert after.endswith("epoch_1.pth after epoch 1, iteration 3")
