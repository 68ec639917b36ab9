"""BaseRecognizer: a backbone, perhaps a neck, and a head, and the steps that a runner asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ..builder import build_backbone, build_head, build_neck


class BaseRecognizer(nn.Module, ABC):
    """The base of recognizers (mmaction/models/recognizers/base.py); a subclass says how clips become frames.

    Args:
        backbone: its config.
        cls_head: the config of the head.
        neck: the config of what stands between them, if anything does; see `through_neck`.
        train_cfg: nothing yet; accepted for upstream's configs, which say None.
        test_cfg: `average_clips`: how the scores of a clip's crops are averaged: 'prob' (after the softmax), 'score', or None (not at all).

    Raises:
        ConfigError: `average_clips` is something else, or `train_cfg` asks for something.
    """

    def __init__(
        self,
        backbone: Mapping[str, Any],
        cls_head: Mapping[str, Any],
        neck: Mapping[str, Any] | None = None,
        train_cfg: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if train_cfg:
            raise ConfigError(
                f"there is no {', '.join(train_cfg)}",
                "model.train_cfg",
                "write train_cfg=None",
            )
        self.average_clips: str | None = (test_cfg or {}).get("average_clips")
        if self.average_clips not in (None, "score", "prob"):
            raise ConfigError(
                f"{self.average_clips!r} is unknown",
                "model.test_cfg.average_clips",
                "'prob', 'score' or None",
            )
        self.backbone: Any = build_backbone(backbone)
        self.neck: Any = build_neck(neck) if neck else None
        self.cls_head: Any = build_head(cls_head)
        self.init_weights()

    def init_weights(self) -> None:
        """Let the backbone, the neck and the head give their parameters their start values."""
        self.backbone.init_weights()
        if self.neck is not None:
            self.neck.init_weights()
        self.cls_head.init_weights()

    @abstractmethod
    def forward_scores(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The head's scores of a batch of clips, and the losses that the neck adds where there are labels."""

    def through_neck(
        self, x: Any, label: Tensor | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """Features as the neck makes them, and the losses that it adds; without a neck as they are.

        A neck is called as upstream calls it, `neck(x, label)`. It gives the features alone, or `(features, losses)` as
        upstream's TPN does.

        Args:
            x: (N, C, T, H, W) maps, or a tuple of them, one for each stage.
            label: (N,) class numbers; None in a test.
        """
        if self.neck is None:
            return x, {}
        x = self.neck(x, label)
        if isinstance(x, tuple) and len(x) == 2 and isinstance(x[1], Mapping):
            return x[0], dict(x[1])
        return x, {}

    def forward(
        self,
        imgs: Tensor,
        label: Tensor | None = None,
        return_loss: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Losses for training, scores for testing.

        Args:
            imgs: the clips, in the layout of the subclass.
            label: (N,) class numbers, or (N, K) probabilities.
            return_loss: which of the two.
            **kwargs: what else the pipeline collected (`img_metas`); not used.

        Returns:
            A dict of losses and accuracies; or (N, K) scores as an array on the host.

        Raises:
            ValueError: losses without labels.
        """
        if not return_loss:
            return self.forward_test(imgs)
        if label is None:
            raise ValueError("the loss needs a label; for scores say return_loss=False")
        score, losses = self.forward_scores(imgs, label)
        return {**self.cls_head.loss(score, label), **losses}

    def forward_test(self, imgs: Tensor) -> np.ndarray:
        """(N, K) scores of N clips, averaged over their crops as `average_clips` says."""
        score = self.forward_scores(imgs)[0].detach().float()
        return (
            average_clip(score, score.shape[0] // imgs.shape[0], self.average_clips)
            .cpu()
            .numpy()
        )

    def train_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """What the runner's step needs.

        Args:
            data_batch: `imgs`, `label`, and what else was collected.
            optimizer: not used; upstream's models get it.

        Returns:
            `loss` (a tensor to call backward on), `log_vars` (all losses and accuracies, on their device), `num_samples`.
        """
        losses = self(**data_batch)
        loss = torch.stack(
            [value.mean() for name, value in losses.items() if "loss" in name]
        ).sum()
        log_vars = {
            **{name: value.detach().mean() for name, value in losses.items()},
            "loss": loss.detach(),
        }
        return {
            "loss": loss,
            "log_vars": log_vars,
            "num_samples": len(data_batch["imgs"]),
        }

    def val_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """The same as `train_step`; the runner calls it without gradients."""
        return self.train_step(data_batch, optimizer)


def average_clip(score: Tensor, num_crops: int, how: str | None) -> Tensor:
    """The mean over each clip's crops.

    Args:
        score: (N * num_crops, K).
        num_crops: scores of one clip.
        how: 'prob' for the mean after the softmax, 'score' for that before it, None for the scores as they are.

    Returns:
        (N, K), or (N * num_crops, K) for None.
    """
    if how is None:
        return score
    score = score.view(-1, num_crops, score.shape[-1])  # (N, num_crops, K)
    return (score.softmax(dim=2) if how == "prob" else score).mean(dim=1)
