"""The registry of optimizers: all of torch's, and the fused ones where they can be had."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import ConfigError
from mmaction_min.runner import OPTIMIZERS, build_optimizer, with_fused
from mmaction_min.runner.optimizer.builder import TORCH_OPTIMIZERS

CLASSES = sorted(set(TORCH_OPTIMIZERS) - {"Optimizer"})


def test_every_optimizer_of_torch_has_its_name() -> None:
    """Also those that newer versions of torch bring."""
    assert {"SGD", "Adam", "AdamW", "RMSprop", "LBFGS", "SparseAdam"} <= set(CLASSES)
    assert all(OPTIMIZERS.get(name) is getattr(torch.optim, name) for name in CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_every_optimizer_of_torch_is_built_and_steps(name: str) -> None:
    """Those with wishes of their own too: LBFGS wants a closure, SparseAdam sparse gradients, Muon matrices."""
    model = nn.Embedding(4, 2, sparse=name == "SparseAdam")
    before = model.weight.detach().clone()

    optimizer = build_optimizer(model, dict(type=name, lr=0.1))

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = model(torch.tensor([0, 1])).square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert type(optimizer) is getattr(torch.optim, name)
    assert not torch.equal(model.weight, before)


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch has no Muon")
def test_what_torch_refuses_is_said_with_the_optimizers_name() -> None:
    """Muon trains matrices only, and says so without a traceback."""
    with pytest.raises(ConfigError, match="Muon: Muon only supports 2D"):
        build_optimizer(nn.Linear(2, 2), dict(type="Muon", lr=0.1))


@pytest.mark.parametrize("option", ["foreach", "fused"])
def test_foreach_and_fused_reach_torch(option: str) -> None:
    """As the config says, in every param group."""
    cfg = dict(type="AdamW", lr=0.1, paramwise_cfg=dict(bias_lr_mult=2))

    optimizer = build_optimizer(nn.Linear(2, 2), {**cfg, option: True})

    assert [group[option] for group in optimizer.param_groups] == [True, True]


@pytest.mark.parametrize(
    ("cfg", "device", "added"),
    [
        (dict(type="SGD"), "cuda", True),
        (dict(type="AdamW"), "cuda:1", True),
        (dict(type=torch.optim.Adam), "cuda", True),
        (dict(type="CopyOfSGD"), "cuda", True),
        (dict(type="RMSprop"), "cuda", False),  # torch has none
        (dict(type="SGD"), "cpu", False),
        (dict(type="SGD", foreach=True), "cuda", False),
        (dict(type="SGD", fused=False), "cuda", False),
        (dict(lr=1), "cuda", False),
        (dict(type="Sgd"), "cuda", False),  # `build_optimizer` refuses it
    ],
    ids=str,
)
def test_fused_is_added_where_torch_has_it_and_nobody_chose(
    cfg: dict[str, Any], device: str, added: bool
) -> None:
    """On CUDA alone, and never over what the config says."""
    import mmaction_min.core  # noqa: F401  (CopyOfSGD)

    assert with_fused(cfg, device) == ({**cfg, "fused": True} if added else cfg)
