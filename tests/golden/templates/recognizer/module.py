"""MyRecognizer: from clips to class scores."""

from __future__ import annotations

from torch import Tensor

from ..builder import RECOGNIZERS
from .base import BaseRecognizer


@RECOGNIZERS.register_module()
class MyRecognizer(BaseRecognizer):
    """A backbone sees each frame, and the head sees the frames of a clip together.

    Args:
        **kwargs: of `BaseRecognizer`: `backbone`, `neck`, `cls_head`, `train_cfg`, `test_cfg`.
    """

    def forward_scores(
        self,
        imgs: Tensor,
        label: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Scores of clips, and the losses of the neck if there is one.

        Args:
            imgs: (N, M, C, H, W): N clips of M frames.
            label: (N,) class numbers, for the neck; None in a test.

        Returns:
            (N, K) scores before the softmax, and losses by their names.
        """
        num_segs = imgs.shape[1]
        x = self.backbone(imgs.flatten(0, 1))  # (N * M, C', H', W')
        x = x.unflatten(0, (-1, num_segs)).transpose(1, 2)  # (N, C', M, H', W')
        # TODO: your idea goes here: `x` has all frames of a clip.
        x, losses = self.through_neck(x, label)
        num_segs = x.shape[2]  # a neck may leave fewer
        score = self.cls_head(x.transpose(1, 2).flatten(0, 1), num_segs)
        return score, losses
