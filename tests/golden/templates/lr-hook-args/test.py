"""WarmLrUpdaterHook is built from its config, gives the rates that it says, and sets them while a model trains."""

# Made by: scaffold add lr-hook Warm --arg gamma:float=0.9

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.core.lr import WarmLrUpdaterHook
from mmaction_min.models.builder import build_model
from mmaction_min.runner import EpochBasedRunner, Hook, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/lr_hooks/warm.py"
ARGS = {"gamma": 0.9}


@pytest.mark.parametrize(("progress", "lr"), [(0, 0.5), (5, 0.25), (10, 0.0)])
@pytest.mark.parametrize("by_epoch", [True, False])
def test_rates(progress: int, lr: float, by_epoch: bool) -> None:
    """The rate goes down in a straight line, by epoch or by iteration."""
    hook = WarmLrUpdaterHook(by_epoch=by_epoch, **ARGS)
    runner = SimpleNamespace(epoch=-1, iter=-1, max_epochs=10, max_iters=10)
    setattr(runner, "epoch" if by_epoch else "iter", progress)

    assert hook.get_lr(runner, base_lr=0.5) == pytest.approx(lr)


class RateLog(Hook):
    """Notes the rate with which each iteration is trained."""

    def __init__(self) -> None:
        self.rates: list[float] = []

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        self.rates += runner.current_lr()


def test_a_run_with_the_config_trains_at_its_rates() -> None:
    """`lr_config` of the config builds the hook, the optimizer gets its rates, and the weights change."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)
    optimizer = build_optimizer(model, cfg.optimizer)
    runner = EpochBasedRunner(model, optimizer=optimizer, max_epochs=3)
    runner.register_training_hooks(cfg.lr_config)
    runner.register_hook(log := RateLog())
    before = {k: p.detach().clone() for k, p in model.named_parameters()}

    runner.run([[{"imgs": torch.randn(2, 8, 3, 32, 32), "label": torch.arange(2)}]])

    (hook,) = (h for h in runner.hooks if type(h) is WarmLrUpdaterHook)
    at = [SimpleNamespace(epoch=i, iter=i, max_epochs=3, max_iters=3) for i in range(3)]
    assert log.rates == [hook.get_lr(runner, cfg.optimizer.lr) for runner in at]
    for name, param in model.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
