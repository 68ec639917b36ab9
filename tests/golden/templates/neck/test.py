"""MyNeck is built from its config, gives maps that the head takes, and learns."""

# Made by: scaffold add neck MyNeck

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.models.builder import build_model, build_neck
from mmaction_min.models.necks import MyNeck
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/necks/my_neck.py"
NUM_CLIPS, NUM_SEGS = 2, 8


def test_the_config_builds_the_neck() -> None:
    """The registry finds MyNeck, with the arguments of the config."""
    neck = build_neck(Config.fromfile(CONFIG).model.neck)

    assert type(neck) is MyNeck
    assert neck.in_channels == 512


@pytest.mark.parametrize(("frames", "size"), [(NUM_SEGS, 1), (3, 7)])
def test_forward_gives_maps_that_the_head_takes(frames: int, size: int) -> None:
    """(N, C, T, H, W) maps become float maps with the channels of the head; the last stage of several is taken."""
    cfg = Config.fromfile(CONFIG).model
    neck = build_neck(cfg.neck)
    neck.init_weights()
    x = torch.randn(NUM_CLIPS, neck.in_channels, frames, size, size)

    maps = neck(x, torch.arange(NUM_CLIPS))

    assert maps.shape[:2] == (NUM_CLIPS, cfg.cls_head.in_channels)
    assert maps.ndim == 5
    assert maps.dtype == torch.float32
    assert torch.equal(neck((x.new_zeros(1), x)), maps)


def test_a_training_step_changes_every_weight() -> None:
    """In the model of the config, gradients reach every parameter of the neck, and the optimizer moves it."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    before = {k: p.detach().clone() for k, p in model.neck.named_parameters()}

    outputs = runner.step(
        {
            "imgs": torch.randn(NUM_CLIPS, NUM_SEGS, 3, 32, 32),
            "label": torch.arange(NUM_CLIPS),
        }
    )

    assert outputs["loss"].isfinite()
    for name, param in model.neck.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
