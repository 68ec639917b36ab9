"""Recognizer3D: a backbone sees each view of a clip as a whole."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..builder import RECOGNIZERS
from .base import BaseRecognizer, check_layout


@RECOGNIZERS.register_module()
class Recognizer3D(BaseRecognizer):
    """The recognizer of I3D, SlowOnly and their like (mmaction/models/recognizers/recognizer3d.py)."""

    def forward_scores(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Scores of the views of clips.

        Args:
            imgs: (N, M, C, T, H, W): N clips with M views each; in training M is 1.
            label: (N,) class numbers, or (N, K) probabilities.

        Returns:
            (N * M, K), and the neck's losses.
        """
        x, losses = self._maps(imgs, label)
        score: Tensor = self.through_head(x)
        return score, losses

    def forward_features(self, imgs: Tensor) -> Tensor:
        x, _ = self._maps(imgs)
        maps = x if isinstance(x, tuple) else (x,)  # SlowFast has two pathways
        features = [
            part.flatten(2).mean(2) if part.dim() > 2 else part for part in maps
        ]
        joined = torch.cat(features, dim=1)  # (N * M, C)
        return joined.view(*imgs.shape[:2], -1).mean(dim=1)

    def _maps(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """(N * M, C', T', H', W') maps, and the losses that came up on the way.

        In a test they are computed `max_testing_views` at a time, of any number of clips (upstream: of one).
        """
        check_layout(imgs, type(self).__name__, "N, M, C, T, H, W", "NCTHW")
        views = imgs.flatten(0, 1)  # (N * M, C, T, H, W)
        if label is not None or self.max_testing_views is None:
            return self.through_neck(self.extract_feat(views), label)
        parts = [
            self.through_neck(self.extract_feat(part))[0]
            for part in torch.split(views, self.max_testing_views)
        ]
        if isinstance(parts[0], tuple):
            return tuple(torch.cat(maps) for maps in zip(*parts, strict=True)), {}
        return torch.cat(parts), {}
