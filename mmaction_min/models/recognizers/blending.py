"""Mixup and cutmix: clips of a batch blended with each other, and their labels as much."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions.beta import Beta

from ..builder import BLENDINGS


class BaseMiniBatchBlending(ABC):
    """The base of blendings: override `do_blending` (mmaction/datasets/blending_utils.py).

    Args:
        num_classes: K, the number of classes.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes

    @abstractmethod
    def do_blending(self, imgs: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Blend (N, ...) clips and their (N, K) labels."""

    def __call__(self, imgs: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """The blended batch.

        Args:
            imgs: (N, M, C, H, W) or (N, M, C, T, H, W) clips, as numbers with a decimal point.
            label: (N,) or (N, 1) class numbers, or (N, K) probabilities.

        Returns:
            The clips in the same shape, and (N, K) probabilities of the classes.
        """
        if not label.is_floating_point():
            label = F.one_hot(label.reshape(-1), self.num_classes)
        return self.do_blending(imgs, label.reshape(len(imgs), -1).to(imgs.dtype))


@BLENDINGS.register_module()
class MixupBlending(BaseMiniBatchBlending):
    """Mixup (arXiv 1710.09412): every clip is mixed with another one, all of a batch in the same part.

    Args:
        num_classes: K, the number of classes.
        alpha: the parts are drawn from Beta(alpha, alpha).
    """

    def __init__(self, num_classes: int, alpha: float = 0.2) -> None:
        super().__init__(num_classes)
        self.alpha = alpha

    def do_blending(self, imgs: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        lam = float(Beta(self.alpha, self.alpha).sample())
        other = torch.randperm(len(imgs)).to(imgs.device)
        imgs = imgs.lerp(imgs[other], 1 - lam)
        label = label.lerp(label[other], 1 - lam)
        return imgs, label


@BLENDINGS.register_module()
class CutmixBlending(BaseMiniBatchBlending):
    """Cutmix (arXiv 1905.04899): every clip gets a box out of another one, at one place in all of a batch.

    Args:
        num_classes: K, the number of classes.
        alpha: the part that stays is drawn from Beta(alpha, alpha).
    """

    def __init__(self, num_classes: int, alpha: float = 0.2) -> None:
        super().__init__(num_classes)
        self.alpha = alpha

    def do_blending(self, imgs: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        other = torch.randperm(len(imgs)).to(imgs.device)
        height, width = imgs.shape[-2:]
        rows, columns = self._box(height, width)
        imgs = imgs.clone()
        imgs[..., rows, columns] = imgs[other][..., rows, columns]
        part = (rows.stop - rows.start) * (columns.stop - columns.start)
        label = label.lerp(label[other], part / (height * width))
        return imgs, label

    def _box(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of a random box, cut off at the border."""
        side = (1 - Beta(self.alpha, self.alpha).sample()).sqrt()  # of the whole clip's
        half_w, half_h = int(width * side) // 2, int(height * side) // 2
        x, y = int(torch.randint(width, (1,))), int(torch.randint(height, (1,)))
        return (
            slice(max(y - half_h, 0), min(y + half_h, height)),
            slice(max(x - half_w, 0), min(x + half_w, width)),
        )
