"""Param groups as a table."""

from __future__ import annotations

import torch
from torch import nn

from mmaction_min.analysis.param_groups import format_groups


def test_equal_groups_stand_together_with_the_settings_in_which_they_differ() -> None:
    """A frozen parameter is in a row of its own."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    model[1].bias.requires_grad_(False)
    groups = [{"params": [param]} for param in model.parameters()]
    groups[1]["nesterov"] = True  # type: ignore[assignment]

    text = format_groups(model, torch.optim.SGD(groups, lr=1e-3, momentum=0.9))

    title, header, _, *rows = text.splitlines()
    assert title == "SGD: 4 param groups, 3 different"
    columns = "tensors numbers trained lr weight_decay momentum nesterov parameters"
    assert header.split() == columns.split()
    assert [row.split() for row in rows] == [
        ["2", "10", "0.001", "0", "0.9", "False", "0.weight", "...", "1.weight"],
        ["1", "2", "0.001", "0", "0.9", "True", "0.bias"],
        ["1", "2", "0", "0.001", "0", "0.9", "False", "1.bias"],
    ]


def test_groups_that_have_names_are_called_by_them() -> None:
    """As those of TSMOptimizerConstructor have."""
    model = nn.Linear(3, 2)
    groups = [{"params": model.parameters(), "name": "normal"}]

    text = format_groups(model, torch.optim.AdamW(groups, lr=1.0))

    assert text.startswith("AdamW: 1 param group, 1 different\n")
    assert text.splitlines()[-1].split()[-3:] == ["(0.9,", "0.999)", "normal"]
