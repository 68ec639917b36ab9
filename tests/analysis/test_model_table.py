"""The model's table, on a model whose numbers are worked out by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mmaction_min.analysis.model_table import format_parts, model_parts


class Toy(nn.Module):
    """Two frames of 5 x 5 through a frozen convolution, and two outputs of a head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU())
        self.head = nn.Linear(18, 4)
        self.unused = nn.Dropout()

    def train(self, mode: bool = True) -> Toy:
        super().train(mode)
        if mode:
            self.stem.requires_grad_(False)
        return self

    def forward(self, imgs: Tensor, return_loss: bool = True, **_: Any) -> Any:
        x = self.head(self.stem(imgs).flatten(1))
        return x, {"scores": x.softmax(1)}


def test_parameters_shapes_and_operations_are_those_worked_out_by_hand() -> None:
    """A convolution has two operations for each weight and output place, and a linear layer for each weight."""
    batch = {"imgs": torch.zeros(2, 1, 5, 5), "label": torch.zeros(2)}

    total, stem, conv, _, head, unused = model_parts(Toy(), batch, depth=2)

    conv_flops = 2 * (2 * 3 * 3) * (1 * 3 * 3) * 2  # places x weights x frames
    assert (stem.parameters, stem.trainable) == (18, 0)
    assert (conv.name, conv.kind) == ("stem.0", "Conv2d")
    assert (conv.shape, conv.flops) == ("(2, 2, 3, 3)", conv_flops)
    assert (head.trainable, head.flops) == (18 * 4 + 4, 2 * 18 * 4 * 2)
    assert (unused.shape, unused.flops) == ("", 0)
    assert total.flops == conv_flops + 2 * 18 * 4 * 2
    assert total.shape == "(2, 4), scores (2, 4)"


def test_the_table_indents_parts_and_says_what_is_frozen() -> None:
    """Without a batch there are no shapes and no operations; depth 0 leaves the totals."""
    lines = format_parts(model_parts(Toy(), None, depth=2)).splitlines()

    assert [line.split() for line in lines[2:4]] == [
        ["stem", "Sequential", "18", "none"],
        ["0", "Conv2d", "18", "none"],
    ]
    assert lines[3].startswith("  0 ")
    assert lines[0].split() == ["name", "type", "parameters", "trained"]
    assert lines[-1] == "Toy: 94 parameters, 76 trained"
    assert format_parts(model_parts(Toy(), None, depth=0)) == lines[-1]
