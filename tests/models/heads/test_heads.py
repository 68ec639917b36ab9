"""TSNHead, TSMHead and BaseHead: scores, losses, accuracies."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmaction_min.errors import ConfigError
from mmaction_min.models import I3DHead, TSMHead, TSNHead, build_head


@pytest.mark.parametrize("name", ["TSNHead", "TSMHead"])
def test_a_head_gives_a_row_of_scores_for_each_clip(name: str) -> None:
    """(N * segments, C, H, W) -> (N, K), with start values of the standard deviation asked for."""
    head = build_head(
        dict(type=name, num_classes=5, in_channels=64, init_std=0.5)
    ).eval()
    head.init_weights()

    score = head(torch.randn(2 * 8, 64, 3, 3), 8)

    assert score.shape == (2, 5)
    assert float(head.fc_cls.weight.detach().std()) == pytest.approx(0.5, rel=0.2)
    assert head.fc_cls.bias.abs().max() == 0
    assert set(head.state_dict()) == {"fc_cls.weight", "fc_cls.bias"}


def test_tsn_and_tsm_average_to_the_same_without_dropout() -> None:
    """Mean before or after a linear layer is the same; TSM keeps the crops of a clip apart."""
    torch.manual_seed(0)
    tsn, tsm = TSNHead(3, 4).eval(), TSMHead(3, 4, num_segments=8).eval()
    tsm.load_state_dict(tsn.state_dict())
    x = torch.randn(2 * 8, 4, 2, 2)

    assert torch.allclose(tsn(x, 8), tsm(x, 8), atol=1e-6)
    assert torch.allclose(tsm(x, 16), tsm(x, 8))


def test_dropout_acts_in_training_alone() -> None:
    """Two passes differ in training and are equal in evaluation."""
    head = TSNHead(3, 64, dropout_ratio=0.5)
    x = torch.randn(8, 64, 1, 1)

    assert not torch.equal(head(x, 8), head(x, 8))
    head.eval()
    assert torch.equal(head(x, 8), head(x, 8))


SCORE = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])


def test_the_loss_comes_with_accuracies() -> None:
    """The first sample is right at once, the second within two."""
    head = TSNHead(3, 4, topk=(1, 2, 5))

    losses = head.loss(SCORE, torch.tensor([0, 1]))

    assert {name: float(value) for name, value in losses.items() if "acc" in name} == {
        "top1_acc": 0.5,
        "top2_acc": 1.0,
        "top5_acc": 1.0,
    }
    assert torch.equal(losses["loss_cls"], F.cross_entropy(SCORE, torch.tensor([0, 1])))


def test_soft_labels_have_no_accuracy() -> None:
    """(N, K) probabilities give the loss alone."""
    losses = TSNHead(3, 4).loss(SCORE, torch.eye(3)[[0, 1]])

    assert list(losses) == ["loss_cls"]
    assert torch.allclose(
        losses["loss_cls"], F.cross_entropy(SCORE, torch.tensor([0, 1]))
    )


def test_one_sample_may_come_without_its_dimension() -> None:
    """A label of no dimensions is a batch of one."""
    losses = TSNHead(3, 4, topk=1).loss(SCORE[:1], torch.tensor(0))

    assert losses["top1_acc"] == 1


def test_label_smoothing_moves_labels_towards_the_uniform_distribution() -> None:
    """As torch's cross entropy does it."""
    labels = torch.tensor([0, 1])

    losses = TSNHead(3, 4, label_smooth_eps=0.3).loss(SCORE, labels)

    assert torch.allclose(
        losses["loss_cls"], nn.CrossEntropyLoss(label_smoothing=0.3)(SCORE, labels)
    )


def test_i3d_averages_time_and_space() -> None:
    """(N, C, T, H, W) -> (N, K); features that come flat are taken as they are."""
    head = I3DHead(3, 4).eval()
    flat = I3DHead(3, 4, spatial_type=None).eval()
    flat.load_state_dict(head.state_dict())
    x = torch.randn(2, 4, 2, 3, 3)

    assert torch.allclose(head(x), flat(x.mean((2, 3, 4))))
    assert set(head.state_dict()) == {"fc_cls.weight", "fc_cls.bias"}


def test_flat_features_need_no_map() -> None:
    """`spatial_type=None` of the two heads on frames."""
    x = torch.randn(16, 4)

    assert TSNHead(3, 4, spatial_type=None)(x, 8).shape == (2, 3)
    assert TSMHead(3, 4, spatial_type=None)(x, 8).shape == (2, 3)


def test_tsm_counts_the_segments_that_pooling_left() -> None:
    """Half of them, if the backbone shifts."""
    x = torch.randn(8, 4, 2, 2)

    assert TSMHead(3, 4, temporal_pool=True)(x, 16).shape == (2, 3)
    assert TSMHead(3, 4, temporal_pool=True, is_shift=False)(x, 8).shape == (1, 3)


@pytest.mark.parametrize(
    "label", [torch.tensor([0.0, 1.0, 1.0]), torch.tensor([[[0.0, 1.0, 1.0]]])]
)
def test_several_classes_may_come_in_upstreams_shapes(label: torch.Tensor) -> None:
    """(K,) of a single sample, and (N, 1, K)."""
    head = TSNHead(3, 4, loss_cls=dict(type="BCELossWithLogits"), multi_class=True)

    losses = head.loss(SCORE[:1], label)

    expected = F.binary_cross_entropy_with_logits(SCORE[0], label.flatten())
    assert list(losses) == ["loss_cls"]
    assert torch.isclose(losses["loss_cls"], expected)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (dict(topk=[1, 0]), "cls_head.topk: 0 is below 1"),
        (dict(spatial_type="max"), "no 'max'"),
        (dict(consensus=dict(type="MaxConsensus")), "no .*MaxConsensus"),
    ],
)
def test_what_no_head_does_is_refused(args: dict[str, object], message: str) -> None:
    """With its place in the config."""
    with pytest.raises(ConfigError, match=message):
        build_head(dict(type="TSNHead", num_classes=3, in_channels=4, **args))
