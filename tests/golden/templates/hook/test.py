"""MyHook is built from its config, and logs what it should while a model trains."""

# Made by: scaffold add hook MyHook

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from mmaction_min.config import Config
from mmaction_min.core.hooks import MyHook
from mmaction_min.runner import HOOKS, EpochBasedRunner, Hook

CONFIG = Path(__file__).parents[3] / "configs/hooks/my_hook.py"


class Line(nn.Module):
    """The smallest model that trains."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([3.0, 4.0]))

    def train_step(
        self,
        batch: dict[str, torch.Tensor],
        optimizer: object,
    ) -> dict[str, object]:
        loss = (self.weight * batch["x"]).sum()
        return {"loss": loss, "log_vars": {"loss": loss.detach()}, "num_samples": 1}


class Log(Hook):
    """Notes what would be logged after each iteration."""

    def __init__(self) -> None:
        self.values: list[dict[str, float]] = []

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        runner.log_buffer.average()
        self.values.append(dict(runner.log_buffer.output))
        runner.log_buffer.clear()


def test_the_config_builds_the_hook() -> None:
    """The registry finds MyHook, with the arguments of the config."""
    (cfg,) = Config.fromfile(CONFIG).custom_hooks

    hook = HOOKS.build(cfg)

    assert type(hook) is MyHook
    assert hook.interval == 10


def test_it_looks_every_interval_and_leaves_the_training_alone(tmp_path: Path) -> None:
    """`weight_norm` is logged at each second iteration, if `interval` says so, and the weights are as without it."""
    (cfg,) = Config.fromfile(CONFIG).custom_hooks
    weights = []
    for hooks in ([{**cfg, "interval": 2}], []):
        model = Line()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        runner = EpochBasedRunner(model, optimizer=optimizer, work_dir=tmp_path)
        for hook in hooks:
            runner.register_hook_from_cfg(hook)
        runner.register_hook(log := Log(), "VERY_LOW")
        runner.run([[{"x": torch.zeros(2)}] * 4], max_epochs=1)
        weights.append(model.weight.detach())
        seen = [values.get("weight_norm") for values in log.values]
        assert seen == ([None, 5.0, None, 5.0] if hooks else [None] * 4)

    assert torch.equal(*weights)
