"""Momentum hooks: what they refuse; their numbers are in test_schedule.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.runner import HOOKS, MomentumUpdaterHook


def runner_with(optimizer: torch.optim.Optimizer) -> Any:
    return SimpleNamespace(
        optimizer=optimizer,
        data_loader=range(3),
        epoch=0,
        iter=0,
        max_epochs=4,
        max_iters=12,
    )


@pytest.mark.parametrize("policy", ["Step", "OneCycle"])
def test_an_optimizer_without_momentum_is_refused_by_name(policy: str) -> None:
    """Before the run, with what to do (mmcv: KeyError 'betas')."""
    optimizer = torch.optim.Adagrad([torch.nn.Parameter(torch.ones(1))])
    step = {"step": 1} if policy == "Step" else {}
    hook = HOOKS.build(dict(type=f"{policy}MomentumUpdaterHook", **step))

    with pytest.raises(ConfigError, match=r"(?s)Adagrad has neither.*momentum_config"):
        hook.before_run(runner_with(optimizer))


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (dict(type="Step", step=-1), "every step is a whole number above 0"),
        (dict(type="CosineAnnealing"), "one of min_momentum and min_momentum_ratio"),
        (
            dict(type="LinearAnnealing", min_momentum=0, min_momentum_ratio=0),
            "one of min_momentum",
        ),
        (dict(type="Cyclic", by_epoch=True), "by_epoch=False"),
        (
            dict(type="Cyclic", target_ratio="up"),
            "target_ratio is 'up', and not of the type",
        ),
        (dict(type="OneCycle", by_epoch=True), "by_epoch=False"),
        (
            dict(type="OneCycle", base_momentum=None),
            "base_momentum is None, and not of the type",
        ),
        (dict(type="OneCycle", anneal_strategy="sin"), "'cos' or 'linear'"),
        (
            dict(type="Step", step=1, warmup="exp", warmup_iters=1, warmup_ratio=2),
            "warmup_ratio",
        ),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(
    cfg: dict[str, Any], message: str
) -> None:
    """Each with its own sentence."""
    with pytest.raises(ConfigError, match=message):
        HOOKS.build({**cfg, "type": f"{cfg['type']}MomentumUpdaterHook"})


def test_lists_of_momenta_fit_the_param_groups() -> None:
    """One value for each, or a refusal with both numbers."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))])
    hook = HOOKS.build(
        dict(type="OneCycleMomentumUpdaterHook", base_momentum=[0.8, 0.9])
    )

    with pytest.raises(ConfigError, match="1 param groups, and there are 2 values"):
        hook.before_run(runner_with(optimizer))


def test_the_base_class_has_no_policy() -> None:
    """A policy says what the momentum is."""
    with pytest.raises(NotImplementedError):
        MomentumUpdaterHook().get_momentum(None, 0.9)  # type: ignore[arg-type]
