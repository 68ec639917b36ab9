"""MyNet is built from its config, gives feature maps of the right shape, and learns."""

# Made by: scaffold add backbone MyNet

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.models.backbones import MyNet
from mmaction_min.models.builder import build_backbone, build_model
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/backbones/my_net.py"


def test_the_config_builds_the_backbone() -> None:
    """The registry finds MyNet, with the arguments of the config."""
    cfg = Config.fromfile(CONFIG).model.backbone

    backbone = build_backbone(cfg)

    assert type(backbone) is MyNet
    assert backbone.in_channels == 3
    assert backbone.out_channels == 256


@pytest.mark.parametrize(("height", "width"), [(32, 32), (48, 64), (33, 17)])
def test_forward_gives_maps_that_the_head_takes(height: int, width: int) -> None:
    """(N, C, H, W) frames become (N, C', H', W') float maps with the channels that the config gives the head."""
    cfg = Config.fromfile(CONFIG).model
    backbone = build_backbone(cfg.backbone)

    maps = backbone(torch.randn(2, backbone.in_channels, height, width))

    assert maps.shape[:2] == (2, cfg.cls_head.in_channels)
    assert maps.ndim == 4
    assert maps.dtype == torch.float32


def test_init_weights_takes_a_checkpoint(tmp_path: Path) -> None:
    """With `pretrained`, the weights are those of the file."""
    cfg = Config.fromfile(CONFIG).model.backbone
    source, backbone = build_backbone(cfg), build_backbone(cfg)
    torch.save(source.state_dict(), tmp_path / "weights.pth")

    backbone.init_weights(pretrained=str(tmp_path / "weights.pth"))

    for name, value in backbone.state_dict().items():
        assert torch.equal(value, source.state_dict()[name]), name


def test_a_training_step_changes_every_weight() -> None:
    """In the model of the config, gradients reach every parameter of the backbone, and the optimizer moves it."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    before = {k: p.detach().clone() for k, p in model.backbone.named_parameters()}

    outputs = runner.step(
        {
            "imgs": torch.randn(2, 8, model.backbone.in_channels, 32, 32),
            "label": torch.arange(2),
        }
    )

    assert outputs["loss"].isfinite()
    for name, param in model.backbone.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
