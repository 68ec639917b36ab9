"""BaseHead: from features to class scores, and from scores and labels to losses and accuracies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import build_loss


class BaseHead(nn.Module, ABC):
    """The base of classification heads: override `init_weights` and `forward` (mmaction/models/heads/base.py).

    Args:
        num_classes: K, the number of classes.
        in_channels: C, the channels of the features.
        loss_cls: the config of the loss; cross entropy by default.
        multi_class: a sample may have several classes; labels are then (N, K).
        label_smooth_eps: the labels are moved this far towards the uniform distribution (upstream leaves hard labels alone).
        topk: the accuracies that are reported: `top1_acc` and `top5_acc` for (1, 5); a list does too.

    Raises:
        ConfigError: a number of `topk` is below 1.
    """

    def __init__(
        self,
        num_classes: Positive,
        in_channels: Positive,
        loss_cls: Mapping[str, Any] | None = None,
        multi_class: bool = False,
        label_smooth_eps: float = 0.0,
        topk: int | Sequence[int] = (1, 5),
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.loss_cls = build_loss(loss_cls or {"type": "CrossEntropyLoss"})
        self.multi_class = multi_class
        self.label_smooth_eps = label_smooth_eps
        self.topk = (topk,) if isinstance(topk, int) else tuple(topk)
        if min(self.topk, default=1) < 1:
            raise ConfigError(f"{min(self.topk)} is below 1", "cls_head.topk")

    @abstractmethod
    def init_weights(self) -> None:
        """Give the parameters their start values."""

    @abstractmethod
    def forward(self, x: Tensor, num_segs: int) -> Tensor:
        """Class scores.

        Args:
            x: (N * num_segs, C, H, W) features, the segments of a clip one after the other. A head on clips, for
                `Recognizer3D`, gets (N, C, T, H, W) and no `num_segs`.
            num_segs: segments of a clip.

        Returns:
            (N, K) scores before the softmax.
        """

    def loss(self, cls_score: Tensor, labels: Tensor, **aux: Any) -> dict[str, Tensor]:
        """The loss of a batch, and its accuracies where each sample has one class.

        Args:
            cls_score: (N, K) scores.
            labels: (N,) class numbers, or (N, K) probabilities of the classes.
            **aux: what the config's `train_cfg.aux_info` names; the loss gets it.

        Returns:
            `loss_cls` (or what a loss that gives a dict says), and `top{k}_acc` for each k of `topk`; all without
            dimensions.
        """
        losses = {}
        if labels.is_floating_point() and labels.numel() == cls_score.numel():
            # (N, 1, K), or (K,) of a single sample, as upstream's pipelines have it
            labels = labels.reshape(cls_score.shape)
        if labels.shape != cls_score.shape:
            labels = labels.reshape(
                -1
            )  # a single sample's label may come without its dimension
            hits = (
                cls_score.detach()
                .topk(min(max(self.topk), self.num_classes), dim=1)
                .indices
                == labels[:, None]
            )
            losses = {
                f"top{k}_acc": hits[:, :k].any(dim=1).float().mean() for k in self.topk
            }
        loss = self.loss_cls(cls_score, self._smooth(labels, cls_score), **aux)
        losses.update(loss if isinstance(loss, Mapping) else {"loss_cls": loss})
        return losses

    def _smooth(self, labels: Tensor, cls_score: Tensor) -> Tensor:
        """The labels that the loss sees; upstream smooths only those of several classes."""
        if not self.label_smooth_eps:
            return labels
        if labels.shape != cls_score.shape:
            labels = torch.nn.functional.one_hot(labels, self.num_classes)
        return (1 - self.label_smooth_eps) * labels.to(
            cls_score.dtype
        ) + self.label_smooth_eps / self.num_classes


def check_head(spatial_type: str | None, consensus: Mapping[str, Any] | None) -> None:
    """Refuse what upstream's configs could say of a head, and no head does.

    Args:
        spatial_type: 'avg' for the mean over a map; None where the features have no map.
        consensus: `dict(type='AvgConsensus', dim=1)`, the mean over segments; None means the same.
    """
    if spatial_type not in ("avg", None):
        raise ConfigError(
            f"there is no {spatial_type!r}", "cls_head.spatial_type", "'avg' or None"
        )
    if consensus not in (
        None,
        {"type": "AvgConsensus"},
        {"type": "AvgConsensus", "dim": 1},
    ):
        raise ConfigError(
            f"there is no {consensus}",
            "cls_head.consensus",
            "dict(type='AvgConsensus', dim=1)",
        )


def init_classifier(layer: nn.Linear, std: float) -> None:
    """Normal start values for the weights, and 0 for the biases."""
    nn.init.normal_(layer.weight, std=std)
    nn.init.zeros_(layer.bias)
