"""SSNLoss and OHEMHingeLoss: upstream's numbers, the hard examples, losses of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.errors import ConfigError
from mmaction_min.models import OHEMHingeLoss, build_loss
from mmaction_min.models.losses.ohem_hinge_loss import num_hard

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "ssn.json").read_text())[
    "ohem"
]
TRAIN_CFG = dict(
    ssn=dict(
        sampler=dict(
            num_per_video=4, positive_ratio=1, incomplete_ratio=2, background_ratio=1
        ),
        loss_weight=dict(comp_loss_weight=0.1, reg_loss_weight=0.5),
    )
)


def test_the_hinge_loss_is_upstreams() -> None:
    """With its gradient, which goes into two of each six examples."""
    pred = 2 * torch.sin(1.3 * torch.arange(36, dtype=torch.float64)).float()
    pred = pred.view(12, 3).requires_grad_()

    loss = OHEMHingeLoss.apply(pred, torch.tensor([1, 2, 3] * 4), -1, 0.4, 6)
    loss.backward()

    assert loss.item() == pytest.approx(GOLDEN["loss"], rel=1e-5)
    assert pred.grad is not None
    assert pred.grad.flatten().tolist() == GOLDEN["grad"]


def test_a_part_of_the_examples_is_not_lost_by_rounding() -> None:
    """49 * (1 / 49) is less than 1, and upstream then uses none."""
    assert num_hard(49, 1 / 49) == 1
    assert num_hard(6, 0.17) == 1
    with pytest.raises(ValueError, match="2 scores and 1 labels"):
        OHEMHingeLoss.apply(torch.ones(2, 1), torch.ones(1).long(), 1, 1.0, 2)


def losses(**cfg: Any) -> dict[str, float]:
    """Of one video with a positive, two incomplete and a background proposal; two classes."""
    torch.manual_seed(0)
    loss = build_loss({"type": "SSNLoss", **cfg})(
        torch.randn(4, 3),
        torch.zeros(4, 2),
        torch.ones(4, 2, 2),
        torch.tensor([[0, 1, 1, 2]]),
        torch.tensor([[2, 1, 1, 0]]),
        torch.zeros(1, 4, 2),
        TRAIN_CFG,
    )
    return {name: value.item() for name, value in loss.items()}


def test_each_loss_is_of_its_kinds_of_proposals() -> None:
    """The class of positive and background ones; hinges of the positive and the hardest incomplete one; boundaries of the first."""
    torch.manual_seed(0)
    scores, labels = torch.randn(4, 3)[[0, 3]], torch.tensor([2, 0])

    found = losses()

    assert found == pytest.approx(
        {
            "loss_activity": F.cross_entropy(scores, labels).item(),
            "loss_completeness": 0.1 * (1 + 1) / 2,
            "loss_reg": 0.5 * 2 * 0.5,
        }
    )


def test_other_losses_of_class_and_boundaries() -> None:
    """`loss_cls` gets scores and classes, `loss_reg` two tensors of one shape."""
    both = losses(
        loss_cls=dict(type="CrossEntropyLoss", loss_weight=3.0),
        loss_reg=dict(type="BCELossWithLogits"),
    )

    assert both["loss_activity"] == pytest.approx(3 * losses()["loss_activity"])
    expected = F.binary_cross_entropy_with_logits(torch.ones(2), torch.zeros(2))
    assert both["loss_reg"] == pytest.approx(0.5 * 2 * expected.item())


def test_what_the_config_lacks_is_named() -> None:
    """And a sampler that leaves no positive proposal is refused."""
    loss = build_loss({"type": "SSNLoss"})
    nothing = [torch.zeros(0)] * 6
    few = dict(
        num_per_video=2, positive_ratio=1, incomplete_ratio=2, background_ratio=1
    )

    with pytest.raises(ConfigError, match=r"train_cfg has no ssn.loss_weight"):
        loss(*nothing, None)
    with pytest.raises(ConfigError, match="0 are positive"):
        loss(*nothing, {"ssn": {**TRAIN_CFG["ssn"], "sampler": few}})
