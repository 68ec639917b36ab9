"""Mixup and cutmix: what is blended, in which part, and with upstream's random draws."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions.beta import Beta

from mmaction_min.models import CutmixBlending, MixupBlending

LABEL = torch.tensor([[0], [1], [2]])


def draw_mixup(imgs: Tensor) -> tuple[float, Tensor]:
    return float(Beta(0.2, 0.2).sample()), torch.randperm(len(imgs))


def test_mixup_mixes_clips_and_labels_in_one_part() -> None:
    """Drawn as upstream does: the part first, then who is mixed with whom."""
    imgs = torch.rand(3, 2, 3, 4, 4)
    torch.manual_seed(1)
    lam, other = draw_mixup(imgs)
    torch.manual_seed(1)

    mixed, label = MixupBlending(num_classes=3)(imgs, LABEL)

    assert torch.allclose(mixed, lam * imgs + (1 - lam) * imgs[other])
    assert torch.allclose(label, lam * torch.eye(3) + (1 - lam) * torch.eye(3)[other])


@pytest.mark.parametrize("seed", range(8))
def test_cutmix_labels_by_the_area_of_the_box(seed: int) -> None:
    """A clip is its own number of a constant colour; what is not its own colour is the other's, as much as the label says."""
    imgs = torch.arange(3.0).view(3, 1, 1, 1, 1, 1).expand(3, 1, 3, 2, 8, 6)
    torch.manual_seed(seed)
    other = torch.randperm(3)
    torch.manual_seed(seed)

    mixed, label = CutmixBlending(num_classes=3, alpha=1.0)(imgs, LABEL)

    assert torch.equal(imgs[:, 0, 0, 0, 0, 0], torch.arange(3.0))  # in its place
    for i in range(3):
        strange = mixed[i] != i
        assert (mixed[i][strange] == other[i]).all()
        part = strange.float().mean() if other[i] != i else torch.tensor(0.0)
        assert torch.allclose(1 - label[i, i], part)
        assert torch.allclose(label.sum(1), torch.ones(3))


def test_labels_may_be_soft_already() -> None:
    """(N, 1, K) as a data set of several classes gives them."""
    soft = torch.full((3, 1, 4), 0.25)

    _, label = MixupBlending(num_classes=4)(torch.rand(3, 2, 3, 4, 4), soft)

    assert torch.allclose(label, soft[:, 0])
