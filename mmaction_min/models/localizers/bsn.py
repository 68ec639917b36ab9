"""TEM and PEM, the two networks of BSN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...argument_types import Positive
from ...localization import post_processing
from ..builder import LOCALIZERS, build_loss
from .base import (
    BaseTAPGenerator,
    boundary_labels,
    check_channels,
    check_length,
    overlaps,
)


@LOCALIZERS.register_module()
class TEM(BaseTAPGenerator):
    """Temporal evaluation module of BSN (arXiv 1806.02964, section 3.3; mmaction/models/localizers/bsn.py).

    Args:
        temporal_dim: T, the number of features of a video.
        boundary_ratio: how long the region around a boundary is, as a part of its segment.
        tem_feat_dim: the channels of the features.
        tem_hidden_dim: the channels inside.
        tem_match_threshold: a place is positive where its label is above this.
        loss_cls: the config of the loss, called as `BinaryLogisticRegressionLoss` is.
        loss_weight: of the loss of the action; the two others have 1.
        output_dim: outputs of the last layer; the first three are used.
        conv1_ratio: the first layer's output is multiplied by it.
        conv2_ratio: the same of the second.
        conv3_ratio: the same of the third.
    """

    def __init__(
        self,
        temporal_dim: Positive,
        boundary_ratio: float,
        tem_feat_dim: Positive,
        tem_hidden_dim: Positive,
        tem_match_threshold: float,
        loss_cls: Mapping[str, Any] | None = None,
        loss_weight: float = 2,
        output_dim: Positive = 3,
        conv1_ratio: float = 1,
        conv2_ratio: float = 1,
        conv3_ratio: float = 0.01,
    ) -> None:
        super().__init__()
        self.temporal_dim = temporal_dim
        self.boundary_ratio = boundary_ratio
        self.match_threshold = tem_match_threshold
        self.loss_cls = build_loss(loss_cls or {"type": "BinaryLogisticRegressionLoss"})
        self.loss_weight = loss_weight
        self.ratios = (conv1_ratio, conv2_ratio, conv3_ratio)
        self.conv1 = nn.Conv1d(tem_feat_dim, tem_hidden_dim, 3, padding=1)
        self.conv2 = nn.Conv1d(tem_hidden_dim, tem_hidden_dim, 3, padding=1)
        self.conv3 = nn.Conv1d(tem_hidden_dim, output_dim, 1)

    def forward_scores(self, raw_feature: Tensor) -> Tensor:
        """(N, output_dim, T) scores in 0..1, action, start and end first, of (N, tem_feat_dim, T) features."""
        check_length(raw_feature, self.temporal_dim)
        check_channels(raw_feature.shape[1], self.conv1.in_channels, "tem_feat_dim")
        first, second, third = self.ratios
        x = F.relu(first * self.conv1(raw_feature))
        x = F.relu(second * self.conv2(x))
        return torch.sigmoid(third * self.conv3(x))

    def forward(
        self,
        raw_feature: Tensor,
        gt_bbox: Sequence[Tensor] | None = None,
        video_meta: Sequence[Mapping[str, Any]] | None = None,
        return_loss: bool = True,
    ) -> dict[str, Tensor] | list[tuple[str, np.ndarray]]:
        """Losses for training, scores for testing.

        Args:
            raw_feature: (N, tem_feat_dim, T).
            gt_bbox: N of (n, 2): the segments as parts of the video. A video may have none.
            video_meta: N dicts with `video_name`; needed in a test.
            return_loss: which of the two.

        Returns:
            `loss_action`, `loss_start` and `loss_end`; or for each video its name and (T, 5): action, start, end, and the times
            tmin and tmax of each place as parts of the video.

        Raises:
            ValueError: losses without segments, or scores without names.
        """
        if not return_loss:
            if video_meta is None:
                raise ValueError("the scores need video_meta")
            return self.forward_test(raw_feature, video_meta)
        if gt_bbox is None:
            raise ValueError("the loss needs gt_bbox; for scores say return_loss=False")
        labels = self.generate_labels(gt_bbox)
        scores = self.forward_scores(raw_feature)
        losses = [
            self.loss_cls(scores[:, row], label, self.match_threshold)
            for row, label in enumerate(labels)
        ]
        return {
            "loss_action": losses[0] * self.loss_weight,
            "loss_start": losses[1],
            "loss_end": losses[2],
        }

    def forward_test(
        self, raw_feature: Tensor, video_meta: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, np.ndarray]]:
        """See `forward`."""
        with torch.no_grad():
            scores = self.forward_scores(raw_feature)[:, :3].float().cpu().numpy()
        times = np.arange(self.temporal_dim + 1) * (1.0 / self.temporal_dim)
        return [
            (meta["video_name"], np.column_stack([*rows, times[:-1], times[1:]]))
            for rows, meta in zip(scores, video_meta, strict=True)
        ]

    def generate_labels(
        self, gt_bbox: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """How far each place lies in an action, and in the regions of a start and an end; (N, T) each, float32."""
        gap = 1.0 / self.temporal_dim
        tmin = gap * torch.arange(
            self.temporal_dim, dtype=torch.float64, device=gt_bbox[0].device
        )
        actions = [overlaps(tmin, tmin + gap, boxes).float() for boxes in gt_bbox]
        starts, ends = boundary_labels(
            tmin,
            tmin + gap,
            gt_bbox,
            lambda lengths: (self.boundary_ratio * lengths).clamp(min=gap),
        )
        return torch.stack(actions), starts, ends


@LOCALIZERS.register_module()
class PEM(BaseTAPGenerator):
    """Proposal evaluation module of BSN (arXiv 1806.02964, section 3.5; mmaction/models/localizers/bsn.py).

    Args:
        pem_feat_dim: the length of a proposal's feature.
        pem_hidden_dim: the channels inside.
        pem_u_ratio_m: how many proposals of middle IoU are used, for each one of high IoU.
        pem_u_ratio_l: the same for low IoU.
        pem_high_temporal_iou_threshold: a high IoU is above it.
        pem_low_temporal_iou_threshold: a low IoU is not above it.
        soft_nms_alpha: see `soft_nms`, as the next two.
        soft_nms_low_threshold: as above.
        soft_nms_high_threshold: as above.
        post_process_top_k: how many proposals of a video are kept.
        feature_extraction_interval: frames of one feature.
        fc1_ratio: the first layer's output is multiplied by it.
        fc2_ratio: the same of the second.
        output_dim: outputs of a proposal.
        upstream_compat: the mean of the loss over all proposals, as upstream takes it before it weights them, so that the
            weights cancel; for going on with a training that was begun there.
    """

    def __init__(
        self,
        pem_feat_dim: Positive,
        pem_hidden_dim: Positive,
        pem_u_ratio_m: float,
        pem_u_ratio_l: float,
        pem_high_temporal_iou_threshold: float,
        pem_low_temporal_iou_threshold: float,
        soft_nms_alpha: float,
        soft_nms_low_threshold: float,
        soft_nms_high_threshold: float,
        post_process_top_k: Positive,
        feature_extraction_interval: Positive = 16,
        fc1_ratio: float = 0.1,
        fc2_ratio: float = 0.1,
        output_dim: Positive = 1,
        *,
        upstream_compat: bool = False,
    ) -> None:
        super().__init__()
        self.u_ratios = (pem_u_ratio_m, pem_u_ratio_l)
        self.high = pem_high_temporal_iou_threshold
        self.low = pem_low_temporal_iou_threshold
        self.post = (
            soft_nms_alpha,
            soft_nms_low_threshold,
            soft_nms_high_threshold,
            post_process_top_k,
            feature_extraction_interval,
        )
        self.ratios = (fc1_ratio, fc2_ratio)
        self.upstream_compat = upstream_compat
        self.fc1 = nn.Linear(pem_feat_dim, pem_hidden_dim)
        self.fc2 = nn.Linear(pem_hidden_dim, output_dim)

    def forward_scores(self, feature: Tensor) -> Tensor:
        """(P,) scores in 0..1 of (P, pem_feat_dim) features of proposals."""
        check_channels(feature.shape[1], self.fc1.in_features, "pem_feat_dim")
        first, second = self.ratios
        x = F.relu(first * self.fc1(feature))
        return torch.sigmoid(second * self.fc2(x)).flatten()

    def forward(
        self,
        bsp_feature: Sequence[Tensor] | Tensor,
        reference_temporal_iou: Sequence[Tensor] | Tensor | None = None,
        tmin: Sequence[Tensor] | Tensor | None = None,
        tmax: Sequence[Tensor] | Tensor | None = None,
        tmin_score: Sequence[Tensor] | Tensor | None = None,
        tmax_score: Sequence[Tensor] | Tensor | None = None,
        video_meta: Sequence[Mapping[str, Any]] | None = None,
        return_loss: bool = True,
    ) -> dict[str, Tensor] | list[dict[str, Any]]:
        """Losses for training, proposals for testing; each argument has one entry for each of N videos.

        Args:
            bsp_feature: N of (p, pem_feat_dim): the features of a video's proposals.
            reference_temporal_iou: N of (p,), what is to be predicted.
            tmin: N of (p,), starts as parts of the video.
            tmax: N of (p,), ends.
            tmin_score: N of (p,), TEM's scores of the starts.
            tmax_score: N of (p,), of the ends.
            video_meta: N dicts with `video_name`, `duration_frame` and `duration_second`.
            return_loss: which of the two.

        Returns:
            `{"temporal_iou_loss": ...}`; or what `BMN.forward` gives in a test.

        Raises:
            ValueError: something that is needed is not given.
        """
        if return_loss:
            if reference_temporal_iou is None:
                raise ValueError("the loss needs reference_temporal_iou")
            scores = self.forward_scores(torch.cat(list(bsp_feature)))
            return self.loss(scores, torch.cat(list(reference_temporal_iou)))
        if (
            tmin is None
            or tmax is None
            or tmin_score is None
            or tmax_score is None
            or video_meta is None
        ):
            raise ValueError(
                "proposals need tmin, tmax, tmin_score, tmax_score and video_meta"
            )
        videos = zip(
            *(bsp_feature, tmin, tmax, tmin_score, tmax_score, video_meta), strict=True
        )
        return [self._proposals(*video) for video in videos]

    def _proposals(
        self,
        feature: Tensor,
        tmin: Tensor,
        tmax: Tensor,
        tmin_score: Tensor,
        tmax_score: Tensor,
        meta: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The proposals of one video."""
        with torch.no_grad():
            score = self.forward_scores(feature) * tmin_score * tmax_score
        rows = torch.stack([tmin, tmax, score.to(tmin)], dim=1)
        proposals = post_processing(rows.cpu().numpy(), meta, *self.post)
        return {"video_name": meta["video_name"], "proposal_list": proposals}

    def loss(self, scores: Tensor, iou: Tensor) -> dict[str, Tensor]:
        """Smooth L1 of the predicted IoU, over the proposals of high IoU and a random choice of the others.

        Args:
            scores: (P,).
            iou: (P,).
        """
        high, low = iou > self.high, iou <= self.low
        weights = high.to(scores.dtype)
        for kind, ratio in zip((~high & ~low, low), self.u_ratios, strict=True):
            share = (ratio * high.sum() / kind.sum().clamp(min=1)).clamp(max=1)
            drawn = torch.rand(len(iou), device=iou.device)
            weights = weights + (kind * drawn > 1 - share)
        losses = F.smooth_l1_loss(scores, iou, reduction="none")
        if self.upstream_compat:
            return {"temporal_iou_loss": losses.mean()}
        # Upstream's is a mean before it is weighted, so that which proposals are hard has no effect.
        loss = (losses * weights).sum() / weights.sum().clamp(min=1)
        return {"temporal_iou_loss": loss}
