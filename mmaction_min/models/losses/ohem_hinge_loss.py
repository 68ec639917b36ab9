"""OHEMHingeLoss: a hinge at the score of the labelled class, of the hardest examples alone."""

from __future__ import annotations

from torch import Tensor


def ohem_hinge_loss(
    pred: Tensor, labels: Tensor, is_positive: int, ohem_ratio: float, group_size: int
) -> Tensor:
    """The sum of the hinge losses of the hardest examples of each group (SSN, arXiv 1704.06228, section 4.3).

    Source: mmaction/models/losses/ohem_hinge_loss.py, whose gradient is written by hand.

    Args:
        pred: (N * group_size, K) scores, group after group.
        labels: (N * group_size,) classes, from 1.
        is_positive: 1 where scores should be above 1, -1 where they should be below -1.
        ohem_ratio: which part of a group counts.
        group_size: examples of a video.

    Returns:
        A tensor without dimensions (upstream: of one number).

    Raises:
        ValueError: not as many labels as scores.
    """
    if len(pred) != len(labels):
        raise ValueError(f"there are {len(pred)} scores and {len(labels)} labels")
    score = pred.gather(1, labels[:, None] - 1)
    losses = (1 - is_positive * score).relu().view(-1, group_size)
    return losses.topk(num_hard(group_size, ohem_ratio), dim=1).values.sum()


def num_hard(count: int, ohem_ratio: float) -> int:
    """How many of so many examples are a part of them: 1 of 49 for 1 / 49, where upstream's rounding gives 0."""
    return int(count * ohem_ratio + 1e-6)


class OHEMHingeLoss:
    """`ohem_hinge_loss` under upstream's name: `OHEMHingeLoss.apply(pred, labels, is_positive, ohem_ratio, group_size)`."""

    apply = staticmethod(ohem_hinge_loss)
