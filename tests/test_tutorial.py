"""MMAction2's tutorial 5, "how to add new modules": its code, with only the package names changed.

Where the tutorial leaves a body empty, the shortest one that works stands; what it got wrong is in the README.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn as nn
from torch.optim import Optimizer

from mmaction_min.config import Config
from mmaction_min.models.builder import (
    BACKBONES,
    HEADS,
    LOSSES,
    build_loss,
    build_model,
)
from mmaction_min.models.heads.base import BaseHead
from mmaction_min.runner import (
    HOOKS,
    OPTIMIZER_BUILDERS,
    OPTIMIZERS,
    DefaultOptimizerConstructor,
    EpochBasedRunner,
    LrUpdaterHook,
    build_optimizer,
)


class MyOptimizer(Optimizer):
    def __init__(self, params, a, b, c):  # type: ignore[no-untyped-def]
        super().__init__(params, dict(a=a, b=b, c=c, lr=a))

    @torch.no_grad()
    def step(self, closure=None):  # type: ignore[no-untyped-def]
        for group in self.param_groups:
            for param in group["params"]:
                param -= group["lr"] * param.grad


class MyOptimizerConstructor(DefaultOptimizerConstructor):
    def add_params(self, params, module):  # type: ignore[no-untyped-def, override]
        rate = 5 if self.paramwise_cfg.get("fc_lr5") else 1
        params.append({"params": module.backbone.parameters()})
        params.append(
            {"params": module.cls_head.parameters(), "lr": rate * self.base_lr}
        )


class MyNet(nn.Module):
    def __init__(self, arg1, arg2):  # type: ignore[no-untyped-def]
        super().__init__()
        self.conv = nn.Conv2d(arg1, arg2, 1)

    def forward(self, x):  # type: ignore[no-untyped-def]
        return (self.conv(x),)  # "should return a tuple"

    def init_weights(self, pretrained=None):  # type: ignore[no-untyped-def]
        pass


class MyHead(BaseHead):
    def __init__(self, num_classes, in_channels, arg1, arg2):  # type: ignore[no-untyped-def]
        super().__init__(num_classes, in_channels)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x, num_segs):  # type: ignore[no-untyped-def]
        return self.fc(x.mean((2, 3)).view(-1, num_segs, self.in_channels).mean(1))

    def init_weights(self):  # type: ignore[no-untyped-def]
        pass


def my_loss(pred, target):  # type: ignore[no-untyped-def]
    assert pred.size() == target.size() and target.numel() > 0
    loss = torch.abs(pred - target)
    return loss


class MyLoss(nn.Module):
    def forward(self, pred, target):  # type: ignore[no-untyped-def]
        loss = my_loss(pred, target)
        return loss


class RelativeStepLrUpdaterHook(LrUpdaterHook):
    def __init__(self, steps, lrs, **kwargs):  # type: ignore[no-untyped-def]
        super().__init__(**kwargs)
        assert len(steps) == (len(lrs))
        self.steps = steps
        self.lrs = lrs

    def get_lr(self, runner, base_lr):  # type: ignore[no-untyped-def]
        progress = runner.epoch if self.by_epoch else runner.iter
        for i in range(len(self.steps)):
            if progress < self.steps[i]:
                return self.lrs[i]
        return None


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The tutorial's modules, for one test; the names are not those that a user may have added to the tree."""
    modules = {
        BACKBONES: ("TutorialNet", MyNet),
        HEADS: ("TutorialHead", MyHead),
        LOSSES: ("TutorialLoss", MyLoss),
        OPTIMIZERS: ("TutorialOptimizer", MyOptimizer),
        OPTIMIZER_BUILDERS: ("TutorialConstructor", MyOptimizerConstructor),
        HOOKS: ("TutorialStepLrUpdaterHook", RelativeStepLrUpdaterHook),
    }
    for registry, (name, module) in modules.items():
        registry.register_module(name, module=module)
    yield
    for registry, (name, _) in modules.items():
        del registry._modules[name]


CONFIG = """
model = dict(
    type="Recognizer2D",
    backbone=dict(type="TutorialNet", arg1=3, arg2=4),
    cls_head=dict(type="TutorialHead", num_classes=8, in_channels=4, arg1=1, arg2=2))
optimizer = dict(
    type="SGD",
    constructor="TutorialConstructor",
    paramwise_cfg=dict(fc_lr5=True),
    lr=0.02,
    momentum=0.9,
    weight_decay=0.0001)
lr_config = dict(policy="TutorialStep", steps=[20, 40, 60], lrs=[0.1, 0.01, 0.001])
checkpoint_config = dict(interval=1)
log_config = dict(interval=1, hooks=[dict(type="TextLoggerHook")])
total_epochs = 1
"""
BATCH = {"imgs": torch.randn(2, 8, 3, 4, 4), "label": torch.tensor([0, 1])}


def run(cfg: Any, work_dir: Path) -> EpochBasedRunner:
    """As the tutorial's train.py registers its hooks."""
    model = build_model(cfg.model)
    runner = EpochBasedRunner(
        model,
        optimizer=build_optimizer(model, cfg.optimizer),
        work_dir=work_dir,
        max_epochs=cfg.total_epochs,
    )
    optimizer_config = dict(grad_clip=dict(max_norm=20))
    runner.register_training_hooks(
        cfg.lr_config,
        optimizer_config,
        cfg.checkpoint_config,
        cfg.log_config,
        cfg.get("momentum_config", None),
    )
    runner.run([[BATCH]], [("train", 1)])  # type: ignore[list-item]
    return runner


@pytest.fixture
def cfg(tmp_path: Path) -> Config:
    (tmp_path / "cfg.py").write_text(CONFIG)
    return Config.fromfile(tmp_path / "cfg.py")


def test_all_systems_of_the_tutorial_train_together(
    cfg: Config, tmp_path: Path
) -> None:
    """Backbone, head, optimizer constructor and learning-rate hook, from one config."""
    runner = run(cfg, tmp_path)

    assert (runner.epoch, runner.current_lr()) == (1, [0.1, 0.1])
    assert [group["initial_lr"] for group in runner.optimizer.param_groups] == [
        0.02,
        0.1,
    ]


def test_the_optimizer_of_the_tutorial_trains(cfg: Config, tmp_path: Path) -> None:
    """`optimizer = dict(type="MyOptimizer", a=..., b=..., c=...)`."""
    cfg["optimizer"] = dict(type="TutorialOptimizer", a=0.1, b=0.9, c=0.0)

    assert isinstance(run(cfg, tmp_path).optimizer, MyOptimizer)


def test_the_tutorials_rule_applies_without_paramwise_cfg_too(
    cfg: Config, tmp_path: Path
) -> None:
    """Upstream forgets `add_params` there, and makes one group."""
    del cfg.optimizer["paramwise_cfg"]

    assert len(run(cfg, tmp_path).optimizer.param_groups) == 2


def test_the_loss_of_the_tutorial_is_a_regression_loss() -> None:
    """`loss_bbox=dict(type="MyLoss")`, on two tensors of one shape."""
    loss = build_loss(dict(type="TutorialLoss"))

    assert loss(torch.ones(2), torch.zeros(2)).tolist() == [1, 1]
