"""Recognizer3D: views of clips, features, and the parts of BaseRecognizer that every recognizer has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mmaction_min.errors import ConfigError
from mmaction_min.models import BaseHead, build_model


class Means(nn.Module):
    """Each clip's mean colour as its map; `seen` keeps how many views came at a time."""

    def __init__(self, pathways: int = 1) -> None:
        super().__init__()
        self.pathways = pathways
        self.seen: list[int] = []

    def init_weights(self) -> None:
        """Nothing to do."""

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        self.seen.append(len(x))
        x = x.mean((2, 3, 4), keepdim=True)
        return x if self.pathways == 1 else (x,) * self.pathways


class FrameMeans(nn.Module):
    """Each frame's mean colour as its map."""

    def init_weights(self) -> None:
        """Nothing to do."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=True)


class Flat(BaseHead):
    """A head of one's own on clips."""

    def __init__(self, broken: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text: Any = "" if broken else 0

    def init_weights(self) -> None:
        """Nothing to do."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return x.flatten(1) + (self.text + 1)


class Weighted(nn.Module):
    """A loss that needs more than scores and labels, and gives two numbers."""

    def forward(self, score: Tensor, label: Tensor, weight: Tensor) -> dict[str, Any]:
        losses = nn.functional.cross_entropy(score, label, reduction="none")
        return {"loss_cls": [losses * weight, losses], "mean_weight": weight.mean()}


def recognizer(**changes: Any) -> Any:
    head = dict(type="I3DHead", num_classes=4, in_channels=3, dropout_ratio=0.0)
    cfg = dict(type="Recognizer3D", backbone=dict(type=Means), cls_head=head)
    torch.manual_seed(0)
    return build_model({**cfg, **changes}).eval()


IMGS = torch.randn(2, 3, 3, 2, 4, 4)  # two clips of three views of two frames
LABEL = torch.tensor([[0], [1]])


@pytest.mark.parametrize(("how", "rows"), [(None, 6), ("score", 2), ("prob", 2)])
def test_views_are_averaged_as_asked(how: str | None, rows: int) -> None:
    """Each clip's three views become one row, or stay three."""
    scores = recognizer(test_cfg=dict(average_clips=how))(IMGS, return_loss=False)

    assert isinstance(scores, np.ndarray)
    assert scores.shape == (rows, 4)


@pytest.mark.parametrize("pathways", [1, 2])
def test_views_can_come_a_few_at_a_time(pathways: int) -> None:
    """`max_testing_views` bounds the memory and changes no feature, of several clips too."""
    backbone = dict(type=Means, pathways=pathways)
    features = [
        recognizer(backbone=backbone, test_cfg={"feature_extraction": True, **some})
        for some in ({}, {"max_testing_views": 4})
    ]

    whole, parts = (model(IMGS, return_loss=False) for model in features)

    assert features[1].backbone.seen == [4, 2]
    assert np.array_equal(whole, parts)
    assert np.allclose(whole[:, :3], IMGS.mean((1, 3, 4, 5)), atol=1e-6)
    assert whole.shape == (2, 3 * pathways)


def test_features_need_no_head() -> None:
    """`cls_head=None` with feature_extraction, as in upstream's configs for it."""
    model = recognizer(cls_head=None, test_cfg=dict(feature_extraction=True))

    assert model(IMGS, return_loss=False).shape == (2, 3)


def test_several_views_have_no_place_in_training() -> None:
    """Six scores for two labels are refused, and not paired up somehow."""
    with pytest.raises(ValueError, match="6 scores for 2 labels"):
        recognizer()(IMGS, LABEL)


def test_the_loss_gets_what_aux_info_names() -> None:
    """And a loss may give a dict, and a list of losses, whose means are summed."""
    head = dict(
        type="I3DHead", num_classes=4, in_channels=3, loss_cls=dict(type=Weighted)
    )
    model = recognizer(cls_head=head, train_cfg=dict(aux_info=["weight"]))
    batch = dict(imgs=IMGS[:, :1], label=LABEL, img_metas=[{}, {}])

    with pytest.raises(ConfigError, match="the batch has no weight"):
        model.train_step(batch)
    outputs = model.train_step({**batch, "weight": torch.tensor([1.0, 1.0])})

    logged = outputs["log_vars"]
    assert set(logged) == {"loss", "loss_cls", "mean_weight", "top1_acc", "top5_acc"}
    scores = model.forward_scores(IMGS[:, :1])[0]
    expected = 2 * nn.functional.cross_entropy(scores, LABEL.squeeze())
    assert torch.isclose(outputs["loss"], expected)


@pytest.mark.parametrize("name", ["MixupBlending", "CutmixBlending"])
def test_a_blended_batch_trains_with_soft_labels(name: str) -> None:
    """So there is a loss, and no accuracy."""
    model = recognizer(train_cfg=dict(blending=dict(type=name, num_classes=4)))

    losses = model(IMGS[:, :1], LABEL)

    assert list(losses) == ["loss_cls"]


FRAMES = IMGS[:, :, :, 0]
"""Clips for a 2-D recognizer."""


@pytest.mark.parametrize("return_loss", [True, False])
@pytest.mark.parametrize(
    ("kind", "head", "imgs", "message"),
    [
        (
            "Recognizer2D",
            "TSNHead",
            IMGS,
            "Recognizer2D takes imgs of (N, M, C, H, W), and got those of shape (2, 3, 3, 2, 4, 4)\n"
            "hint: let the pipeline have FormatShape(input_format='NCHW')",
        ),
        (
            "Recognizer3D",
            "I3DHead",
            FRAMES,
            "Recognizer3D takes imgs of (N, M, C, T, H, W), and got those of shape (2, 3, 3, 4, 4)\n"
            "hint: let the pipeline have FormatShape(input_format='NCTHW')",
        ),
        (
            "Recognizer3D",
            "TSMHead",
            IMGS,
            "TSMHead.forward takes x, num_segs, and Recognizer3D gives it x alone\nhint: TSMHead is for Recognizer2D",
        ),
        (
            "Recognizer2D",
            Flat,
            FRAMES,
            "Flat.forward takes x, and Recognizer2D gives it x and num_segs\nhint: Flat is for Recognizer3D",
        ),
        (
            "Recognizer2D",
            "I3DHead",
            FRAMES,
            "I3DHead takes (N, C, T, H, W) features of clips, and got those of shape (6, 3, 1, 1)\n"
            "hint: I3DHead is for Recognizer3D; TSNHead and TSMHead are for Recognizer2D",
        ),
    ],
    ids=["clips in 2-D", "frames in 3-D", "TSM in 3-D", "own in 2-D", "I3D in 2-D"],
)
def test_what_is_for_the_other_recognizer_is_refused_by_name(
    kind: str, head: Any, imgs: Tensor, message: str, return_loss: bool
) -> None:
    """Clips, or a head, with what each takes and got."""
    backbone = dict(type=FrameMeans if kind == "Recognizer2D" else Means)
    model = recognizer(
        type=kind,
        backbone=backbone,
        cls_head=dict(type=head, num_classes=4, in_channels=3),
    )

    with pytest.raises(ConfigError) as caught:
        model(imgs, LABEL, return_loss=return_loss)

    assert str(caught.value).endswith(message)


def test_a_type_error_of_a_heads_own_stays_what_it_is() -> None:
    """It is a bug there, and nothing of the recognizer."""
    head = dict(type=Flat, num_classes=4, in_channels=3, broken=True)

    with pytest.raises(TypeError, match="can only concatenate str"):
        recognizer(cls_head=head)(IMGS[:, :1], LABEL)
