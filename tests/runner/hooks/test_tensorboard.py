"""TensorboardLoggerHook: what TensorBoard reads, over a restart too, and without the library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError
from mmaction_min.runner import EpochBasedRunner, EvalHook, TensorboardLoggerHook

MakeRunner = Callable[..., EpochBasedRunner]
LOG_CONFIG = dict(interval=2, hooks=[dict(type="TensorboardLoggerHook")])


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag, as TensorBoard shows them."""
    pytest.importorskip("tensorboard", reason="an extra")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    return {
        tag: [(event.step, round(event.value, 6)) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def train(make_runner: MakeRunner, loader: DataLoader[Any], **resumed: Any) -> None:
    """Two epochs of three iterations, with an evaluation after each, or what is left of them."""
    pytest.importorskip("tensorboard", reason="an extra")
    runner = make_runner(max_epochs=2)
    loader.dataset.scores = [0.25, 0.5]
    runner.register_training_hooks(dict(policy="fixed"), log_config=LOG_CONFIG)
    runner.register_hook(EvalHook(loader, save_best=None), "LOW")
    for name, value in resumed.items():
        setattr(runner, name, value)
    runner.run([loader])


def test_numbers_stand_at_the_iterations_that_are_done(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Means over an interval, evaluations where their epoch ends, under mmcv's tags."""
    train(make_runner, loader)

    found = scalars(tmp_path / "tf_logs")
    assert found["val/top1_acc"] == [(3, 0.25), (6, 0.5)]
    assert [step for step, _ in found["train/loss"]] == [2, 5]
    assert found["learning_rate"][0] == (2, pytest.approx(0.1))
    assert found["momentum"][0] == (2, pytest.approx(0.9))
    assert not any("time" in tag for tag in found)


def test_a_resumed_run_takes_back_what_it_does_again(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """The second epoch, of which the first run had written all."""
    train(make_runner, loader)

    train(make_runner, loader, _epoch=1, _iter=3)

    assert scalars(tmp_path / "tf_logs")["val/top1_acc"] == [(3, 0.25), (6, 0.25)]


def test_without_tensorboard_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is trained."""
    module = "mmaction_min.runner.hooks.logger.tensorboard"
    monkeypatch.setattr(f"{module}.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match="pip install 'mmaction-min"):
        TensorboardLoggerHook()
