"""EMAHook: the mean of the weights, kept, evaluated, saved and gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.datasets import build_dataloader
from mmaction_min.errors import ArgumentError
from mmaction_min.runner import (
    BaseRunner,
    EMAHook,
    EvalHook,
    Hook,
    IterBasedRunner,
    load_checkpoint,
    read_checkpoint,
)

MakeRunner = Callable[..., BaseRunner]


class Weights(Hook):
    """The weight after each step, and what the evaluation sees."""

    def __init__(self) -> None:
        self.trained: list[torch.Tensor] = []

    def after_train_iter(self, runner: BaseRunner) -> None:
        self.trained.append(runner.model.fc.weight.detach().clone())


def train(runner: BaseRunner, loader: DataLoader[Any], **options: Any) -> Weights:
    weights = Weights()
    runner.register_hook(EMAHook(**options))
    runner.register_hook(weights)
    runner.register_checkpoint_hook(dict(interval=1, by_epoch=runner.by_epoch))
    runner.run([loader])
    return weights


@pytest.mark.parametrize("interval", [1, 2])
def test_the_mean_is_that_of_the_formula(
    make_runner: MakeRunner, loader: DataLoader[Any], interval: int
) -> None:
    """mean = (1 - m) mean + m weights, m at most (1 + t) / (warm_up + t), with an interval as if in one step."""
    runner = make_runner(max_epochs=2)
    mean = runner.model.fc.weight.detach().clone()
    weights = train(runner, loader, momentum=0.3, warm_up=5, interval=interval)

    for t, weight in enumerate(weights.trained):
        if t % interval == 0:
            m = min(1 - 0.7**interval, (1 + t) / (5 + t))
            mean = (1 - m) * mean + m * weight
    assert torch.allclose(runner.model.fc.weight, mean)
    assert torch.equal(runner.model.ema_fc_weight, weights.trained[-1])


def test_training_is_the_same_with_a_mean_beside_it(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Between the epochs the weights come back."""
    plain, beside, seen = make_runner(), make_runner(), Weights()
    plain.register_hook(seen)
    for runner in (plain, beside):
        torch.manual_seed(1)
        if runner is plain:
            plain.run([loader])
        else:
            assert all(
                torch.equal(one, other)
                for one, other in zip(
                    train(beside, loader).trained, seen.trained, strict=True
                )
            )


@pytest.mark.parametrize("file", ["epoch_1.pth", "iter_4.pth"])
def test_a_checkpoint_has_the_mean_and_a_resumed_run_the_weights(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path, file: str
) -> None:
    """Resumed at an epoch's end or after an iteration, the run ends at the same weights and the same mean."""
    own = build_dataloader(
        loader.dataset, videos_per_gpu=4, workers_per_gpu=0, seed=0, shuffle=True
    )
    runners = []
    for resumes in (False, True):
        like = make_runner()
        runner = like
        if file.startswith("iter"):
            runner = IterBasedRunner(
                like.model, optimizer=like.optimizer, work_dir=tmp_path, max_iters=9
            )
        runners.append(runner)
        if resumes:
            runner.register_hook(EMAHook(momentum=0.3))
            torch.manual_seed(123)
            runner.resume(tmp_path / file)
            runner.run([own])
        else:
            train(runner, own, momentum=0.3)

    quiet, resumed = (runner.model.state_dict() for runner in runners)
    assert quiet.keys() == resumed.keys()
    assert all(torch.equal(quiet[name], resumed[name]) for name in quiet)
    saved = read_checkpoint(tmp_path / "latest.pth")["state_dict"]
    assert torch.equal(saved["fc.weight"], quiet["fc.weight"])


def test_a_model_without_a_mean_takes_the_file(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """For `test.py`: the names of the model have the mean, the others are left out, also where names must fit."""
    runner = make_runner(max_epochs=1)
    train(runner, loader)
    model = make_runner().model

    load_checkpoint(model, tmp_path / "epoch_1.pth", strict=True)

    assert torch.equal(model.fc.weight, runner.model.fc.weight)


@pytest.mark.parametrize("by_epoch", [True, False])
def test_the_mean_is_evaluated(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path, by_epoch: bool
) -> None:
    """By epoch, whatever the hooks' priorities, and by iteration; the best file has it, and its score."""
    like = make_runner(max_epochs=1)
    runner = like
    if not by_epoch:
        runner = IterBasedRunner(
            like.model, optimizer=like.optimizer, work_dir=tmp_path, max_iters=3
        )
    seen = []

    def test(model: Any, loader: Any) -> list[Any]:
        seen.append((model.fc.weight.clone(), model.ema_fc_weight.clone()))
        return [0] * 12

    loader.dataset.scores = [0.5]
    runner.register_hook(
        EvalHook(
            loader, interval=3 if not by_epoch else 1, by_epoch=by_epoch, test_fn=test
        ),
        "HIGHEST" if by_epoch else "LOW",
    )
    weights = train(runner, loader, momentum=0.3)

    [(evaluated, beside)] = seen
    assert torch.equal(beside, weights.trained[-1])
    assert torch.equal(evaluated, runner.model.fc.weight)
    best = read_checkpoint(next(tmp_path.glob("best_*")))
    assert torch.equal(best["state_dict"]["fc.weight"], evaluated)


@pytest.mark.parametrize("options", [dict(interval=0), dict(momentum=1.0)], ids=str)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    """Each with what it may be."""
    with pytest.raises(ArgumentError):
        EMAHook(**options)
