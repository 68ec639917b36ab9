"""IterBasedRunner: a run counted in iterations, over as many epochs of the loader as it takes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.datasets import build_dataloader
from mmaction_min.errors import ConfigError
from mmaction_min.runner import (
    BaseRunner,
    EvalHook,
    Hook,
    IterBasedRunner,
    build_runner,
    read_checkpoint,
)
from mmaction_min.runner.signals import StopRequest

MakeRunner = Callable[..., BaseRunner]


@pytest.fixture
def make(make_runner: MakeRunner, tmp_path: Path) -> MakeRunner:
    def make(max_iters: int, **kwargs: Any) -> BaseRunner:
        like = make_runner()
        return build_runner(
            dict(type="IterBasedRunner", max_iters=max_iters),
            dict(
                model=like.model, optimizer=like.optimizer, work_dir=tmp_path, **kwargs
            ),
        )

    return make


class Recorder(Hook):
    """Writes down where it is called, and with which counters; asks to stop after some iteration."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.calls: list[Any] = []
        self.stop_after = stop_after

    def before_epoch(self, runner: BaseRunner) -> None:
        self.calls.append("before_epoch")

    def after_epoch(self, runner: BaseRunner) -> None:
        self.calls.append("after_epoch")

    def before_train_iter(self, runner: BaseRunner) -> None:
        self.calls.append((runner.epoch, runner.iter, runner.inner_iter))

    def before_val_iter(self, runner: BaseRunner) -> None:
        self.calls.append("val")

    def after_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter == self.stop_after:
            runner.stop.signal = signal.SIGTERM


def test_the_loader_starts_again_as_often_as_needed(
    make: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Five iterations of a loader of three: the counters are those of the loader, and the hooks see one epoch."""
    runner, hook = make(5), Recorder()
    runner.register_hook(hook)

    runner.run([loader])

    assert hook.calls == [
        "before_epoch",
        *((0, 0, 0), (0, 1, 1), (0, 2, 2), (1, 3, 0), (1, 4, 1)),
        "after_epoch",
    ]
    assert (runner.iter, runner.max_iters, runner.max_epochs) == (5, 5, 2)


def test_a_workflow_is_counted_in_iterations(
    make: MakeRunner, loader: DataLoader[Any]
) -> None:
    """`[('train', 2), ('val', 1)]` validates one batch after every two steps, after the last one too."""
    runner, hook = make(3), Recorder()
    runner.register_hook(hook)

    runner.run([loader, loader], [("train", 2), ("val", 1)])

    assert hook.calls[1:-1] == [(0, 0, 0), (0, 1, 1), "val", (0, 2, 2), "val"]


@pytest.mark.parametrize("stop_after", [0, 2, 3])
def test_a_stopped_run_goes_on_exactly(
    make: MakeRunner, loader: DataLoader[Any], tmp_path: Path, stop_after: int
) -> None:
    """Within an epoch of the loader and at its end, with a validation between: the weights are those of the quiet run."""

    def loaders() -> list[DataLoader[Any]]:
        settings = dict(videos_per_gpu=4, workers_per_gpu=0, seed=0, shuffle=True)
        return [build_dataloader(loader.dataset, **settings) for _ in range(2)]  # type: ignore[arg-type]

    workflow = [("train", 2), ("val", 1)]
    quiet, quiet_calls = make(7), Recorder()
    quiet.register_hook(quiet_calls)
    quiet.run(loaders(), workflow)
    stopped, before = make(7, stop=StopRequest()), Recorder(stop_after)
    stopped.register_hook(before)
    stopped.run(loaders(), workflow)
    resumed, after = make(7), Recorder()
    resumed.register_hook(after)

    resumed.resume(tmp_path / "latest.pth")
    resumed.run(loaders(), workflow)

    assert stopped.iter == stop_after + 1
    assert before.calls[1:-1] + after.calls[1:-1] == quiet_calls.calls[1:-1]
    assert torch.equal(resumed.model.fc.weight, quiet.model.fc.weight)


def test_checkpoints_logs_and_scores_are_counted_in_iterations(
    make: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Without `by_epoch=False` in every entry, as in mmcv; a checkpoint's `iter` is where the run goes on."""
    runner = make(4)
    loader.dataset.scores = [0.5, 0.25]
    runner.register_training_hooks(
        dict(policy="step", step=[2]),
        checkpoint_config=dict(interval=2),
        log_config=dict(interval=2, hooks=[dict(type="TextLoggerHook")]),
    )
    runner.register_hook(EvalHook(loader, interval=2, by_epoch=False), "LOW")

    runner.run([loader])

    assert runner.current_lr() == [pytest.approx(0.01)]
    assert (tmp_path / "best_top1_acc_iter_2.pth").exists()
    meta = read_checkpoint(tmp_path / "iter_4.pth")["meta"]
    assert (meta["epoch"], meta["iter"], meta["inner_iter"]) == (1, 4, 1)
    log = next(tmp_path.glob("*.log.json")).read_text()
    modes = [line.split('"')[3] for line in log.splitlines()[1:]]
    assert modes == ["train", "val", "train", "val"]


def test_a_run_has_one_length(make_runner: MakeRunner) -> None:
    """Epochs or iterations, not both; and some."""
    model = make_runner().model
    with pytest.raises(ConfigError, match="Only one of"):
        IterBasedRunner(model, max_iters=1, max_epochs=1)
    with pytest.raises(ConfigError, match="max_iters"):
        IterBasedRunner(model).run([[1]])
