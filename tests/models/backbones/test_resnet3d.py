"""ResNet3d and ResNet3dSlowOnly: shapes, inflation from 2-D weights, what is frozen, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import CheckpointError, ConfigError
from mmaction_min.models import ResNet, ResNet3d, ResNet3dSlowOnly, build_backbone


@pytest.mark.parametrize(
    ("cls", "shapes"),
    [
        (ResNet3d, [(1, 8, 2, 8, 8), (1, 64, 2, 1, 1)]),
        (ResNet3dSlowOnly, [(1, 8, 4, 8, 8), (1, 64, 4, 1, 1)]),
    ],
)
def test_a_clip_becomes_maps(cls: Any, shapes: list[tuple[int, ...]]) -> None:
    """I3D halves the frames after its first stage, SlowOnly keeps them all."""
    model = cls(18, base_channels=8, out_indices=(0, 3))

    maps = model(torch.randn(1, 3, 4, 32, 32))

    assert [tuple(x.shape) for x in maps] == shapes


TWO: dict[str, Any] = dict(num_stages=2, out_indices=(1,))  # stages are enough


def save_resnet(path: Path) -> ResNet:
    """The start of a ResNet with random numbers in all its tensors, and its file in MMAction2's form."""
    model = ResNet(18, **TWO)
    for x in model.state_dict().values():
        if x.is_floating_point():
            x.uniform_(0.5, 1)
    named = {f"backbone.{name}": x for name, x in model.state_dict().items()}
    torch.save({"state_dict": {**named, "cls_head.fc_cls.bias": torch.zeros(1)}}, path)
    return model


@pytest.mark.parametrize("cls", [ResNet3d, ResNet3dSlowOnly])
def test_a_still_clip_looks_as_its_frame_does_to_the_inflated_network(
    cls: Any, tmp_path: Path
) -> None:
    """Each kernel is spread over time, so away from the ends the maps are those of the 2-D network (arXiv 1705.07750)."""
    plain = save_resnet(tmp_path / "resnet.pth")
    path = str(tmp_path / "resnet.pth")
    model = cls(18, pretrained=path, with_pool2=False, inflate=1, **TWO)
    model.init_weights()

    for name, x in plain.state_dict().items():
        inflated = model.state_dict()[name]
        summed = inflated.sum(2) if inflated.dim() == 5 else inflated
        assert torch.allclose(summed, x, rtol=1e-4)
    frame = torch.rand(1, 3, 32, 32)
    frames = frame[:, :, None].expand(-1, -1, 19, -1, -1)  # as far as it sees
    with torch.no_grad():
        middle = model.eval()(frames)[:, :, 9]
        assert torch.allclose(middle, plain.eval()(frame), rtol=1e-3)


def test_optical_flow_begins_with_the_mean_over_rgb(tmp_path: Path) -> None:
    """The first convolution on other channels, as TSN's authors do it."""
    plain = save_resnet(tmp_path / "resnet.pth")
    flow = ResNet(18, in_channels=10, torchvision_pretrain=False, **TWO)

    flow.init_weights(str(tmp_path / "resnet.pth"))

    weight = plain.conv1.conv.weight.mean(1, keepdim=True)  # type: ignore[operator, union-attr]
    assert torch.allclose(flow.conv1.conv.weight, weight.expand(-1, 10, -1, -1))  # type: ignore[arg-type]


def test_values_of_another_width_are_refused(tmp_path: Path) -> None:
    """With both shapes; upstream leaves such a layer random."""
    save_resnet(tmp_path / "resnet.pth")

    with pytest.raises(
        CheckpointError, match=r"conv1.*\(64,\) there, and \(32,\) here"
    ):
        ResNet3d(18, base_channels=32, **TWO).init_weights(str(tmp_path / "resnet.pth"))


def test_non_local_blocks_join_a_trained_network(tmp_path: Path) -> None:
    """A file need not have them, and they begin as the identity."""
    save_resnet(tmp_path / "resnet.pth")
    model = ResNet3dSlowOnly(
        18,
        non_local=((0, 0), (0, 1)),
        non_local_cfg=dict(norm_cfg=dict(type="BN3d")),
        **TWO,
    )

    model.init_weights(str(tmp_path / "resnet.pth"))

    assert model.layer2[1].non_local_block.conv_out.bn.weight.abs().max() == 0  # type: ignore[index, union-attr]


def test_a_block_begins_as_its_shortcut() -> None:
    """`zero_init_residual`: the last norm of every block is 0, and the others are 1."""
    model = ResNet3d(18, base_channels=8)

    model.init_weights()

    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm3d)]
    assert [bool(norm.weight.any()) for norm in norms].count(False) == 8
    assert len(norms) == 20


def test_frozen_stages_and_norms_stay_as_they_are() -> None:
    """From the first call of train() on."""
    model = ResNet3d(18, frozen_stages=1, norm_eval=True, **TWO).train()

    frozen = {
        name.split(".")[0]
        for name, param in model.named_parameters()
        if not param.requires_grad
    }
    assert frozen == {"conv1", "layer1"}
    assert not any(m.training for m in model.modules() if isinstance(m, nn.BatchNorm3d))


def test_checkpointing_computes_the_same() -> None:
    """`with_cp` saves memory and changes neither maps nor gradients."""
    torch.manual_seed(0)
    models = [
        ResNet3d(18, base_channels=8, with_cp=cp, **TWO).train() for cp in (False, True)
    ]
    models[1].load_state_dict(models[0].state_dict())
    x = torch.randn(2, 3, 4, 32, 32, requires_grad=True)

    grads = [torch.autograd.grad(m(x).square().sum(), x)[0] for m in models]

    assert torch.equal(*grads)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (dict(depth=20), r"(?s)depth 20.*18, 34, 50, 101, 152"),
        (dict(style="tf"), "no style 'tf'"),
        (dict(num_stages=5), "5 is not 1 to 4"),
        (dict(num_stages=3), r"\(3,\) are not all stages"),
        (dict(dilations=(1, 1)), "dilations: 2 values for 4 stages"),
        (dict(inflate=((1, 1, 1), 1, 1, 1)), "stage 0 has 2 blocks"),
        (dict(depth=50, inflate_style="1x1x1"), "no '1x1x1'"),
        (dict(type="ResNet3dSlowOnly", lateral=True), "no fast pathway"),
    ],
)
def test_what_makes_no_network_is_refused(args: dict[str, Any], message: str) -> None:
    """With the argument's name."""
    with pytest.raises(ConfigError, match=message):
        build_backbone({"type": "ResNet3d", "depth": 18, **args})
