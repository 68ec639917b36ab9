"""BMNLoss: of boundaries, and of the map of proposals."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..builder import LOSSES
from .binary_logistic_regression_loss import RATIOS, binary_logistic_regression_loss


@LOSSES.register_module()
class BMNLoss(nn.Module):
    """The three losses of BMN (arXiv 1907.09702, section 3.4; mmaction/models/losses/bmn_loss.py).

    Maps are (N, D, T): the proposal of duration d + 1 that starts at t.
    """

    @staticmethod
    def tem_loss(
        pred_start: Tensor, pred_end: Tensor, gt_start: Tensor, gt_end: Tensor
    ) -> Tensor:
        """Of the boundaries, all (N, T): predicted scores, and how far the ground truth's boundaries overlap."""
        start = binary_logistic_regression_loss(pred_start, gt_start)
        return start + binary_logistic_regression_loss(pred_end, gt_end)

    @staticmethod
    def pem_reg_loss(
        pred_score: Tensor,
        gt_iou_map: Tensor,
        mask: Tensor,
        high_temporal_iou_threshold: float = 0.7,
        low_temporal_iou_threshold: float = 0.3,
    ) -> Tensor:
        """Half the mean square of what the predicted IoU is off, over proposals of high IoU and as many of middle and of low.

        Which of the many are used is drawn at random. Without a proposal of high IoU there is none of any kind, and the loss is
        0, where upstream's is NaN; and where those of middle IoU are fewer than those of high, all of them are used, where
        upstream's ratio above 1 takes in every entry of the map.

        Args:
            pred_score: (N, D, T), in 0..1.
            gt_iou_map: (N, D, T), 0 outside the mask.
            mask: (D, T), 1 for proposals that end within the video.
            high_temporal_iou_threshold: a high IoU is above it.
            low_temporal_iou_threshold: a low IoU is not above it, but above 0.
        """
        high = gt_iou_map > high_temporal_iou_threshold
        middle = (gt_iou_map > low_temporal_iou_threshold) & ~high
        low = (gt_iou_map > 0) & ~high & ~middle & (mask > 0)
        weights = high.to(pred_score.dtype)
        count = high.sum()
        for kind in (middle, low):
            share = (count / kind.sum().clamp(min=1)).clamp(max=1)
            weights = weights + (kind * torch.rand_like(gt_iou_map) > 1 - share)
        squares = ((pred_score - gt_iou_map) * weights).square().sum()
        return 0.5 * squares / weights.sum().clamp(min=1)

    @staticmethod
    def pem_cls_loss(
        pred_score: Tensor,
        gt_iou_map: Tensor,
        mask: Tensor,
        threshold: float = 0.9,
        ratio_range: tuple[float, float] = RATIOS,
        eps: float = 1e-5,
    ) -> Tensor:
        """The balanced cross entropy of whether a proposal's IoU is above `threshold`, within the mask.

        The arguments are those of `pem_reg_loss` and of `binary_logistic_regression_loss`.
        """
        positive = (gt_iou_map > threshold).to(pred_score.dtype)
        negative = (1 - positive) * mask
        count = positive.sum().clamp(min=1)
        entries = count + negative.sum()
        ratio = (entries / count).clamp(*ratio_range)
        gain = 0.5 * ratio * torch.log(pred_score + eps) * positive
        loss = 0.5 * ratio / (ratio - 1) * torch.log(1 - pred_score + eps) * negative
        return -(gain + loss).sum() / entries

    def forward(
        self,
        pred_bm: Tensor,
        pred_start: Tensor,
        pred_end: Tensor,
        gt_iou_map: Tensor,
        gt_start: Tensor,
        gt_end: Tensor,
        bm_mask: Tensor,
        weight_tem: float = 1.0,
        weight_pem_reg: float = 10.0,
        weight_pem_cls: float = 1.0,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The weighted sum, and its three parts: `tem_loss`, `pem_reg_loss`, `pem_cls_loss`.

        Args:
            pred_bm: (N, 2, D, T) scores in 0..1: the IoU by regression, and by classification.
            pred_start: (N, T).
            pred_end: (N, T).
            gt_iou_map: (N, D, T).
            gt_start: (N, T).
            gt_end: (N, T).
            bm_mask: (D, T), 1 for proposals that end within the video.
            weight_tem: of the loss of the boundaries.
            weight_pem_reg: of the regression.
            weight_pem_cls: of the classification.
        """
        gt_iou_map = gt_iou_map * bm_mask
        reg = self.pem_reg_loss(pred_bm[:, 0], gt_iou_map, bm_mask)
        cls = self.pem_cls_loss(pred_bm[:, 1], gt_iou_map, bm_mask)
        tem = self.tem_loss(pred_start, pred_end, gt_start, gt_end)
        total = weight_tem * tem + weight_pem_reg * reg + weight_pem_cls * cls
        return total, tem, reg, cls
