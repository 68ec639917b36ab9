"""BaseTAPGenerator: the steps that a runner asks of a localizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ..common.step import step_outputs


class BaseTAPGenerator(nn.Module):
    """The base of what generates proposals, or classifies them (mmaction/models/localizers/base.py; there SSN has another one).

    A subclass's `forward(..., return_loss=True)` gives a dict of losses; with `return_loss=False`, a list with what it says of
    each video.
    """

    def train_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """What the runner's step needs: `loss` to call backward on, `log_vars`, `num_samples`.

        Args:
            data_batch: the arguments of `forward`.
            optimizer: not used; upstream's models get it.

        Raises:
            ConfigError: a loss is no tensor.
        """
        return step_outputs(self(**data_batch), len(next(iter(data_batch.values()))))

    def val_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """The same as `train_step`; the runner calls it without gradients. (Upstream's computes proposals, and drops them.)"""
        return self.train_step(data_batch, optimizer)


def check_length(raw_feature: Tensor, temporal_dim: int) -> None:
    """Refuse features of another length than the model was built for.

    Raises:
        ConfigError: they are.
    """
    if raw_feature.shape[-1] != temporal_dim:
        raise ConfigError(
            f"the videos have {raw_feature.shape[-1]} features, and the model temporal_dim={temporal_dim}",
            "model.temporal_dim",
            "make the two equal: the features are rescaled to one length when they are extracted",
        )


def check_channels(channels: int, made_for: int, key: str) -> None:
    """Refuse features of other channels than the model was built for.

    Args:
        channels: of the features.
        made_for: of the model.
        key: what its config calls them.

    Raises:
        ConfigError: they are.
    """
    if channels != made_for:
        raise ConfigError(
            f"the features have {channels} channels, and the model {key}={made_for}",
            f"model.{key}",
            f"write {key}={channels}",
        )


def overlaps(
    tmin: Tensor, tmax: Tensor, segments: Tensor, *, union: bool = False
) -> Tensor:
    """How far each anchor is covered by the segment that covers it best; 0 where there are no segments.

    Args:
        tmin: (A,), the anchors' starts.
        tmax: (A,), their ends.
        segments: (n, 2).
        union: relative to the union of the two (IoU), and not to the anchor's length (IoP).

    Returns:
        (A,), in 0..1.
    """
    if not len(segments):
        return torch.zeros_like(tmin)
    start, end = segments[:, :1], segments[:, 1:]  # (n, 1)
    shared = (torch.minimum(tmax, end) - torch.maximum(tmin, start)).clamp(min=0)
    whole = tmax - tmin + (end - start - shared if union else 0)
    return (shared / whole).amax(dim=0)


def boundary_labels(
    tmin: Tensor, tmax: Tensor, gt_bbox: Sequence[Tensor], padding: Any
) -> tuple[Tensor, Tensor]:
    """How far each anchor lies in the region of a start, and in that of an end.

    Args:
        tmin: (A,), the anchors' starts.
        tmax: (A,), their ends.
        gt_bbox: of each of N videos the (n, 2) segments.
        padding: from (n,) lengths of segments to the lengths of the regions around their boundaries.

    Returns:
        Two of (N, A), float32.
    """
    starts: list[Tensor] = []
    ends: list[Tensor] = []
    for boxes in gt_bbox:
        half = padding(boxes[:, 1] - boxes[:, 0]) / 2
        for labels, boundary in ((starts, boxes[:, 0]), (ends, boxes[:, 1])):
            region = torch.stack([boundary - half, boundary + half], dim=1)
            labels.append(overlaps(tmin, tmax, region).float())
    return torch.stack(starts), torch.stack(ends)
