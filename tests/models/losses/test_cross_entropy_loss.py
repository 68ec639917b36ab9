"""CrossEntropyLoss: hard and soft labels, weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mmaction_min.models import CrossEntropyLoss

SCORE = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
LABEL = torch.tensor([0, 1])


@pytest.mark.parametrize("class_weight", [None, [1.0, 2.0, 3.0]])
def test_soft_labels_of_one_class_are_that_class(
    class_weight: list[float] | None,
) -> None:
    """One-hot probabilities and class numbers give the same loss, weighted or not."""
    loss = CrossEntropyLoss(loss_weight=2.0, class_weight=class_weight)
    weight = None if class_weight is None else torch.tensor(class_weight)
    expected = 2 * F.cross_entropy(SCORE, LABEL, weight)

    assert torch.allclose(loss(SCORE, LABEL), expected)
    assert torch.allclose(loss(SCORE, F.one_hot(LABEL, 3).float()), expected)


def test_class_weights_move_with_the_model_and_stay_out_of_its_checkpoint() -> None:
    """They are numbers of the config."""
    loss = CrossEntropyLoss(class_weight=[1.0, 2.0]).to("meta")

    assert loss.class_weight is not None and loss.class_weight.is_meta
    assert not loss.state_dict()
