"""SSNLoss: of what a proposal shows, of whether it shows all of it, and of where its boundaries are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError
from ...localization import proposals_per_video, ssn_cfg
from ..builder import LOSSES, build_loss
from .ohem_hinge_loss import num_hard, ohem_hinge_loss

POSITIVE, INCOMPLETE, BACKGROUND = 0, 1, 2
WEIGHTS = {"comp_loss_weight": -math.inf, "reg_loss_weight": -math.inf}


@LOSSES.register_module()
class SSNLoss(nn.Module):
    """The three losses of SSN (arXiv 1704.06228, section 4.3; mmaction/models/losses/ssn_loss.py).

    P proposals are those of all videos, of each the positive ones first, then the incomplete, then the background.

    Args:
        loss_cls: the config of a loss of (P, K + 1) scores and (P,) classes; cross entropy by default. Upstream has no choice.
        loss_reg: the config of a loss of two (P, 2); smooth L1 by default.
    """

    def __init__(
        self,
        loss_cls: Mapping[str, Any] | None = None,
        loss_reg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.loss_cls: Any = build_loss(loss_cls) if loss_cls else F.cross_entropy
        self.loss_reg: Any = build_loss(loss_reg) if loss_reg else F.smooth_l1_loss

    def activity_loss(
        self, activity_score: Tensor, labels: Tensor, activity_indexer: Tensor
    ) -> Tensor:
        """The cross entropy of the class, where 0 is the background.

        Args:
            activity_score: (P, K + 1).
            labels: (P,), 0..K.
            activity_indexer: which of P count: a mask, or their numbers.
        """
        loss: Tensor = self.loss_cls(
            activity_score[activity_indexer], labels[activity_indexer]
        )
        return loss

    @staticmethod
    def completeness_loss(
        completeness_score: Tensor,
        labels: Tensor,
        completeness_indexer: Tensor,
        positive_per_video: int,
        incomplete_per_video: int,
        ohem_ratio: float = 0.17,
    ) -> Tensor:
        """The mean hinge loss of the class's completeness, over all positive proposals and the hardest incomplete ones.

        Args:
            completeness_score: (P, K).
            labels: (P,), 1..K.
            completeness_indexer: which of P are positive or incomplete.
            positive_per_video: of each video, the first of these.
            incomplete_per_video: the rest.
            ohem_ratio: which part of the incomplete ones counts.

        Raises:
            ConfigError: another number of them is there.
        """
        sizes = [positive_per_video, incomplete_per_video]
        pred = completeness_score[completeness_indexer]
        if len(pred) % sum(sizes):
            raise ConfigError(
                f"there are {len(pred)} positive and incomplete proposals, and {sizes[0]} + {sizes[1]} of each video should be",
                "model.train_cfg.ssn.sampler",
                "make it equal to that of data.train.train_cfg",
            )
        pred = pred.view(-1, sum(sizes), pred.shape[1])  # (N, sum, K)
        gt = labels[completeness_indexer].view(-1, sum(sizes))
        positive, incomplete = (
            part.flatten(0, 1) for part in torch.split(pred, sizes, dim=1)
        )
        is_true, is_part = (part.flatten() for part in torch.split(gt, sizes, dim=1))
        loss = ohem_hinge_loss(positive, is_true, 1, 1.0, positive_per_video)
        loss = loss + ohem_hinge_loss(
            incomplete, is_part, -1, ohem_ratio, incomplete_per_video
        )
        return loss / (len(positive) + num_hard(len(incomplete), ohem_ratio))

    def classwise_regression_loss(
        self,
        bbox_pred: Tensor,
        labels: Tensor,
        bbox_targets: Tensor,
        regression_indexer: Tensor,
    ) -> Tensor:
        """Twice the smooth L1 loss of the shift and the stretch of the labelled class.

        Args:
            bbox_pred: (P, K, 2).
            labels: (P,), 1..K.
            bbox_targets: (P, 2).
            regression_indexer: which of P are positive.
        """
        pred, gt = bbox_pred[regression_indexer], labels[regression_indexer]
        pred = pred[torch.arange(len(pred), device=pred.device), gt - 1]  # (p, 2)
        loss: Tensor = self.loss_reg(pred, bbox_targets[regression_indexer])
        return 2 * loss

    def forward(
        self,
        activity_score: Tensor,
        completeness_score: Tensor,
        bbox_pred: Tensor | None,
        proposal_type: Tensor,
        labels: Tensor,
        bbox_targets: Tensor,
        train_cfg: Mapping[str, Any],
    ) -> dict[str, Tensor]:
        """The weighted losses: `loss_activity`, `loss_completeness` and, where there is a regression, `loss_reg`.

        Args:
            activity_score: (P, K + 1).
            completeness_score: (P, K).
            bbox_pred: (P, K, 2), or None.
            proposal_type: as many as P: 0 positive, 1 incomplete, 2 background.
            labels: as many as P: the class from 1, and 0 for the background.
            bbox_targets: as many as P, times 2: shift and stretch.
            train_cfg: `ssn.sampler` says how many proposals of each kind a video has, `ssn.loss_weight` the weights.
        """
        weight = ssn_cfg(train_cfg, "loss_weight", WEIGHTS)
        counts = proposals_per_video(train_cfg)
        proposal_type, labels = proposal_type.flatten(), labels.flatten()
        losses = {
            "loss_activity": self.activity_loss(
                activity_score, labels, proposal_type != INCOMPLETE
            ),
            "loss_completeness": weight["comp_loss_weight"]
            * self.completeness_loss(
                completeness_score,
                labels,
                proposal_type != BACKGROUND,
                counts.positive,
                counts.incomplete,
                counts.positive / counts.incomplete,
            ),
        }
        if bbox_pred is not None:
            losses["loss_reg"] = weight["reg_loss_weight"] * (
                self.classwise_regression_loss(
                    bbox_pred,
                    labels,
                    bbox_targets.view(-1, 2),
                    proposal_type == POSITIVE,
                )
            )
        return losses
