"""The first twenty losses of three recipes, against curves in the repository: who changes what a training computes sees it here.

The configs are the shipped ones with smaller models; weights and batches come from numpy's generator that never changes
(`RandomState`), so that neither torch's nor a decoder has a part in the numbers.

After a wanted change:  UPDATE_GOLDEN=1 python -m pytest -n 0 tests/test_golden_losses.py
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mmaction_min.assemble import build_runner
from mmaction_min.config import Config
from mmaction_min.runner import BaseRunner, Hook

REPO = Path(__file__).parents[1]
CURVES = REPO / "tests" / "golden" / "losses.json"
GOLDEN = json.loads(CURVES.read_text())
STEPS = 20
SMALL: dict[str, Any] = {
    "model.backbone.num_stages": 1,
    "model.backbone.out_indices": (0,),
    "model.cls_head.in_channels": 64,
    "model.cls_head.dropout_ratio": 0.0,
}
RECIPES: dict[str, dict[str, Any]] = {
    "tsn_r18_motion": SMALL,
    "tsm_r18_motion": SMALL,
    "bmn_motion": {
        "model.temporal_dim": 16,
        "model.feat_dim": 32,
        # AdamW makes full steps of gradients that are rounding errors; BMN has such.
        "optimizer": dict(_delete_=True, type="SGD", lr=0.02, momentum=0.9),
    },
}


class Losses(Hook):
    """Notes the loss of each step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def after_train_iter(self, runner: BaseRunner) -> None:
        self.seen.append(runner.outputs["loss"].item())


def value(name: str, shape: Sequence[int]) -> Tensor:
    """Normal numbers by name; weights keep the size of what goes through them."""
    draw = np.random.RandomState(zlib.crc32(name.encode()))
    x = torch.from_numpy(draw.standard_normal(tuple(shape))).float()
    if len(shape) <= 1:
        return x / 10 + ("weight" in name or "var" in name)
    return x * (2 / torch.Size(shape[1:]).numel()) ** 0.5


def batch(number: int, localizes: bool) -> dict[str, Any]:
    """Four clips of eight frames; or the features of four videos with a segment in each."""
    if localizes:
        starts = [0.1 * (number + i) for i in range(4)]
        return {
            "raw_feature": value(f"features {number}", (4, 32, 16)) * 16,
            "gt_bbox": [torch.tensor([[start, start + 0.3]]) for start in starts],
        }
    imgs = value(f"imgs {number}", (4, 8, 3, 16, 16)) * 55
    return {"imgs": imgs, "label": (torch.arange(4) * 3 + number) % 8}


def losses(name: str, **changes: Any) -> list[float]:
    """Of the recipe's first steps, with changes of its config."""
    cfg = Config.fromfile(REPO / "configs" / f"{name}.py")
    cfg.merge_from_dict({**RECIPES[name], **changes, "total_epochs": STEPS // 4})
    cfg.checkpoint_config = cfg.log_config = None
    runner = build_runner(cfg, torch.device("cpu"), None)
    weights: dict[str, Tensor] = runner.model.state_dict()
    runner.model.load_state_dict(
        {
            name: value(name, x.shape) if x.is_floating_point() else x
            for name, x in weights.items()
        }
    )
    torch.manual_seed(
        0
    )  # BMN's loss draws which of the proposals that miss it looks at
    hook = Losses()
    runner.register_hook(hook)
    runner.run([[batch(number, "bmn" in name) for number in range(4)]])
    return hook.seen


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_losses_are_those_in_the_repository(name: str) -> None:
    """To 1e-3, which other processors and versions of torch keep, and a rate that is off by 1 % does not."""
    found = losses(name)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN[name] = [round(loss, 6) for loss in found]
        CURVES.write_text(json.dumps(GOLDEN, indent=1) + "\n")

    assert found == pytest.approx(GOLDEN[name], rel=1e-3)


def test_a_rate_that_is_off_by_five_percent_is_seen() -> None:
    """So that the curves can fail: by more than ten times of what they allow."""
    changed = losses("tsn_r18_motion", **{"optimizer.lr": 0.003 * 1.05})

    assert changed != pytest.approx(GOLDEN["tsn_r18_motion"], rel=1e-2)
