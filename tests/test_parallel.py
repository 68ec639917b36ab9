"""MMDataParallel: a wrapper for scripts that were written for mmcv."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmaction_min.errors import ArgumentError
from mmaction_min.parallel import MMDataParallel, is_module_wrapper
from mmaction_min.runner import EpochBasedRunner


class Model(nn.Linear):
    """Has the steps of a recognizer."""

    def train_step(self, batch: Tensor, optimizer: Any = None) -> dict[str, Any]:
        return {"loss": self(batch).sum(), "optimizer": optimizer}

    val_step = train_step


def test_a_wrapped_model_does_what_it_did() -> None:
    """Its call, its steps with their arguments; and a runner trains it."""
    model = Model(2, 1)
    wrapped = MMDataParallel(model)
    x = torch.ones(1, 2)

    assert torch.equal(wrapped(x), model(x))
    assert wrapped.train_step(x, optimizer="o")["optimizer"] == "o"
    assert torch.equal(wrapped.val_step(x)["loss"], model(x).sum())
    assert is_module_wrapper(wrapped)
    assert not is_module_wrapper(model)
    before = model.weight.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    EpochBasedRunner(wrapped, optimizer=optimizer, max_epochs=1).step(x)
    assert not torch.equal(model.weight, before)


def test_it_is_for_one_device() -> None:
    """For several there is torchrun."""
    with pytest.raises(ArgumentError, match="torchrun"):
        MMDataParallel(Model(1, 1), device_ids=[0, 1])
