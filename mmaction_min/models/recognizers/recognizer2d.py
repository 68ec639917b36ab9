"""Recognizer2D: a backbone sees each frame, and the head sees them together."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..builder import RECOGNIZERS
from ..common.temporal import as_clips
from .base import BaseRecognizer, check_layout


@RECOGNIZERS.register_module()
class Recognizer2D(BaseRecognizer):
    """The recognizer of TSN and TSM (mmaction/models/recognizers/recognizer2d.py)."""

    def forward_scores(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Scores of clips.

        A neck sees the frames of a clip together: (N, C', M, H', W'), as upstream's does. It may give fewer.

        Args:
            imgs: (N, M, C, H, W): N clips of M frames, which are the segments, crop by crop if there are several.
            label: (N,) class numbers, or (N, K) probabilities.

        Returns:
            (N, K), or (N * crops, K) where the head keeps crops apart; and the neck's losses.
        """
        x, num_segs, losses = self._maps(imgs, label)
        score: Tensor = self.through_head(x, num_segs)
        return score, losses

    def forward_features(self, imgs: Tensor) -> Tensor:
        x, num_segs, _ = self._maps(imgs)
        return x.mean(dim=(2, 3)).view(-1, num_segs, x.shape[1]).mean(dim=1)

    def _maps(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, int, dict[str, Tensor]]:
        """(N * M, C', H', W') maps, M, and the losses that came up on the way."""
        check_layout(imgs, type(self).__name__, "N, M, C, H, W", "NCHW")
        num_segs = imgs.shape[1]
        losses: dict[str, Tensor] = {}
        x = self.extract_feat(imgs.flatten(0, 1))
        if self.neck is not None:
            clips = _as_clips(x, num_segs)
            x, losses = self.through_neck(clips, label)  # (N, C'', M', H'', W'')
            num_segs = x.shape[2]
            x = x.transpose(1, 2).flatten(0, 1)  # (N * M', C'', H'', W'')
        if isinstance(x, tuple):  # a backbone may give the maps of several stages
            x = x[-1]
        return x, num_segs, losses


def _as_clips(x: Any, num_segs: int) -> Any:
    """(N * M, C, H, W) maps -> (N, C, M, H, W), of each stage."""
    if isinstance(x, tuple):
        return tuple(_as_clips(maps, num_segs) for maps in x)
    return as_clips(x, num_segs).transpose(1, 2)
