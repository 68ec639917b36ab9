"""ResNet: torchvision's function under MMAction2's names, and what is frozen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from mmaction_min.errors import CheckpointError, ConfigError
from mmaction_min.models import ResNet, build_backbone
from mmaction_min.runner import CheckpointLoader


def torchvision_model(depth: int) -> nn.Module:
    return getattr(pytest.importorskip("torchvision").models, f"resnet{depth}")()


@pytest.mark.parametrize("depth", [18, 50])
def test_it_computes_what_torchvision_computes(depth: int, tmp_path: Path) -> None:
    """With the weights of torchvision's model, loaded under their own names, the maps are equal."""
    torch.manual_seed(0)
    theirs = torchvision_model(depth).eval()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    ours = ResNet(depth, pretrained=str(tmp_path / "weights.pth"), out_indices=(2, 3))
    ours.init_weights()
    ours.eval()
    x = torch.randn(1, 3, 32, 32)

    third, fourth = ours(x)

    x = theirs.layer3(
        theirs.layer2(
            theirs.layer1(theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(x)))))
        )
    )
    assert torch.equal(third, x)
    assert torch.equal(fourth, theirs.layer4(x))


def test_parameters_have_the_names_of_mmaction2() -> None:
    """So that its published checkpoints fit."""
    names = set(ResNet(18).state_dict())

    assert len(names) == 120
    assert {
        "conv1.conv.weight",
        "conv1.bn.running_mean",
        "layer1.0.conv1.conv.weight",
        "layer2.0.downsample.conv.weight",
        "layer2.0.downsample.bn.bias",
        "layer4.1.conv2.bn.weight",
    } <= names
    assert "layer1.0.downsample.conv.weight" not in names


@pytest.mark.parametrize(
    ("depth", "params"),
    [(18, 11176512), (34, 21284672), (50, 23508032), (101, 42500160), (152, 58143808)],
)
def test_every_depth_has_its_number_of_parameters(depth: int, params: int) -> None:
    """Those of torchvision's models without their classifier."""
    with torch.device("meta"):
        model = ResNet(depth)

    assert sum(param.numel() for param in model.parameters()) == params


def test_frozen_stages_stay_as_they_are_in_training() -> None:
    """Neither gradients nor statistics, from the first call of train() on."""
    model = ResNet(18, frozen_stages=1)
    assert all(param.requires_grad for param in model.parameters())

    model.train()

    frozen = {
        name.split(".")[0]
        for name, param in model.named_parameters()
        if not param.requires_grad
    }
    assert frozen == {"conv1", "layer1"}
    assert not model.layer1.training and model.layer2.training


@pytest.mark.parametrize(
    ("option", "in_training", "trained"), [("norm_eval", 0, 20), ("partial_bn", 1, 1)]
)
def test_norms_can_keep_their_statistics(
    option: str, in_training: int, trained: int
) -> None:
    """`norm_eval` keeps all of them, `partial_bn` all but the first, with their parameters."""
    model = ResNet(18, **{option: True}).train()

    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert sum(norm.training for norm in norms) == in_training
    assert sum(norm.weight.requires_grad for norm in norms) == trained


def test_an_unknown_depth_is_refused() -> None:
    """The depths are listed."""
    with pytest.raises(ConfigError, match=r"(?s)depth 20.*18, 34, 50, 101, 152"):
        build_backbone(dict(type="ResNet", depth=20))


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """A part of the weights would be a silent fresh start of the rest."""
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "weights.pth")

    with pytest.raises(CheckpointError, match=r"weights\.pth: it has no conv1\.bn"):
        ResNet(18).init_weights(str(tmp_path / "weights.pth"))


def test_weights_that_are_not_on_the_disk_are_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to fetch them."""
    pytest.importorskip("torchvision")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    with pytest.raises(
        CheckpointError,
        match=r"(?s)nothing is downloaded.*load_state_dict_from_url\('https://.*/resnet18-",
    ):
        ResNet(18).init_weights("torchvision://resnet18")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("https://example.org/tsn.pth", r"(?s)checkpoints/tsn\.pth.*from_url\('https"),
        ("torchvision://resnet50.imagenet1k_v2", "resnet50-11ad3fa6"),
        ("torchvision://resnet50", "resnet50-0676ba61"),
        ("torchvision://resnet18.v3", "no 'v3'.*\\n.*imagenet1k_v1"),
        ("torchvision://resnet19", "no model 'resnet19'"),
        ("open-mmlab://resnet50", "such names are not known"),
    ],
)
def test_a_source_is_a_file_of_torchs_cache(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream's `torchvision://resnet50` means the first weights; the address says which."""
    pytest.importorskip("torchvision")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    with pytest.raises(CheckpointError, match=message):
        CheckpointLoader.load_checkpoint(source)
