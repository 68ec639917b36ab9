"""Learning-rate hooks: tables of what the rate is, by hand from mmcv's formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError, NotRegisteredError
from mmaction_min.runner import (
    CosineRestartLrUpdaterHook,
    CyclicLrUpdaterHook,
    EpochBasedRunner,
    FixedLrUpdaterHook,
    Hook,
    IterBasedRunner,
    OneCycleLrUpdaterHook,
    StepLrUpdaterHook,
)

MakeRunner = Callable[..., EpochBasedRunner]


class RateLog(Hook):
    """The rates of every iteration."""

    def __init__(self) -> None:
        self.rates: list[list[float]] = []

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        self.rates.append(runner.current_lr())


def rates_of(
    runner: EpochBasedRunner, loader: DataLoader[Any], lr_config: dict[str, Any]
) -> list[float]:
    """The first group's rate in every iteration of a run."""
    log = RateLog()
    runner.register_training_hooks(lr_config)
    runner.register_hook(log)
    runner.run([loader])
    return [rates[0] for rates in log.rates]


def cosine(progress: float, low: float = 0.0) -> float:
    return low + (1 - low) * (1 + math.cos(math.pi * progress)) / 2


@pytest.mark.parametrize(
    ("lr_config", "rates"),
    [
        (dict(policy="fixed"), [1] * 9),
        (dict(policy="step", step=1), [1] * 3 + [0.1] * 3 + [0.01] * 3),
        (dict(policy="Step", step=[2], gamma=0.5), [1] * 6 + [0.5] * 3),
        (
            dict(policy="step", step=[1, 2], min_lr=0.05),
            [1] * 3 + [0.1] * 3 + [0.05] * 3,
        ),
        (
            dict(policy="step", step=[4, 8], by_epoch=False),
            [1] * 4 + [0.1] * 4 + [0.01],
        ),
        (
            dict(policy="CosineAnnealing", min_lr=0.1),
            [cosine(e / 3, 0.1) for e in range(3) for _ in range(3)],
        ),
        (
            dict(policy="CosineAnnealing", min_lr_ratio=0, by_epoch=False),
            [cosine(i / 9) for i in range(9)],
        ),
        (
            dict(policy="fixed", warmup="linear", warmup_iters=4, warmup_ratio=0.2),
            [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1],
        ),
        (
            dict(policy="fixed", warmup="constant", warmup_iters=2, warmup_ratio=0.5),
            [0.5] * 2 + [1] * 7,
        ),
        (
            dict(policy="fixed", warmup="exp", warmup_iters=2, warmup_ratio=0.25),
            [0.25, 0.5] + [1] * 7,
        ),
        (
            dict(
                policy="cyclic",
                target_ratio=[5, 0.5],
                step_ratio_up=0.5,
                anneal_strategy="linear",
            ),
            [1, 2, 3, 4, 5, 4.1, 3.2, 2.3, 1.4],
        ),
        (
            dict(
                policy="OneCycle",
                max_lr=1,
                pct_start=1 / 3,
                anneal_strategy="linear",
                div_factor=10,
                final_div_factor=10,
            ),
            [0.1, 0.55, 1, 0.835, 0.67, 0.505, 0.34, 0.175, 0.01],
        ),
        (  # by epoch the warm-up multiplies the running rate, so a step within it shows
            dict(
                policy="step",
                step=1,
                warmup="constant",
                warmup_iters=2,
                warmup_ratio=0.5,
                warmup_by_epoch=True,
            ),
            [0.5] * 3 + [0.05] * 3 + [0.01] * 3,
        ),
        (
            dict(
                policy="step",
                step=3,
                by_epoch=False,
                warmup="linear",
                warmup_iters=4,
                warmup_ratio=0.2,
            ),
            [0.2, 0.4, 0.6, 0.08, 0.1, 0.1, 0.01, 0.01, 0.01],
        ),
    ],
    ids=lambda value: (
        "-".join(map(str, value.values())) if isinstance(value, dict) else ""
    ),
)
def test_rates_of_a_run(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    lr_config: dict[str, Any],
    rates: list[float],
) -> None:
    """Three epochs of three iterations from a base rate of 1."""
    assert rates_of(make_runner(lr=1.0), loader, lr_config) == pytest.approx(
        rates, rel=1e-12
    )


@pytest.mark.parametrize(
    ("lr_config", "rates"),
    [
        (dict(policy="step", step=1), [1, 0.1, 0.01, 0.001, 1e-4, 1e-5]),
        (dict(policy="step", step=1, by_epoch=True), [1] * 3 + [0.1] * 3),
        (dict(policy="poly", by_epoch=True), [1] * 3 + [0.5] * 3),
        (
            dict(
                policy="CosineRestart",
                periods=[1, 1],
                restart_weights=[1, 0.5],
                min_lr=0,
                by_epoch=True,
            ),
            [1] * 3 + [0.5] * 3,
        ),
    ],
    ids=["by_iter", "step", "poly", "restart"],
)
def test_rates_of_a_run_that_is_counted_in_iterations(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    tmp_path: Path,
    lr_config: dict[str, Any],
    rates: list[float],
) -> None:
    """Six iterations, by iteration unless the config says `by_epoch` (in mmcv the rate stays then)."""
    twin = make_runner(lr=1.0)
    runner: Any = IterBasedRunner(
        twin.model, None, twin.optimizer, tmp_path, max_iters=6
    )

    assert rates_of(runner, loader, lr_config) == pytest.approx(rates, rel=1e-12)


def test_groups_keep_their_own_base_rate(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Every param group follows the policy from where it starts."""
    runner = make_runner(lr=1.0)
    runner.optimizer.add_param_group(
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 5.0}
    )

    rates_of(runner, loader, dict(policy="step", step=1))

    assert runner.current_lr() == pytest.approx([0.01, 0.05])


def test_a_resumed_run_takes_the_base_rate_and_not_the_decayed_one(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Any
) -> None:
    """The optimizer's state knows its first rate."""
    first = make_runner(lr=1.0, max_epochs=2)
    rates_of(first, loader, dict(policy="step", step=1))
    first.save_checkpoint(tmp_path, "a.pth")
    second = make_runner(lr=1.0, max_epochs=3)
    second.resume(tmp_path / "a.pth")

    assert rates_of(second, loader, dict(policy="step", step=1)) == pytest.approx(
        [0.01] * 3
    )


@pytest.mark.parametrize(
    ("lr_config", "message"),
    [
        (dict(policy="step", step=0), "every step is a whole number above 0"),
        (dict(policy="CosineAnnealing"), "give one of min_lr and min_lr_ratio"),
        (dict(policy="step", step=[3, 2]), "let the steps rise"),
        (dict(policy="step", step="2"), "step is '2', and not of the type int"),
        (
            dict(policy="FlatCosineAnnealing", start_percent=-0.1, min_lr=0),
            "start_percent",
        ),
        (dict(policy="LinearAnnealing"), "give one of min_lr and min_lr_ratio"),
        (dict(policy="CosineRestart", periods=[1, 2], min_lr=0), "one weight for each"),
        (
            dict(policy="CosineRestart", periods=[0], min_lr=0),
            "every period is above 0",
        ),
        (dict(policy="cyclic", by_epoch=True), "by_epoch=False"),
        (
            dict(policy="cyclic", target_ratio=(10, 0.1, 0.2)),
            "target_ratio is one or two",
        ),
        (
            dict(policy="cyclic", step_ratio_up=1.4),
            "step_ratio_up is from 0 to below 1",
        ),
        (dict(policy="cyclic", gamma=0), "gamma is above 0"),
        (dict(policy="cyclic", cyclic_times=0), "cyclic_times is above 0"),
        (dict(policy="cyclic", anneal_strategy="sin"), "'cos' or 'linear', not 'sin'"),
        (dict(policy="OneCycle", max_lr="1"), "max_lr is '1', and not of"),
        (dict(policy="OneCycle", max_lr=1, by_epoch=True), "by_epoch=False"),
        (
            dict(policy="OneCycle", max_lr=1, total_steps=1.5),
            "total_steps is 1.5, and not",
        ),
        (
            dict(policy="OneCycle", max_lr=1, pct_start=2),
            "pct_start is a number from 0",
        ),
        (
            dict(policy="CosineAnnealing", min_lr=0, min_lr_ratio=0),
            "give one of min_lr and min_lr_ratio",
        ),
        (dict(policy="fixed", warmup="slow"), "warmup is one of constant, linear, exp"),
        (dict(policy="fixed", warmup="exp"), "warmup_iters is above 0"),
        (
            dict(policy="fixed", warmup="exp", warmup_iters=1, warmup_ratio=0),
            r"warmup_ratio is in \(0, 1\]",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    make_runner: MakeRunner, lr_config: dict[str, Any], message: str
) -> None:
    """Each with its own sentence, before anything is trained."""
    with pytest.raises(ValueError, match=message):
        make_runner().register_training_hooks(lr_config)


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda: StepLrUpdaterHook(-10), AssertionError),
        (lambda: StepLrUpdaterHook([10, -20]), AssertionError),
        (lambda: StepLrUpdaterHook("2"), TypeError),
        (lambda: CyclicLrUpdaterHook(by_epoch=True), AssertionError),
        (lambda: OneCycleLrUpdaterHook(0.1, pct_start=-0.1), ValueError),
        (lambda: FixedLrUpdaterHook(warmup="slow"), ValueError),
    ],
)
def test_who_catches_what_mmcv_raises_catches_ours(
    refused: Callable[[], Any], error: type[Exception]
) -> None:
    """mmcv asserts in places; ours is a ConfigError everywhere, and the kind that mmcv raises."""
    with pytest.raises(error) as caught:
        refused()
    assert isinstance(caught.value, ConfigError)


def stub(max_epochs: int = 3, max_iters: int = 9) -> Any:
    """What a hook sees of a runner."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    return SimpleNamespace(
        optimizer=optimizer,
        data_loader=range(3),
        max_epochs=max_epochs,
        max_iters=max_iters,
        epoch=0,
        iter=0,
        by_epoch=True,
    )


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (
            CosineRestartLrUpdaterHook(periods=[2], min_lr=0),
            "(?s)periods end at 2.*add up to the length of the run",
        ),
        (
            CyclicLrUpdaterHook(cyclic_times=10),
            "10 cycles do not fit into 9 iterations",
        ),
        (
            OneCycleLrUpdaterHook(1.0, total_steps=5),
            "9 iterations, and total_steps is 5",
        ),
        (OneCycleLrUpdaterHook([1.0, 2.0]), "1 param groups, and there are 2 values"),
        (OneCycleLrUpdaterHook({"Adam": 1.0}), "there is no 'SGD'"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Hook) else "",
)
def test_what_does_not_fit_the_run_is_refused_before_it(
    hook: Hook, message: str
) -> None:
    """Not in its middle, as mmcv does where the periods of CosineRestart are over."""
    with pytest.raises(ConfigError, match=message):
        hook.before_run(stub())


def test_a_phase_without_length_ends_where_it_begins() -> None:
    """`pct_start * iterations` of 1 is a peak at once (mmcv divides by 0)."""
    hook = OneCycleLrUpdaterHook(1.0, pct_start=0.1)
    runner = stub(max_iters=10)
    hook.before_run(runner)

    hook.before_train_iter(runner)

    assert runner.optimizer.param_groups[0]["lr"] == 1.0


def test_an_unknown_policy_says_where_an_import_may_be_missing(
    make_runner: MakeRunner,
) -> None:
    """The hint names the file that `scaffold add lr-hook` edits, and the policies that there are."""
    with pytest.raises(
        NotRegisteredError, match=r"(?s)no policy 'Polly'.*Step.*core/lr/__init__.py"
    ):
        make_runner().register_training_hooks(dict(policy="Polly"))
