"""A schedule is what training would do, without training."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.analysis.schedule import Schedule, draw_schedule, rehearse
from mmaction_min.errors import ConfigError
from mmaction_min.runner import BaseRunner, EpochBasedRunner, Hook, IterBasedRunner

RATES = (0.1, 0.1, 0.2)  # of the param groups


class Toy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(1, 1) for _ in RATES)

    def train_step(self, batch: Any, optimizer: Any) -> dict[str, Any]:
        loss = sum(layer(torch.ones(1)).sum() for layer in self.layers)
        return {"loss": loss, "log_vars": {}, "num_samples": 1}


def make_runner(lr_config: dict[str, Any] | None, **length: int) -> BaseRunner:
    model = Toy()
    groups = [
        {"params": layer.parameters(), "lr": lr}
        for layer, lr in zip(model.layers, RATES, strict=True)
    ]
    kind = IterBasedRunner if "max_iters" in length else EpochBasedRunner
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9)
    runner = kind(model, optimizer=optimizer, **length)
    runner.register_training_hooks(lr_config)
    return runner


class RateLog(Hook):
    """The rates that real training has."""

    def __init__(self) -> None:
        self.rates: list[list[float]] = []

    def after_train_iter(self, runner: BaseRunner) -> None:
        self.rates.append(runner.current_lr())


@pytest.mark.parametrize("length", [{"max_epochs": 3}, {"max_iters": 10}])
@pytest.mark.parametrize(
    "lr_config",
    [
        dict(policy="step", step=[1], warmup="linear", warmup_iters=5),
        dict(policy="CosineAnnealing", min_lr=0, by_epoch=False),
    ],
    ids=lambda config: config["policy"],
)
def test_the_curves_are_the_rates_of_a_real_run(
    lr_config: dict[str, Any], length: dict[str, int]
) -> None:
    """To the bit, by epoch and by iteration; equal groups are one curve, and a `val` in the workflow changes nothing."""
    log = RateLog()
    runner = make_runner(lr_config, **length)
    runner.register_hook(log)
    runner.run([[{}] * 4])
    rehearsed = make_runner(lr_config, **length)

    schedule = rehearse(rehearsed, 4, [("train", 1), ("val", 1)])

    assert schedule.lr == [[rates[0] for rates in log.rates], [r[2] for r in log.rates]]
    assert schedule.momentum == [[0.9] * len(log.rates)] * 2
    assert schedule.groups == ["base 0.1: 4 tensors", "base 0.2: 2 tensors"]
    assert schedule.warmup_iters == lr_config.get("warmup_iters", 0)


def test_without_a_hook_that_sets_something_there_is_no_schedule() -> None:
    """And the message says what that means."""
    with pytest.raises(ConfigError, match="the config has no `lr_config`"):
        rehearse(make_runner(None, max_epochs=1), 2, [("train", 1)])


def test_a_short_warm_up_has_a_panel_of_its_own() -> None:
    """Twice its length wide; both panels count epochs above."""
    lr = [[min(1.0, 0.1 * (i + 1)) for i in range(400)]]

    zoom, whole = draw_schedule(Schedule(lr, [[0.9] * 400], ["all"], 40, 10)).axes

    assert zoom.get_xlim() == (0, 20)
    assert whole.get_xlim() == (0, 400)
    assert (whole.get_xlabel(), whole.get_ylabel()) == ("iteration", "learning rate")
    assert whole.child_axes[0].get_xlabel() == "epoch"
    assert whole.get_yscale() == "linear"


def test_a_momentum_that_changes_is_drawn_below_and_steps_on_a_log_axis() -> None:
    """A rate that ends far below its top would lie on a linear axis."""
    lr = [[0.1] * 6 + [0.01] * 6 + [0.001] * 6]

    upper, lower = draw_schedule(Schedule(lr, [[0.9] * 9 + [0.8] * 9], ["all"], 6)).axes

    assert upper.get_yscale() == "log"
    assert lower.get_ylabel() == "momentum"
    assert lower.get_yscale() == "linear"
