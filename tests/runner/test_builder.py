"""build_runner: a config's `runner`, by a constructor that may be one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError
from mmaction_min.runner import (
    RUNNER_BUILDERS,
    DefaultRunnerConstructor,
    EpochBasedRunner,
    Runner,
    build_runner,
)

MakeRunner = Callable[..., EpochBasedRunner]


def test_a_constructor_of_one_s_own_may_change_the_runner(
    make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named by `constructor`, as in mmcv; the config is only read."""

    class Named(DefaultRunnerConstructor):
        def __call__(self) -> Any:
            runner = super().__call__()
            runner.meta["name"] = "mine"
            return runner

    monkeypatch.setattr(RUNNER_BUILDERS, "_modules", {"Named": Named})
    like = make_runner()
    cfg: Mapping[str, Any] = dict(
        type="EpochBasedRunner", max_epochs=2, constructor="Named"
    )

    runner = build_runner(cfg, dict(model=like.model, optimizer=like.optimizer))

    assert (runner.meta["name"], runner.max_epochs) == ("mine", 2)
    assert cfg["constructor"] == "Named"


def test_the_old_name_of_the_runner_warns(make_runner: MakeRunner) -> None:
    """`Runner` is EpochBasedRunner."""
    with pytest.warns(DeprecationWarning, match="EpochBasedRunner"):
        runner = Runner(make_runner().model, max_epochs=1)
    assert isinstance(runner, EpochBasedRunner)


def test_an_optimizer_that_needs_a_closure_is_refused_by_name(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """LBFGS evaluates the loss several times in a step."""
    runner = make_runner()
    runner.optimizer = torch.optim.LBFGS(runner.model.parameters())

    with pytest.raises(ConfigError, match="LBFGS evaluates the loss several times"):
        runner.run([loader])
