"""MyOptimizerConstructor is built from its config, and gives every parameter its group."""

# Made by: scaffold add constructor MyOptimizerConstructor

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.core.optimizer import MyOptimizerConstructor
from mmaction_min.errors import ConfigError
from mmaction_min.models.builder import build_model
from mmaction_min.runner import OPTIMIZER_BUILDERS, EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/constructors/my_optimizer_constructor.py"
SGD = {"type": "SGD", "lr": 0.01, "weight_decay": 0.1}
PARAMWISE = {"fc_lr5": True}


def test_the_config_names_the_constructor() -> None:
    """The registry finds MyOptimizerConstructor, and it takes the `paramwise_cfg` of the config."""
    cfg = Config.fromfile(CONFIG).optimizer

    constructor = OPTIMIZER_BUILDERS.get(cfg.constructor)(SGD, cfg.paramwise_cfg)

    assert type(constructor) is MyOptimizerConstructor
    assert constructor.paramwise_cfg == PARAMWISE


def test_every_parameter_is_in_one_group() -> None:
    """No parameter of the config's model is left out, and none is taken twice."""
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)

    optimizer = build_optimizer(model, cfg.optimizer)

    taken = [id(param) for group in optimizer.param_groups for param in group["params"]]
    assert sorted(taken) == sorted(id(param) for param in model.parameters())


@pytest.mark.parametrize("fc_lr5", [True, False])
def test_rates_and_decays(fc_lr5: bool) -> None:
    """The head learns five times as fast if `fc_lr5` says so; biases and norm layers do not decay."""
    model = build_model(Config.fromfile(CONFIG).model)
    optimizer = MyOptimizerConstructor(SGD, {**PARAMWISE, "fc_lr5": fc_lr5})(model)
    names = {id(param): name for name, param in model.named_parameters()}

    for group in optimizer.param_groups:
        for param in group["params"]:
            is_fast = fc_lr5 and names[id(param)].startswith("cls_head.")
            assert group["lr"] == (0.05 if is_fast else 0.01), names[id(param)]
            assert group["weight_decay"] == (0.1 if param.ndim > 1 else 0.0)


def test_an_unknown_key_is_refused() -> None:
    """A misspelt key of `paramwise_cfg` is named, not ignored."""
    with pytest.raises(ConfigError, match="misspelt"):
        MyOptimizerConstructor(SGD, {**PARAMWISE, "misspelt": 1})


def test_a_training_step_changes_every_weight() -> None:
    """In the model of the config, gradients reach every parameter, and the optimizer moves it."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    before = {k: p.detach().clone() for k, p in model.named_parameters()}

    batch = {"imgs": torch.randn(2, 8, 3, 32, 32), "label": torch.arange(2)}
    outputs = runner.step(batch)

    assert outputs["loss"].isfinite()
    for name, param in model.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
