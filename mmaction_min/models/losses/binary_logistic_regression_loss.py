"""BinaryLogisticRegressionLoss: the balanced cross entropy of BSN and BMN."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..builder import LOSSES

RATIOS = (1.05, 21)
"""The least and the largest ratio of all entries to the positive ones."""


def binary_logistic_regression_loss(
    reg_score: Tensor,
    label: Tensor,
    threshold: float = 0.5,
    ratio_range: tuple[float, float] = RATIOS,
    eps: float = 1e-5,
) -> Tensor:
    """Cross entropy in which positive and negative entries count the same in sum (BSN, arXiv 1806.02964, eq. 6).

    Source: mmaction/models/losses/binary_logistic_regression_loss.py.

    Args:
        reg_score: scores in 0..1, of any shape.
        label: as many overlaps in 0..1.
        threshold: an entry is positive if its label is above it.
        ratio_range: the ratio of all to the positive entries is kept within these.
        eps: added to the arguments of the logarithms.

    Returns:
        A tensor without dimensions.
    """
    positive = (label > threshold).flatten().to(reg_score.dtype)
    score = reg_score.flatten()
    ratio = (positive.numel() / positive.sum().clamp(min=1)).clamp(*ratio_range)
    gain = 0.5 * ratio * positive * torch.log(score + eps)
    loss = 0.5 * ratio / (ratio - 1) * (1 - positive) * torch.log(1 - score + eps)
    return -(gain + loss).mean()


@LOSSES.register_module()
class BinaryLogisticRegressionLoss(nn.Module):
    """`binary_logistic_regression_loss` as a module; TEM's loss."""

    def forward(
        self,
        reg_score: Tensor,
        label: Tensor,
        threshold: float = 0.5,
        ratio_range: tuple[float, float] = RATIOS,
        eps: float = 1e-5,
    ) -> Tensor:
        """The arguments and the result are those of `binary_logistic_regression_loss`."""
        return binary_logistic_regression_loss(
            reg_score, label, threshold, ratio_range, eps
        )
