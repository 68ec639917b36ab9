"""MyOptimizer is built from its config, moves what it should, and goes on where it stopped."""

# Made by: scaffold add optimizer MyOptimizer

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from mmaction_min.config import Config
from mmaction_min.core.optimizer import MyOptimizer
from mmaction_min.models.builder import build_model
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/optimizers/my_optimizer.py"
OPTIONS = {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.0}


def new_optimizer(*params: nn.Parameter, **options: object) -> MyOptimizer:
    """MyOptimizer of some parameters, with the options of the config unless others are given."""
    return MyOptimizer(params, **{**OPTIONS, **options})


def descend(optimizer: MyOptimizer, param: nn.Parameter, steps: int) -> None:
    """Go so many steps down the slope of the sum of squares."""
    for _ in range(steps):
        optimizer.zero_grad()
        param.square().sum().backward()
        optimizer.step()


def test_the_config_builds_the_optimizer() -> None:
    """The registry finds MyOptimizer, and each option of the config is in the param groups."""
    model = nn.Linear(2, 2)

    optimizer = build_optimizer(model, Config.fromfile(CONFIG).optimizer)

    assert type(optimizer) is MyOptimizer
    group = optimizer.param_groups[0]
    assert {name: group[name] for name in OPTIONS} == OPTIONS


def test_steps_go_downhill() -> None:
    """The sum of squares falls, and the parameter keeps its shape and type."""
    param = nn.Parameter(torch.full((3, 2), 1.0))

    descend(new_optimizer(param, lr=0.01), param, steps=10)

    assert param.square().sum() < 6
    assert param.shape == (3, 2)
    assert param.dtype == torch.float32


def test_each_group_has_options_of_its_own() -> None:
    """A group with the rate 0 stays where it is; the other one moves."""
    still, moving = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    groups = [{"params": [still], "lr": 0.0}, {"params": [moving]}]
    optimizer = MyOptimizer(groups, **OPTIONS)

    (still.sum() + moving.sum()).backward()
    optimizer.step()

    assert torch.equal(still, torch.ones(2))
    assert not torch.equal(moving, torch.ones(2))


def test_step_calls_the_closure_with_gradients() -> None:
    """`step(closure)` gives the closure's loss, and uses the gradients that it made."""
    param = nn.Parameter(torch.ones(2))
    optimizer = new_optimizer(param)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = param.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure) == 2
    assert not torch.equal(param, torch.ones(2))


def test_a_parameter_without_gradient_stays() -> None:
    """What the loss does not depend on is left alone."""
    param = nn.Parameter(torch.ones(2))

    assert new_optimizer(param).step() is None

    assert torch.equal(param, torch.ones(2))


def test_a_loaded_state_goes_on_as_if_never_stopped() -> None:
    """Two steps, saved and loaded, and two more end where four steps end, to the bit."""
    whole, parts = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))
    descend(new_optimizer(whole), whole, steps=4)

    first = new_optimizer(parts)
    descend(first, parts, steps=2)
    second = new_optimizer(parts, lr=0.5)
    second.load_state_dict(first.state_dict())
    descend(second, parts, steps=2)

    assert torch.equal(parts, whole)


@pytest.mark.parametrize(
    "bad",
    [
        {"lr": -0.1},
        {"lr": float("nan")},
        {"momentum": 1.0},
        {"momentum": -0.1},
        {"weight_decay": -0.1},
    ],
)
def test_bad_options_are_refused(bad: dict[str, float]) -> None:
    """A value that makes no sense is named, as a default and in a group."""
    param = nn.Parameter(torch.ones(2))

    with pytest.raises(ValueError, match=next(iter(bad))):
        new_optimizer(param, **bad)
    with pytest.raises(ValueError, match=next(iter(bad))):
        MyOptimizer([{"params": [param], **bad}], **OPTIONS)


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
