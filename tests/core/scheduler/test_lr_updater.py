"""TIN's policy."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from mmaction_min.core.scheduler import TINLrUpdaterHook
from mmaction_min.errors import ConfigError


def runner_at(iteration: int) -> Any:
    return SimpleNamespace(
        epoch=iteration // 5,
        iter=iteration,
        max_epochs=10,
        max_iters=50,
        data_loader=range(5),
    )


@pytest.mark.parametrize("by_epoch", [True, False])
@pytest.mark.parametrize("warmup_by_epoch", [True, False])
def test_the_cosine_begins_after_the_warm_up(
    by_epoch: bool, warmup_by_epoch: bool
) -> None:
    """In the unit of the policy, whichever the warm-up is counted in (upstream takes iterations from epochs)."""
    hook = TINLrUpdaterHook(
        min_lr=0.1,
        by_epoch=by_epoch,
        warmup="linear",
        warmup_iters=2 if warmup_by_epoch else 10,
        warmup_by_epoch=warmup_by_epoch,
    )

    rates = [hook.get_lr(runner_at(i), 1.0) for i in (10, 30, 50)]

    half = 0.1 + 0.9 * (1 + math.cos(math.pi / 2)) / 2
    assert rates == pytest.approx([1.0, half, 0.1], rel=1e-12)


def test_without_warm_up_it_is_a_cosine_over_the_run() -> None:
    """From the base rate to the smallest one."""
    hook = TINLrUpdaterHook(min_lr=0.0, by_epoch=False)

    rates = [hook.get_lr(runner_at(i), 2.0) for i in (0, 25, 50)]

    assert rates == pytest.approx([2.0, 1.0, 0.0])


def test_a_warm_up_as_long_as_the_run_is_refused() -> None:
    """Nothing would be left for the cosine."""
    hook = TINLrUpdaterHook(min_lr=0.0, warmup="exp", warmup_iters=50, by_epoch=False)

    with pytest.raises(ConfigError, match="takes the whole run"):
        hook.get_lr(runner_at(0), 1.0)
