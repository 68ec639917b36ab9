"""BMN: proposals from the scores of boundaries and of a map of all proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...argument_types import Positive
from ...localization import boundary_peaks, post_processing
from ..builder import LOCALIZERS, build_loss
from .base import (
    BaseTAPGenerator,
    boundary_labels,
    check_channels,
    check_length,
    overlaps,
)
from .boundary_matching import BoundaryMatching

START_PEAK = 0.5
"""A boundary may be where the score is above this part of the video's highest."""


@LOCALIZERS.register_module()
class BMN(BaseTAPGenerator):
    """Boundary-matching network (arXiv 1907.09702; mmaction/models/localizers/bmn.py), with upstream's parameter names.

    Upstream's checkpoints load, without their `sample_mask`: it is computed here.

    Args:
        temporal_dim: T, the number of features of a video.
        boundary_ratio: how far beyond a proposal its features are sampled, as a part of its length.
        num_samples: samples of a proposal.
        num_samples_per_bin: how many values each sample is the mean of.
        feat_dim: the channels of the features.
        soft_nms_alpha: see `soft_nms`, as the next two.
        soft_nms_low_threshold: as above.
        soft_nms_high_threshold: as above.
        post_process_top_k: how many proposals of a video are kept.
        feature_extraction_interval: frames of one feature.
        loss_cls: the config of the loss, called as `BMNLoss` is.
        hidden_dim_1d: channels over time.
        hidden_dim_2d: channels of the map.
        hidden_dim_3d: channels of the samples' mixture.
    """

    NOT_LOADED = ("sample_mask",)
    """Names in checkpoints that are passed over."""

    def __init__(
        self,
        temporal_dim: Positive,
        boundary_ratio: float,
        num_samples: Positive,
        num_samples_per_bin: Positive,
        feat_dim: Positive,
        soft_nms_alpha: float,
        soft_nms_low_threshold: float,
        soft_nms_high_threshold: float,
        post_process_top_k: Positive,
        feature_extraction_interval: Positive = 16,
        loss_cls: Mapping[str, Any] | None = None,
        hidden_dim_1d: Positive = 256,
        hidden_dim_2d: Positive = 128,
        hidden_dim_3d: Positive = 512,
    ) -> None:
        super().__init__()
        self.tscale = temporal_dim
        self.feat_dim = feat_dim
        self.post = (
            soft_nms_alpha,
            soft_nms_low_threshold,
            soft_nms_high_threshold,
            post_process_top_k,
            feature_extraction_interval,
        )
        self.loss_cls = build_loss(loss_cls or {"type": "BMNLoss"})
        c1, c2, c3 = hidden_dim_1d, hidden_dim_2d, hidden_dim_3d
        self.x_1d_b = nn.Sequential(
            *_conv_relu(feat_dim, c1, groups=4), *_conv_relu(c1, c1, groups=4)
        )
        self.x_1d_s = _boundary_scores(c1)
        self.x_1d_e = _boundary_scores(c1)
        self.x_1d_p = nn.Sequential(*_conv_relu(c1, c1))
        self.x_3d_p = nn.Sequential(
            nn.Conv3d(c1, c3, (num_samples, 1, 1)), nn.ReLU(inplace=True)
        )
        self.x_2d_p = nn.Sequential(
            *(nn.Conv2d(c3, c2, 1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(c2, c2, 3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(c2, c2, 3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(c2, 2, 1), nn.Sigmoid()),
        )
        self.matching = BoundaryMatching(
            temporal_dim, num_samples, num_samples_per_bin, boundary_ratio
        )
        self.register_load_state_dict_pre_hook(_leave_out)  # type: ignore[no-untyped-call]

    def forward_maps(self, raw_feature: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The map and the boundaries' scores, all in 0..1.

        Args:
            raw_feature: (N, feat_dim, T).

        Returns:
            (N, 2, D, T): the proposals' IoU by regression and by classification; (N, T) starts; (N, T) ends.
        """
        check_length(raw_feature, self.tscale)
        check_channels(raw_feature.shape[1], self.feat_dim, "feat_dim")
        base = self.x_1d_b(raw_feature)  # (N, hidden_dim_1d, T)
        start, end = self.x_1d_s(base).squeeze(1), self.x_1d_e(base).squeeze(1)
        conv, relu = self.x_3d_p
        maps = relu(self.matching(self.x_1d_p(base), conv))  # (N, hidden_dim_3d, D, T)
        return self.x_2d_p(maps), start, end

    def forward(
        self,
        raw_feature: Tensor,
        gt_bbox: Sequence[Tensor] | None = None,
        video_meta: Sequence[Mapping[str, Any]] | None = None,
        return_loss: bool = True,
    ) -> dict[str, Tensor] | list[dict[str, Any]]:
        """Losses for training, proposals for testing.

        Args:
            raw_feature: (N, feat_dim, T).
            gt_bbox: N of (n, 2): the segments as parts of the video. A video may have none.
            video_meta: N dicts with `video_name`, `duration_frame`, `duration_second`; needed in a test.
            return_loss: which of the two.

        Returns:
            `{"loss": ...}`; or a list with `{"video_name": .., "proposal_list": [{"score": .., "segment": [.., ..]}, ..]}` for each
            video, the segments in seconds.

        Raises:
            ValueError: losses without segments, or proposals without what is known of the videos.
        """
        if not return_loss:
            if video_meta is None:
                raise ValueError("proposals need video_meta")
            return self.forward_test(raw_feature, video_meta)
        if gt_bbox is None:
            raise ValueError(
                "the loss needs gt_bbox; for proposals say return_loss=False"
            )
        labels = self.generate_labels(gt_bbox)
        mask = _bm_mask(self.tscale, raw_feature.device)
        return {
            "loss": self.loss_cls(*self.forward_maps(raw_feature), *labels, mask)[0]
        }

    def forward_test(
        self, raw_feature: Tensor, video_meta: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The proposals of each video of a batch of any size (upstream: of one)."""
        with torch.no_grad():
            outputs = self.forward_maps(raw_feature)
        arrays = (output.float().cpu().numpy() for output in outputs)
        batch = zip(*arrays, video_meta, strict=True)
        return [
            {
                "video_name": meta["video_name"],
                "proposal_list": post_processing(
                    self.candidates(maps, start, end), meta, *self.post
                ),
            }
            for maps, start, end, meta in batch
        ]

    def candidates(
        self, maps: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Every pair of a possible start and a later possible end of one video.

        Args:
            maps: (2, D, T).
            start: (T,).
            end: (T,).

        Returns:
            (N, 3): start and end as parts of the video, and the product of the two boundaries' scores and both maps'.
        """
        may_start = boundary_peaks(start, START_PEAK)
        may_end = boundary_peaks(end, START_PEAK)
        may_start[0] = may_end[-1] = True
        first, last = np.nonzero(np.triu(np.outer(may_start, may_end), k=1))
        reg, cls = maps[:, last - first - 1, first]
        score = start[first] * end[last] * cls * reg
        return np.stack([first / self.tscale, last / self.tscale, score], axis=1)

    def generate_labels(
        self, gt_bbox: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the outputs should be: (N, D, T) IoU of each proposal, (N, T) starts, (N, T) ends; float32."""
        gap = 1.0 / self.tscale
        steps = torch.arange(self.tscale, dtype=torch.float64, device=gt_bbox[0].device)
        tmin = (gap * steps).repeat(self.tscale)  # (D * T,)
        tmax = tmin + (gap * (steps + 1)).repeat_interleave(self.tscale)
        maps = [overlaps(tmin, tmax, boxes, union=True) for boxes in gt_bbox]
        starts, ends = boundary_labels(
            gap * (steps - 0.5),
            gap * (steps + 1.5),
            gt_bbox,
            lambda lengths: torch.full_like(lengths, 3 * gap),
        )
        return torch.stack(maps).view(-1, *[self.tscale] * 2).float(), starts, ends


def _conv_relu(channels: int, out: int, groups: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv1d(channels, out, 3, padding=1, groups=groups), nn.ReLU(inplace=True)


def _boundary_scores(channels: int) -> nn.Sequential:
    return nn.Sequential(
        *_conv_relu(channels, channels, groups=4),
        *(nn.Conv1d(channels, 1, 1), nn.Sigmoid()),
    )


def _bm_mask(tscale: int, device: torch.device) -> Tensor:
    """(D, T), 1 where a proposal of duration d + 1 that starts at t ends within the video."""
    return torch.ones(tscale, tscale, device=device).triu().flip(1)


def _leave_out(
    module: nn.Module, state_dict: dict[str, Any], prefix: str, *_: Any
) -> None:
    for name in BMN.NOT_LOADED:
        state_dict.pop(prefix + name, None)
