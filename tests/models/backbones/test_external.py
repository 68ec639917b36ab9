"""Models of torchvision and timm as backbones: what they give, where their weights are, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.errors import CheckpointError, ConfigError
from mmaction_min.models import build_backbone, build_model
from mmaction_min.models.backbones.external import external_features

pytest.importorskip("torchvision")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("resnet18", (2, 512, 1, 1)),
        ("mobilenet_v3_small", (2, 576, 1, 1)),
        ("shufflenet_v2_x0_5", (2, 1024, 1, 1)),
        ("swin_t", (2, 768, 1, 1)),
    ],
)
def test_a_model_of_torchvision_gives_maps(name: str, shape: tuple[int, ...]) -> None:
    """Of its `features`, if it has them in (N, C, H, W); else what its classifier would see."""
    model = build_backbone(dict(type=f"torchvision.{name}")).eval()

    with torch.no_grad():
        maps = external_features(model, "torchvision", torch.randn(2, 3, 32, 32))

    assert maps.shape == shape
    assert not any(key.startswith(("fc.", "head")) for key in model.state_dict())


def test_a_recognizer_trains_with_it_under_its_own_names() -> None:
    """As upstream's checkpoints have them: `backbone.features.0.0.weight`."""
    backbone = dict(type="torchvision.mobilenet_v3_small")
    model = build_model(
        dict(
            type="Recognizer2D",
            backbone=backbone,
            cls_head=dict(type="TSNHead", num_classes=2, in_channels=576),
        )
    )

    imgs = torch.randn(2, 2, 3, 32, 32)
    model.train_step(dict(imgs=imgs, label=torch.tensor([0, 1])))["loss"].backward()

    params = dict(model.named_parameters())
    assert params["backbone.features.0.0.weight"].grad is not None
    assert set(backbone) == {"type"}  # the config is only read


def test_weights_of_torchvision_come_from_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pretrained=True` is a file of torch's cache; where it is not, the message says how to fetch it."""
    torchvision: Any = pytest.importorskip("torchvision")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    cfg = dict(type="torchvision.squeezenet1_1", pretrained=True)
    with pytest.raises(CheckpointError, match=r"(?s)nothing is downloaded.*squeezenet"):
        build_backbone(cfg)
    url = torchvision.models.get_model_weights("squeezenet1_1").IMAGENET1K_V1.url
    theirs = torchvision.models.squeezenet1_1()
    (tmp_path / "checkpoints").mkdir()
    torch.save(theirs.state_dict(), tmp_path / "checkpoints" / Path(url).name)

    model: Any = build_backbone(cfg)

    assert torch.equal(model.features[0].weight, theirs.features[0].weight)


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (dict(type="torchvision.resnet5"), r"(?s)no model 'resnet5'.*resnet50"),
        (dict(type="torchvision.resnet18", deep=1), "resnet18: .*'deep'"),
    ],
)
def test_what_torchvision_does_not_know_is_refused(
    cfg: dict[str, Any], message: str
) -> None:
    """With the near names."""
    with pytest.raises(ConfigError, match=message):
        build_backbone(cfg)


# timm 1.0.3 uses what torch has deprecated since
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.jit")
def test_timm_is_asked_for_by_name() -> None:
    """Its models give what their classifier would see; without timm the message says what to install."""
    cfg = dict(type="timm.resnet10t")
    try:
        import timm  # type: ignore[import-not-found, unused-ignore]  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match="pip install timm"):
            build_backbone(cfg)
        return

    model = build_backbone(cfg).eval()

    assert external_features(model, "timm", torch.randn(1, 3, 32, 32)).shape[2:] == (
        1,
        1,
    )
    with pytest.raises(ConfigError, match=r"(?s)no model 'resnet10'.*resnet10t"):
        build_backbone(dict(type="timm.resnet10"))
