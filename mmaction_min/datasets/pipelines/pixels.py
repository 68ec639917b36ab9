"""What is done to the pixels of frames, (T, H, W, C) or, of Flow, (2 * T, H, W); NumPy and torch alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

INTERPOLATIONS = ("bilinear", "nearest")


def resize(
    imgs: NDArray[Any], height: int, width: int, interpolation: str = "bilinear"
) -> NDArray[Any]:
    """Frames of another size, without antialiasing: OpenCV's to 1 grey level ("nearest" to the bit), as fast, by torch.

    Args:
        imgs: (T, H, W, C) or (T, H, W).
        height, width: of the result.
        interpolation: "bilinear" or "nearest".
    """
    if imgs.shape[1:3] == (height, width):
        return imgs
    if interpolation == "nearest":
        old_height, old_width = imgs.shape[1:3]
        rows = (np.arange(height) * (1 / (height / old_height))).astype(int)
        columns = (np.arange(width) * (1 / (width / old_width))).astype(int)
        return imgs[:, rows[:, None], columns]
    frames = torch.from_numpy(np.ascontiguousarray(imgs))
    frames = frames.movedim(3, 1) if imgs.ndim == 4 else frames[:, None]
    frames = interpolate(frames, (height, width), mode="bilinear")
    frames = frames.movedim(1, 3) if imgs.ndim == 4 else frames[:, 0]
    return np.ascontiguousarray(frames.numpy())


def mirror(imgs: NDArray[Any], direction: str, modality: str) -> NDArray[Any]:
    """Frames mirrored; of Flow the x planes, every other one from the first, are inverted too (255 - value)."""
    # torch takes no negative strides, so the mirrored frames are copied.
    imgs = np.flip(imgs, 2 if direction == "horizontal" else 1).copy()
    if modality == "Flow":
        imgs[::2] = 255 - imgs[::2]
    return imgs
