"""BMNLoss and BinaryLogisticRegressionLoss: balance, and the cases in which upstream's give NaN."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.models import BinaryLogisticRegressionLoss, BMNLoss

MASK = torch.ones(4, 4).triu().flip(1)


def test_both_kinds_of_entries_count_the_same() -> None:
    """One positive of four: its term is as heavy as the three others together."""
    score = torch.tensor([0.3, 0.6, 0.2, 0.9])
    label = torch.tensor([0.0, 1.0, 0.4, 0.1])

    loss = BinaryLogisticRegressionLoss()(score, label)

    positive = F.binary_cross_entropy(score[1:2], torch.ones(1))
    negative = F.binary_cross_entropy(score[[0, 2, 3]], torch.zeros(3))
    expected = (positive + negative) / 2
    assert loss.item() == pytest.approx(expected.item(), rel=1e-3)


def test_the_regression_without_positives_is_zero() -> None:
    """Upstream divides by their number."""
    loss = BMNLoss.pem_reg_loss(torch.rand(1, 4, 4), 0.5 * MASK[None], MASK)

    assert loss.item() == 0


def test_few_entries_of_middle_iou_are_all_used_and_none_of_the_mask_outside() -> None:
    """Three of high and one of middle IoU: the loss is of these four, and of what of low IoU is there."""
    truth = torch.zeros(1, 4, 4)
    truth[0, 0] = torch.tensor([0.9, 0.8, 0.9, 0.5])
    score = torch.full_like(truth, 0.25)

    loss = BMNLoss.pem_reg_loss(score, truth, MASK)

    expected = 0.5 * (score - truth)[0, 0].square().mean()
    assert loss.item() == pytest.approx(expected.item())


def test_the_three_parts_add_up() -> None:
    """With their weights; every part has a gradient."""
    score = torch.rand(2, 2, 4, 4).requires_grad_()
    start, end = (torch.rand(2, 4).requires_grad_() for _ in range(2))
    truth = torch.linspace(0, 1, 32).view(2, 4, 4)
    labels = torch.linspace(0, 1, 8).view(2, 4)

    loss, tem, reg, cls = BMNLoss()(
        score,
        start,
        end,
        truth,
        labels,
        labels,
        MASK,
        weight_tem=2.0,
        weight_pem_reg=3.0,
        weight_pem_cls=4.0,
    )
    loss.backward()

    assert loss.item() == pytest.approx((2 * tem + 3 * reg + 4 * cls).item())
    assert all(x.grad.any() for x in (score, start, end))
