"""The models against MMAction2 0.24.1: names and shapes of their tensors, and numbers with the same weights.

`tests/golden/models.json` holds what an installed upstream gave: the hash of the sorted lines "name shape", and scores, a
loss and norms of gradients with weights that `value` makes from their names.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmaction_min.models import build_model

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "models.json").read_text())


def value(name: str, shape: Sequence[int]) -> Tensor:
    """The value of a tensor of a name: a sine, in the range that such a tensor has in a trained network."""
    n = torch.Size(shape).numel()
    x = torch.sin(
        torch.arange(n, dtype=torch.float64) * 1.7 + zlib.crc32(name.encode()) % 1000
    )
    if name.endswith("running_var"):
        x = 1 + x / 4
    elif len(shape) == 1 and name.endswith("weight"):
        x = 0.75 + x / 4
    elif len(shape) <= 1:
        x = x / 10
    else:
        x = x * (3 / torch.Size(shape[1:]).numel()) ** 0.5
    return x.reshape(tuple(shape)).float()


@pytest.mark.parametrize("golden", GOLDEN["names"], ids=lambda golden: golden["name"])
def test_names_and_shapes_are_upstreams(golden: dict[str, Any]) -> None:
    """Every tensor of a checkpoint, no more and no less, so that published checkpoints load."""
    with torch.device("meta"):
        model = build_model(
            dict(
                type=golden["type"],
                backbone=golden["backbone"],
                cls_head=golden["cls_head"],
            )
        )

    lines = sorted(f"{name} {tuple(x.shape)}" for name, x in model.state_dict().items())

    assert len(lines) == golden["tensors"]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == golden["sha256"]


@pytest.mark.parametrize("golden", GOLDEN["numbers"], ids=lambda golden: golden["name"])
def test_numbers_are_upstreams(golden: dict[str, Any]) -> None:
    """Scores to 1e-5 in a test; the loss and its gradients."""
    model = build_model(golden["model"])
    model.load_state_dict(
        {
            name: value(name, x.shape) if x.is_floating_point() else x
            for name, x in model.state_dict().items()
        }
    )
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    shape = golden["shape"]
    imgs = value("imgs", shape) * (torch.Size(shape[1:]).numel() / 3) ** 0.5

    scores = model.eval()(imgs, return_loss=False)
    views = 4 if golden["model"]["type"] == "Recognizer2D" else 1
    losses = model(imgs[:, :views], label=torch.arange(shape[0]))
    losses["loss_cls"].backward()

    norms = {
        name: float(param.grad.double().norm())
        for name, param in model.named_parameters()
        if param.grad is not None
    }
    assert torch.allclose(
        torch.as_tensor(scores), torch.tensor(golden["test"]), atol=1e-5, rtol=1e-5
    )
    assert float(losses["loss_cls"].detach()) == pytest.approx(golden["loss"], rel=1e-5)
    for name, norm in golden["grads"].items():
        assert norms[name] == pytest.approx(norm, rel=1e-3)
