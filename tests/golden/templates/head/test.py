"""MyHead is built from its config, gives scores of the right shape, and learns."""

# Made by: scaffold add head MyHead

from __future__ import annotations

from pathlib import Path

import torch

from mmaction_min.config import Config
from mmaction_min.models.builder import build_head, build_model
from mmaction_min.models.heads import MyHead
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/heads/my_head.py"
NUM_CLIPS, NUM_SEGS = 2, 8


def test_the_config_builds_the_head() -> None:
    """The registry finds MyHead, with the arguments of the config."""
    cfg = Config.fromfile(CONFIG).model.cls_head

    head = build_head(cfg)

    assert type(head) is MyHead
    assert head.init_std == 0.01


def test_forward_gives_one_row_of_scores_for_each_clip() -> None:
    """(N * num_segs, C, H, W) features become (N, K) float scores, in any size of map."""
    head = build_head(Config.fromfile(CONFIG).model.cls_head)

    for size in (1, 7):
        x = torch.randn(NUM_CLIPS * NUM_SEGS, head.in_channels, size, size)
        score = head(x, NUM_SEGS)

        assert score.shape == (NUM_CLIPS, head.num_classes)
        assert score.dtype == torch.float32


def test_a_training_step_changes_every_weight() -> None:
    """In the model of the config, gradients reach every parameter of the head, and the optimizer moves it."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    before = {k: p.detach().clone() for k, p in model.cls_head.named_parameters()}

    outputs = runner.step(
        {
            "imgs": torch.randn(NUM_CLIPS, NUM_SEGS, 3, 32, 32),
            "label": torch.arange(NUM_CLIPS),
        }
    )

    assert outputs["loss"].isfinite()
    for name, param in model.cls_head.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
