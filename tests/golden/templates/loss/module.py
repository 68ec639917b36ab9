"""MyLoss and `my_loss`: how far a prediction is from its target."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..builder import LOSSES

REDUCTIONS = ("mean", "sum", "none")


def my_loss(
    pred: Tensor,
    target: Tensor,
    reduction: str = "mean",
) -> Tensor:
    """The squared difference; of class scores, the difference to 1 for the class and 0 for the others.

    Args:
        pred: (N, K) class scores, or values of any shape.
        target: (N,) class numbers, or what `pred` should be, in its shape: values, or soft labels.
        reduction: 'mean' or 'sum' over all entries, or 'none'.

    Returns:
        One number without dimensions; for 'none' one for each entry of `pred`.

    Raises:
        ValueError: the shapes do not go together, there is nothing to compare, or the reduction is unknown.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction is one of {REDUCTIONS}, not {reduction!r}")
    target = _in_shape_of(pred, target)
    # TODO: your idea goes here.
    loss = (pred - target) ** 2
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()


def _in_shape_of(pred: Tensor, target: Tensor) -> Tensor:
    is_class_number = not (target.is_floating_point() or target.is_complex())
    if pred.ndim == 2 and target.shape == pred.shape[:1] and is_class_number:
        target = F.one_hot(target.long(), pred.shape[1])  # (N, K)
    if target.shape != pred.shape or pred.numel() == 0:
        found = f"{tuple(pred.shape)} and the target {tuple(target.shape)}"
        wanted = "two of one shape, not empty, or (N, K) scores and (N,) integers"
        raise ValueError(
            f"the prediction is {found} of {target.dtype}: give {wanted}",
        )
    return target.to(pred.dtype)


@LOSSES.register_module()
class MyLoss(nn.Module):
    """`my_loss` as a module: `loss_cls=dict(type="MyLoss")` of a head, or a regression loss.

    Args:
        loss_weight: the loss is multiplied by it.
        reduction: 'mean' or 'sum' over all entries, or 'none'.

    Raises:
        ValueError: the reduction is unknown.
    """

    def __init__(
        self,
        loss_weight: float = 1.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction is one of {REDUCTIONS}, not {reduction!r}")
        self.loss_weight = loss_weight
        self.reduction = reduction

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        """The weighted loss; see `my_loss` for the shapes."""
        return self.loss_weight * my_loss(
            pred,
            target,
            reduction=self.reduction,
        )
