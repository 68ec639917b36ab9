"""Every schedule against the numbers of mmcv 1.7.2, in one go and resumed after each iteration; when values are set."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mmaction_min.runner import HOOKS, Hook, LrUpdaterHook
from mmaction_min.runner.hooks.policy import policy_type

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "schedules.json").read_text()
)
LOADER, ITERS = GOLDEN["loader"], GOLDEN["iters"]


def make_optimizer(name: str) -> torch.optim.Optimizer:
    """Two param groups, each with a rate and a momentum of its own."""
    groups: list[dict[str, Any]] = [
        {"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr}
        for lr in GOLDEN["lrs"]
    ]
    for group, momentum in zip(groups, GOLDEN["momenta"], strict=True):
        if name == "SGD":
            group["momentum"] = momentum
        else:
            group["betas"] = (momentum, 0.999)
    optimizer: torch.optim.Optimizer = getattr(torch.optim, name)(groups, lr=0.1)
    return optimizer


def make_hook(run: dict[str, Any]) -> Hook:
    key, suffix = (
        ("lr_config", "LrUpdaterHook")
        if "lr_config" in run
        else ("momentum_config", "MomentumUpdaterHook")
    )
    arguments = {k: v for k, v in run[key].items() if k != "policy"}
    hook: Hook = HOOKS.build(
        {"type": policy_type(run[key]["policy"], suffix), **arguments}
    )
    return hook


def values_of_run(
    run: dict[str, Any],
    hook: Hook,
    optimizer: torch.optim.Optimizer,
    begin: int = 0,
    end: int = ITERS,
) -> list[list[float]]:
    """What each iteration from `begin` to `end` trains with, one list a group; the hook is called as the runners call it."""
    is_epochs = run["runner"] == "EpochBasedRunner"
    runner: Any = SimpleNamespace(
        optimizer=optimizer,
        data_loader=range(LOADER),
        max_epochs=ITERS // LOADER,
        by_epoch=is_epochs,
        max_iters=ITERS,
    )
    rows = []
    runner.epoch, runner.iter = begin // LOADER, begin
    hook.before_run(runner)
    for i in range(begin, end):
        runner.epoch, runner.iter = i // LOADER, i
        if is_epochs and (i == begin or i % LOADER == 0):
            hook.before_train_epoch(runner)
        hook.before_train_iter(runner)
        rows.append([_value(group, run) for group in optimizer.param_groups])
    return [list(column) for column in zip(*rows, strict=True)]


def _value(group: dict[str, Any], run: dict[str, Any]) -> float:
    if "lr_config" in run:
        return float(group["lr"])
    return float(group["momentum"] if "momentum" in group else group["betas"][0])


def name_of(run: dict[str, Any]) -> str:
    config = run.get("lr_config") or run["momentum_config"]
    return "-".join([run["runner"][:4], *map(str, config.values())])


@pytest.mark.parametrize("run", GOLDEN["runs"], ids=name_of)
def test_the_numbers_are_those_of_mmcv(run: dict[str, Any]) -> None:
    """To 1e-12, in an uninterrupted run and in one that stopped and went on after any iteration, with a new hook."""
    name = run.get("optimizer", "SGD")

    whole = values_of_run(run, make_hook(run), make_optimizer(name))

    assert whole == [pytest.approx(values, rel=1e-12) for values in run["values"]]
    for stop in range(1, ITERS):
        first = make_optimizer(name)
        values_of_run(run, make_hook(run), first, end=stop)
        second = make_optimizer(name)
        second.load_state_dict(copy.deepcopy(first.state_dict()))
        rest = values_of_run(run, make_hook(run), second, begin=stop)
        assert rest == [values[stop:] for values in whole]


def test_a_hook_can_be_used_for_two_runs() -> None:
    """Nothing of the first is left (in mmcv, Cyclic and OneCycle add their phases twice)."""
    for run in GOLDEN["runs"]:
        name = run.get("optimizer", "SGD")
        hook = make_hook(run)

        first = values_of_run(run, hook, make_optimizer(name))

        assert values_of_run(run, hook, make_optimizer(name)) == first


def test_every_policy_of_mmcv_is_in_the_golden_runs() -> None:
    """So that none is without numbers."""
    policies = {
        (key, run[key]["policy"])
        for run in GOLDEN["runs"]
        for key in ("lr_config", "momentum_config")
        if key in run
    }
    bundled = [
        name for name in HOOKS if "mmaction_min.runner" in HOOKS.get(name).__module__
    ]

    assert policies == {
        ("lr_config", name.removesuffix("LrUpdaterHook"))
        for name in bundled
        if name.endswith("LrUpdaterHook")
    } | {
        ("momentum_config", name.removesuffix("MomentumUpdaterHook"))
        for name in bundled
        if name.endswith("MomentumUpdaterHook")
    }


def iter_run(**lr_config: Any) -> list[float]:
    """The first group's rates on an IterBasedRunner, from 0.1."""
    run = {"runner": "IterBasedRunner", "lr_config": lr_config}
    return values_of_run(run, make_hook(run), make_optimizer("SGD"))[0]


def test_by_epoch_works_where_epochs_begin_without_a_call() -> None:
    """On an IterBasedRunner the first iteration of an epoch sets its rate, and a warm-up may be counted in epochs."""
    assert iter_run(policy="Step", step=1, by_epoch=True) == pytest.approx(
        [0.1] * 3 + [0.01] * 3 + [0.001] * 3 + [0.0001] * 3
    )
    warmup = dict(
        warmup="constant", warmup_iters=2, warmup_ratio=0.5, warmup_by_epoch=True
    )
    assert iter_run(policy="Fixed", by_epoch=False, **warmup) == [0.05] * 6 + [0.1] * 6


class HalfWarmLrUpdaterHook(LrUpdaterHook):
    """A hook of somebody's own, written for mmcv."""

    def get_lr(self, runner: Any, base_lr: float) -> float:
        return base_lr

    def get_warmup_lr(self, cur_iters: int) -> list[float]:
        assert self.warmup_iters == 2
        return [lr / 2 for lr in self.regular_lr]


def test_a_hook_may_have_a_warm_up_of_its_own() -> None:
    """mmcv's `get_warmup_lr` is called, and sees `regular_lr` and `warmup_iters`."""
    run = {"runner": "IterBasedRunner", "lr_config": {}}
    hook = HalfWarmLrUpdaterHook(by_epoch=False, warmup="linear", warmup_iters=2)

    rates = values_of_run(run, hook, make_optimizer("SGD"), end=4)

    assert rates == [[0.05, 0.05, 0.1, 0.1], [0.25, 0.25, 0.5, 0.5]]


def test_several_optimizers_each_follow_from_their_own_rates() -> None:
    """A dict of optimizers, as a GAN has, and `max_lr` by their names."""
    optimizers: Any = {"a": make_optimizer("SGD"), "b": make_optimizer("Adam")}
    runner: Any = SimpleNamespace(
        optimizer=optimizers, data_loader=range(3), max_epochs=4, max_iters=12
    )
    runner.epoch = runner.iter = 0
    one_cycle = dict(type="OneCycleLrUpdaterHook", max_lr={"a": 1.0, "b": [2.0, 3.0]})
    for hook in (
        HOOKS.build(dict(one_cycle, div_factor=10)),
        HOOKS.build(dict(type="StepMomentumUpdaterHook", step=1, by_epoch=False)),
    ):
        hook.before_run(runner)
        runner.iter = 1
        hook.before_train_iter(runner)
        runner.iter = 0
        hook.before_train_iter(runner)

    a, b = optimizers["a"].param_groups, optimizers["b"].param_groups
    assert [group["lr"] for group in a + b] == pytest.approx([0.1, 0.1, 0.2, 0.3])
    assert [group["momentum"] for group in a] == GOLDEN["momenta"]
    assert [group["betas"] for group in b] == [(0.95, 0.999), (0.8, 0.999)]
