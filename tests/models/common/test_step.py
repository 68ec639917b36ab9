"""What a model's step makes of its losses."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.models.common.step import step_outputs


def test_losses_are_summed_and_all_is_logged() -> None:
    """Each as its mean, a list as the sum of its means; an accuracy is not trained with."""
    a, b = (torch.tensor([1.0, 3.0], requires_grad=True) for _ in range(2))

    outputs = step_outputs(
        {"loss_cls": a, "aux_loss": [a, b], "top1_acc": torch.tensor(0.5)}, 2
    )

    assert outputs["loss"].item() == 6 and outputs["loss"].requires_grad
    assert {name: value.item() for name, value in outputs["log_vars"].items()} == {
        "loss_cls": 2,
        "aux_loss": 4,
        "top1_acc": 0.5,
        "loss": 6,
    }
    assert outputs["num_samples"] == 2


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ({"loss_cls": 0.5}, "'loss_cls' as 0.5, and not as a tensor with a gradient"),
        ({"loss_a": None}, "'loss_a' as None, and not as a tensor with a gradient"),
        ({"loss_b": [0.5]}, "'loss_b' as 0.5, and not as a tensor with a gradient"),
        ({"top1_acc": 1.0}, "'top1_acc' as 1.0, and not as a tensor"),
    ],
)
def test_a_loss_that_is_no_tensor_is_named(
    losses: dict[str, Any], message: str
) -> None:
    """Such as one after `.item()`, which has lost its gradient."""
    with pytest.raises(ConfigError) as caught:
        step_outputs(losses, 2)

    assert caught.value.what == f"the model gives {message}"
    assert (".item()" in caught.value.hint) == ("loss" in message)
