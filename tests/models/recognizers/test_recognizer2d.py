"""Recognizer2D: from clips to losses and scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mmaction_min.errors import ConfigError
from mmaction_min.models import BACKBONES, BaseHead, build_model
from mmaction_min.models.recognizers.base import average_clip


class Means(nn.Module):
    """Each frame's mean colour as its map; in a tuple, as the tutorial's backbone has it."""

    def __init__(self, in_tuple: bool = False) -> None:
        super().__init__()
        self.in_tuple = in_tuple

    def init_weights(self, pretrained: str | None = None) -> None:
        """Nothing to do."""

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        x = x.mean((2, 3), keepdim=True)
        return (x * 0, x) if self.in_tuple else x


def recognizer(average_clips: str | None = None, *, in_tuple: bool = False) -> Any:
    return build_model(
        dict(
            type="Recognizer2D",
            backbone=dict(type=Means, in_tuple=in_tuple),
            cls_head=dict(
                type="TSMHead",
                num_classes=4,
                in_channels=3,
                num_segments=2,
                dropout_ratio=0.0,
            ),
            train_cfg=None,
            test_cfg=dict(average_clips=average_clips),
        )
    )


IMGS = torch.randn(2, 6, 3, 4, 4)  # two clips, three crops of two segments


def test_training_gives_losses_for_the_runner() -> None:
    """`loss` sums what has "loss" in its name; all numbers stay tensors."""
    batch = dict(imgs=IMGS[:, :2], label=torch.tensor([[0], [1]]), img_metas=[{}, {}])

    outputs = recognizer().train_step(batch, None)

    assert outputs["num_samples"] == 2
    assert set(outputs["log_vars"]) == {"loss", "loss_cls", "top1_acc", "top5_acc"}
    assert (
        outputs["loss"].requires_grad and not outputs["log_vars"]["loss"].requires_grad
    )
    assert outputs["log_vars"]["loss"] == outputs["log_vars"]["loss_cls"]


def test_a_backbone_may_return_a_tuple() -> None:
    """The last map is the one that the head sees."""
    model = recognizer("score")
    other = recognizer("score", in_tuple=True)
    other.load_state_dict(model.state_dict())

    assert np.array_equal(
        model(IMGS, return_loss=False), other(IMGS, return_loss=False)
    )


@pytest.mark.parametrize(("how", "rows"), [(None, 6), ("score", 2), ("prob", 2)])
def test_crops_are_averaged_as_asked(how: str | None, rows: int) -> None:
    """Each clip's three crops become one row, or stay three."""
    scores = recognizer(how)(IMGS, return_loss=False)

    assert isinstance(scores, np.ndarray)
    assert scores.shape == (rows, 4)


def test_the_mean_of_probabilities_is_not_that_of_scores() -> None:
    """'prob' is after the softmax."""
    score = torch.tensor([[0.0, 2.0], [4.0, 0.0]])

    assert average_clip(score, 2, "score").tolist() == [[2.0, 1.0]]
    assert torch.allclose(
        average_clip(score, 2, "prob"), score.softmax(1).mean(0, keepdim=True)
    )


def test_a_loss_needs_a_label() -> None:
    """The message says how to get scores instead."""
    with pytest.raises(ValueError, match="return_loss=False"):
        recognizer()(IMGS)


def test_a_step_names_what_the_pipeline_did_not_collect() -> None:
    """Clips or labels that are missing in a batch, with the place to mend."""
    with pytest.raises(ConfigError, match="no imgs and no label") as caught:
        recognizer().train_step({})

    assert caught.value.where == "data.train.pipeline"


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (dict(test_cfg=dict(average_clips="mean")), "'mean' is unknown"),
        (
            dict(train_cfg=dict(blending=dict(type="Mixup"))),
            "Mixup.* is not in the blending registry",
        ),
        (dict(train_cfg=dict(blend=1)), "no blend.*\n.*did you mean blending"),
        (dict(test_cfg=dict(fcn_test=True)), "no fcn_test"),
        (dict(cls_head=None), "no feature_extraction is asked for"),
        (dict(backbone=dict(type="Resnet", depth=18)), "did you mean ResNet"),
    ],
)
def test_a_wrong_config_is_refused(part: dict[str, Any], message: str) -> None:
    """What is not known is named, and not ignored."""
    cfg = dict(
        type="Recognizer2D",
        backbone=dict(type=Means),
        cls_head=dict(type="TSNHead", num_classes=4, in_channels=3),
    )

    with pytest.raises((ConfigError, KeyError), match=message):
        build_model({**cfg, **part})


def test_registries_are_apart() -> None:
    """A head is no backbone, whatever upstream's single table says."""
    assert "TSNHead" not in BACKBONES


class Between(nn.Module):
    """A neck that halves the frames; told to, it gives a loss beside the maps as upstream's TPN does."""

    def __init__(self, with_loss: bool = False) -> None:
        super().__init__()
        self.with_loss = with_loss
        self.seen: list[Any] = []

    def init_weights(self) -> None:
        """Nothing to do."""

    def forward(self, x: Any, target: Tensor | None = None) -> Any:
        self.seen.append((x, target))
        x = (x[-1] if isinstance(x, tuple) else x)[:, :, ::2]
        return (x, {"loss_aux": x.new_tensor(2.0)}) if self.with_loss else x


def with_neck(*, in_tuple: bool = False, with_loss: bool = False) -> Any:
    return build_model(
        dict(
            type="Recognizer2D",
            backbone=dict(type=Means, in_tuple=in_tuple),
            neck=dict(type=Between, with_loss=with_loss),
            cls_head=dict(type="TSNHead", num_classes=4, in_channels=3),
        )
    ).eval()


@pytest.mark.parametrize("in_tuple", [False, True])
def test_a_neck_sees_the_frames_of_a_clip_together(in_tuple: bool) -> None:
    """(N, C, M, H, W) maps, of each stage if there are several; the head gets the frames that it leaves."""
    model = with_neck(in_tuple=in_tuple)

    score = model(IMGS, return_loss=False)

    x, target = model.neck.seen[0]
    maps = x[-1] if in_tuple else x
    assert isinstance(x, tuple) == in_tuple
    assert target is None
    assert maps.shape == (2, 3, 6, 1, 1)
    assert torch.equal(maps[1, :, 4, 0, 0], IMGS[1, 4].mean((1, 2)))
    left = IMGS[:, ::2].mean((1, 3, 4))
    assert np.allclose(score, model.cls_head.fc_cls(left).detach(), atol=1e-6)


def test_the_losses_of_a_neck_join_those_of_the_head() -> None:
    """The neck sees the labels, and what it gives is logged and part of the loss."""
    model = with_neck(with_loss=True)
    label = torch.tensor([0, 1])

    outputs = model.train_step(dict(imgs=IMGS, label=label))

    logged = outputs["log_vars"]
    assert torch.equal(model.neck.seen[0][1], label)
    assert logged["loss_aux"] == 2
    assert torch.isclose(outputs["loss"], logged["loss_cls"] + 2)


class Own(BaseHead):
    """A head of one's own, with a bug in what it gives."""

    def __init__(self, give: Callable[[Tensor], object], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.give = give
        self.fc_cls = nn.Linear(self.in_channels, self.num_classes)

    def init_weights(self) -> None:
        """Nothing to do."""

    def forward(self, x: Tensor, num_segs: int) -> Any:
        return self.give(self.fc_cls(x.mean(dim=(2, 3))))


@pytest.mark.parametrize("return_loss", [True, False])
@pytest.mark.parametrize(
    ("give", "gave"),
    [
        (lambda score: None, "gave None, and not (N, num_classes) scores"),
        (torch.mean, "gave a tensor of shape (), and not"),
        (lambda score: score[0], "gave a tensor of shape (4,), and not"),
        (lambda score: score[:2, :3], "gave a tensor of shape (2, 3), and not"),
        (lambda score: [score], "gave a list, and not"),
    ],
    ids=["None", "a number", "a row", "other classes", "a list"],
)
def test_a_head_that_gives_no_scores_is_named(
    give: Callable[[Tensor], object], gave: str, return_loss: bool
) -> None:
    """With its forward, what that gave, and what it should."""
    head = dict(type=Own, give=give, num_classes=4, in_channels=3)
    model = build_model(
        dict(type="Recognizer2D", backbone=dict(type=Means), cls_head=head)
    )

    with pytest.raises(ConfigError) as caught:
        model(IMGS[:, :2], torch.tensor([0, 1]), return_loss=return_loss)

    assert caught.value.what.startswith(f"Own.forward {gave}")
    assert caught.value.where == "model.cls_head"


def test_scores_of_segments_are_no_scores_of_clips() -> None:
    """The head may have left out the mean, or the pipeline gives more frames than the model takes."""
    head = dict(type=Own, give=lambda score: score, num_classes=4, in_channels=3)
    model = build_model(
        dict(type="Recognizer2D", backbone=dict(type=Means), cls_head=head)
    )

    with pytest.raises(ConfigError, match="gave 4 scores for 2 labels") as caught:
        model(IMGS[:, :2], torch.tensor([0, 1]))

    assert "averages over num_segs" in caught.value.hint
    assert "pipeline" in caught.value.hint
