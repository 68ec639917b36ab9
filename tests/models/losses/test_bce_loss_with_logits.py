"""BCELossWithLogits: several classes at once, weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.models import BCELossWithLogits

SCORE = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
LABEL = torch.tensor([[1, 0, 1], [0, 0, 1]])


@pytest.mark.parametrize("class_weight", [None, [1.0, 2.0, 3.0]])
def test_it_is_torchs_loss_of_each_class(class_weight: list[float] | None) -> None:
    """Class numbers 0 and 1 do, whole or not; weights are those of the classes."""
    loss = BCELossWithLogits(loss_weight=2.0, class_weight=class_weight)
    weight = None if class_weight is None else torch.tensor(class_weight)
    expected = 2 * F.binary_cross_entropy_with_logits(SCORE, LABEL.float(), weight)

    assert torch.isclose(loss(SCORE, LABEL), expected)
    assert torch.isclose(loss(SCORE, LABEL.float()), expected)
    assert not loss.state_dict()
