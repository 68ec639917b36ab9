"""MyLoss is built from its config, takes labels and values, and trains a model."""

# Made by: scaffold add loss MyLoss

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.config import Config
from mmaction_min.models.builder import build_loss, build_model
from mmaction_min.models.losses import MyLoss, my_loss
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/losses/my_loss.py"


def test_the_config_builds_the_loss() -> None:
    """The registry finds MyLoss, with the arguments of the config."""
    cfg = Config.fromfile(CONFIG).model.cls_head.loss_cls

    loss = build_loss(cfg)

    assert type(loss) is MyLoss
    assert loss.loss_weight == cfg.loss_weight


def test_class_numbers_are_soft_labels_of_one_class() -> None:
    """(N,) integer labels give the loss of the same labels as (N, K) probabilities."""
    scores, labels = torch.randn(4, 8), torch.tensor([0, 3, 7, 3])

    hard = my_loss(scores, labels)
    soft = my_loss(scores, F.one_hot(labels, 8).float())

    assert hard.shape == ()
    assert hard.dtype == torch.float32
    torch.testing.assert_close(hard, soft)


# Of a loss for classes alone, delete this test.
def test_it_is_a_regression_loss_on_two_tensors_of_one_shape() -> None:
    """It is least where the prediction is the target, and its gradient reaches every entry of another one."""
    target = torch.rand(2, 3, 4)
    pred = (target + 0.5).requires_grad_()

    loss = my_loss(pred, target)
    loss.backward()

    assert loss > my_loss(target, target)
    assert pred.grad is not None and pred.grad.all()


def test_reduction_and_weight() -> None:
    """'mean' and 'sum' are those of 'none', and `loss_weight` multiplies the loss."""
    pred, target = torch.randn(4, 8), torch.randn(4, 8)
    each = MyLoss(reduction="none")(pred, target)

    for reduction, expected in (("mean", each.mean()), ("sum", each.sum())):
        loss = MyLoss(loss_weight=3.0, reduction=reduction)
        torch.testing.assert_close(loss(pred, target), 3 * expected)
    with pytest.raises(ValueError, match="reduction is one of"):
        MyLoss(reduction="median")


@pytest.mark.parametrize(
    ("pred", "target"),
    [
        (torch.rand(4, 8), torch.rand(4)),
        (torch.rand(4, 8), torch.rand(8, 4)),
        (torch.rand(4, 8), torch.zeros(5, dtype=torch.int64)),
        (torch.rand(0, 8), torch.zeros(0, dtype=torch.int64)),
    ],
)
def test_other_shapes_are_refused(pred: torch.Tensor, target: torch.Tensor) -> None:
    """Tensors that do not go together are not broadcast: the message names both shapes."""
    with pytest.raises(ValueError, match="the prediction is"):
        my_loss(pred, target)


def test_a_training_step_changes_every_weight() -> None:
    """As the `loss_cls` of the config's model, it sends gradients to every parameter, and the optimizer moves them."""
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
