"""MyLocalizer: from clips to the moments at which each class happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..builder import LOCALIZERS, build_backbone


@LOCALIZERS.register_module()
class MyLocalizer(nn.Module):
    """Scores of each class at each frame, learned from the classes of whole clips alone.

    Which frames count is learned too, as in UntrimmedNets (arXiv 1703.03329).

    Args:
        backbone: its config.
        num_classes: K, the number of classes.
        in_channels: C, the channels of the backbone's maps.
        hidden_channels: the channels between the features and the scores.
    """

    def __init__(
        self,
        backbone: Mapping[str, Any],
        num_classes: int,
        in_channels: int,
        hidden_channels: int = 128,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.hidden_channels = hidden_channels
        self.backbone: Any = build_backbone(backbone)
        self.backbone.init_weights()
        # TODO: your layers go here.
        self.temporal = nn.Conv1d(in_channels, hidden_channels, 3, padding=1)
        self.scores = nn.Conv1d(hidden_channels, num_classes, 1)
        self.attention = nn.Conv1d(hidden_channels, 1, 1, bias=False)

    def localize(self, imgs: Tensor) -> tuple[Tensor, Tensor]:
        """When each class happens.

        Args:
            imgs: (N, T, 3, H, W): N clips of T frames.

        Returns:
            (N, K, T) scores of the classes at each frame, and (N, 1, T) how much each frame counts, with the sum 1.
        """
        num_frames = imgs.shape[1]
        x = self.backbone(imgs.flatten(0, 1)).mean(dim=(2, 3))  # (N * T, C)
        x = x.unflatten(0, (-1, num_frames)).transpose(1, 2)  # (N, C, T)
        x = self.temporal(x).relu()
        return self.scores(x), self.attention(x).softmax(dim=2)

    def forward(
        self,
        imgs: Tensor,
        label: Tensor | None = None,
        return_loss: bool = True,
        **kwargs: Any,
    ) -> dict[str, Tensor] | np.ndarray:
        """Losses for training, the scores of whole clips for testing.

        Args:
            imgs: (N, T, 3, H, W).
            label: (N,) class numbers.
            return_loss: which of the two.
            **kwargs: what else the pipeline collected; not used.

        Returns:
            A dict of losses and accuracies; or (N, K) probabilities as an array on the host.

        Raises:
            ValueError: losses without labels.
        """
        scores, weights = self.localize(imgs)
        score = (scores * weights).sum(dim=2)  # (N, K)
        if not return_loss:
            return score.detach().float().softmax(dim=1).cpu().numpy()
        if label is None:
            raise ValueError("the loss needs a label; for scores say return_loss=False")
        label = label.flatten()
        hits = score.detach().argmax(dim=1) == label
        loss = F.cross_entropy(score, label)
        return {"top1_acc": hits.float().mean(), "loss_cls": loss}

    def train_step(
        self,
        data_batch: Mapping[str, Any],
        optimizer: Any = None,
    ) -> dict[str, Any]:
        """What the runner's step needs: `loss` to call backward on, `log_vars`, `num_samples`."""
        losses = self(**data_batch)
        loss = sum(value for name, value in losses.items() if "loss" in name)
        log_vars = {name: value.detach() for name, value in losses.items()}
        return {
            "loss": loss,
            "log_vars": {**log_vars, "loss": loss.detach()},
            "num_samples": len(data_batch["imgs"]),
        }

    def val_step(
        self,
        data_batch: Mapping[str, Any],
        optimizer: Any = None,
    ) -> dict[str, Any]:
        """The same as `train_step`; the runner calls it without gradients."""
        return self.train_step(data_batch, optimizer)
