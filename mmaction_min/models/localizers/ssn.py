"""SSN: what proposals show, whether they show all of it, and where it really begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ...argument_types import Positive
from ...localization import ssn_cfg
from ..backbones.external import external_features, library_of
from ..builder import LOCALIZERS, build_backbone, build_head, build_loss
from .base import BaseTAPGenerator

BATCH_SIZE = 16
"""Frames that a test computes at a time, if `test_cfg` does not say it."""


@LOCALIZERS.register_module()
class SSN(BaseTAPGenerator):
    """Structured segment networks (arXiv 1704.06228; mmaction/models/localizers/ssn.py), with upstream's parameter names.

    Args:
        backbone: its config; `torchvision.NAME` and `timm.NAME` are known too.
        cls_head: the config of the head, called as `SSNHead` is.
        in_channels: of the frames; frames of a clip may come as channels.
        spatial_type: 'avg' or 'max' over each map, of any size (upstream: of 7 x 7); None if the backbone gives no maps.
        dropout_ratio: the part of the features that is dropped in training.
        loss_cls: the config of the loss, called as `SSNLoss` is.
        train_cfg: `ssn.sampler` and `ssn.loss_weight`: see `SSNLoss`; a training needs it.
        test_cfg: `ssn.sampler.batch_size`: frames that are computed at a time.

    Raises:
        ConfigError: in a training or a test, what the two configs lack.
    """

    def __init__(
        self,
        backbone: Mapping[str, Any],
        cls_head: Mapping[str, Any],
        in_channels: Positive = 3,
        spatial_type: Literal["avg", "max"] | None = "avg",
        dropout_ratio: float = 0.5,
        loss_cls: Mapping[str, Any] | None = None,
        train_cfg: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.spatial_type = spatial_type
        self.train_cfg, self.test_cfg = train_cfg, test_cfg
        self.backbone_from = library_of(backbone)
        self.backbone: Any = build_backbone(backbone)
        self.cls_head: Any = build_head(cls_head)
        self.dropout = nn.Dropout(dropout_ratio)
        self.loss_cls: Any = build_loss(loss_cls or {"type": "SSNLoss"})
        self.init_weights()

    def init_weights(self) -> None:
        """Let backbone and head give their parameters their start values; other libraries' models have theirs."""
        if self.backbone_from is None:
            self.backbone.init_weights()
        self.cls_head.init_weights()

    def extract_feat(self, imgs: Tensor) -> Tensor:
        """(N, C') features of (N, C, H, W) frames."""
        x: Tensor = (
            self.backbone(imgs)
            if self.backbone_from is None
            else external_features(self.backbone, self.backbone_from, imgs)
        )
        if self.spatial_type == "avg":
            return x.mean(dim=(2, 3))
        return x.amax(dim=(2, 3)) if self.spatial_type == "max" else x.flatten(1)

    def forward(
        self,
        imgs: Tensor,
        return_loss: bool = True,
        **kwargs: Any,
    ) -> dict[str, Tensor] | list[dict[str, Any]]:
        """`forward_train` or `forward_test`, whose other arguments are `kwargs`."""
        if return_loss:
            return self.forward_train(imgs, **kwargs)
        with torch.no_grad():
            return self.forward_test(imgs, **kwargs)

    def forward_train(
        self,
        imgs: Tensor,
        proposal_scale_factor: Tensor,
        proposal_type: Tensor,
        proposal_labels: Tensor,
        reg_targets: Tensor,
        **kwargs: Any,
    ) -> dict[str, Tensor]:
        """The losses of the proposals that were sampled.

        Args:
            imgs: (N, P, S, C, H, W): of N videos P proposals of S frames.
            proposal_scale_factor: (N, P, 2): how much of the stages before and after a proposal is in the video.
            proposal_type: (N, P): 0 positive, 1 incomplete, 2 background.
            proposal_labels: (N, P): the class from 1, 0 for the background.
            reg_targets: (N, P, 2).
            **kwargs: what else the pipeline collected; not used.

        Raises:
            ConfigError: `train_cfg` lacks something.
        """
        x = self.extract_feat(imgs.reshape(-1, self.in_channels, *imgs.shape[4:]))
        scores = self.cls_head((self.dropout(x), proposal_scale_factor))
        losses: dict[str, Tensor] = self.loss_cls(
            *scores, proposal_type, proposal_labels, reg_targets, self.train_cfg
        )
        return losses

    def forward_test(
        self,
        imgs: Tensor,
        relative_proposal_list: Tensor,
        scale_factor_list: Tensor,
        proposal_tick_list: Tensor,
        reg_norm_consts: Tensor,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """The scores of all proposals of N videos, which must have as many ticks and proposals; or of one.

        Args:
            imgs: (N * crops, T, C, H, W): the T ticks of each video, or of each crop of it.
            relative_proposal_list: (N, P, 2): start and end, as parts of the video.
            scale_factor_list: (N, P, 2).
            proposal_tick_list: (N, P, 4): see `STPPTest`.
            reg_norm_consts: (N, 2, 2): mean and deviation of the regression's targets.
            **kwargs: what else the pipeline collected; not used.

        Returns:
            Of each video arrays `relative_proposal_list` (P, 2), `activity_scores` (P, K + 1), `completeness_scores` (P, K),
            and `bbox_preds` (P, K, 2), or None without a regression.
        """
        count = len(relative_proposal_list)
        frames = imgs.reshape(-1, self.in_channels, *imgs.shape[3:])
        size = BATCH_SIZE
        if self.test_cfg is not None:
            least = {"batch_size": 1}
            size = ssn_cfg(self.test_cfg, "sampler", least)["batch_size"]
        x = torch.cat([self.extract_feat(chunk) for chunk in torch.split(frames, size)])
        x = x.view(count, len(imgs) // count, -1, x.shape[-1]).mean(dim=1)
        results = []
        for features, proposals, ticks, scales, (mean, std) in zip(
            x,
            relative_proposal_list,
            proposal_tick_list,
            scale_factor_list,
            reg_norm_consts,
            strict=True,
        ):
            _, activity, complete, boundaries = self.cls_head(
                (features, ticks, scales), test_mode=True
            )
            if boundaries is not None:
                boundaries = boundaries.view(len(ticks), -1, 2) * std + mean
            arrays = {
                "relative_proposal_list": proposals,
                "activity_scores": activity,
                "completeness_scores": complete,
                "bbox_preds": boundaries,
            }
            results.append(
                {
                    name: None if array is None else array.float().cpu().numpy()
                    for name, array in arrays.items()
                }
            )
        return results
