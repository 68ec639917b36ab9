"""Recognizer2D: a backbone sees each frame, and the head sees them together."""

from __future__ import annotations

from torch import Tensor

from ..builder import RECOGNIZERS
from .base import BaseRecognizer


@RECOGNIZERS.register_module()
class Recognizer2D(BaseRecognizer):
    """The recognizer of TSN and TSM (mmaction/models/recognizers/recognizer2d.py)."""

    def forward_scores(self, imgs: Tensor) -> Tensor:
        """Scores of clips.

        Args:
            imgs: (N, M, C, H, W): N clips of M frames, which are the segments, crop by crop if there are several.

        Returns:
            (N, K), or (N * crops, K) where the head keeps crops apart.
        """
        num_segs = imgs.shape[1]
        x = self.backbone(imgs.flatten(0, 1))  # (N * M, C', H', W')
        if isinstance(x, tuple):  # a backbone may give the maps of several stages
            x = x[-1]
        score: Tensor = self.cls_head(x, num_segs)
        return score
