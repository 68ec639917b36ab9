"""Crop, resize and flip noted first and done at once: `lazy=True`, and `Fuse` at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ..builder import PIPELINES, Results
from .pixels import mirror, resize


@dataclass
class Lazy:
    """What is to be done to `imgs`: first the cut, then the resize to `img_shape`, then the flip.

    Attributes:
        box: (left, top, right, bottom) in the decoded frames.
        interpolation: of the resize.
        direction: of the flip; None for none.
    """

    box: NDArray[np.float32]
    interpolation: str = "bilinear"
    direction: str | None = None

    def cut(self, box: NDArray[np.int64], shape: tuple[int, int]) -> None:
        """Cut `box`, (left, top, right, bottom) in frames of `shape`, (H, W), that were not resized yet."""
        if self.direction is not None:
            raise ConfigError(
                "a lazy crop stands after a lazy Flip", hint="put the Flip last"
            )
        h, w = shape
        left, top, right, bottom = self.box
        scale = np.array([right - left, bottom - top] * 2, np.float64)
        corner = np.array([left, top] * 2, np.float64)
        self.box = (corner + box * scale / [w, h, w, h]).astype(np.float32)


def lazy_state(results: Results, *, lazy: bool) -> Lazy | None:
    """What was noted so far, for a lazy transform; None for one that works at once.

    Raises:
        ConfigError: one that works at once stands between a lazy one and its `Fuse`.
    """
    if lazy:
        if "lazy" not in results:
            h, w = results["img_shape"]
            results["lazy"] = Lazy(np.array([0, 0, w, h], np.float32))
        state: Lazy = results["lazy"]
        return state
    if "lazy" in results:
        raise ConfigError(
            "a transform without lazy=True stands before the Fuse of one with it",
            hint="put Fuse after the lazy transforms, or make all of them lazy",
        )
    return None


@PIPELINES.register_module()
class Fuse:
    """Do what the `lazy` transforms before it have noted: one cut, one resize, one flip.

    Upstream forgets a lazy flip of Flow's inversion; here it is done.
    """

    def __call__(self, results: Results) -> Results:
        if "lazy" not in results:
            raise ConfigError(
                "Fuse has nothing to do: no transform before it is lazy",
                hint="say lazy=True in the crops, Resize and Flip before it",
            )
        state: Lazy = results.pop("lazy")
        left, top, right, bottom = state.box.round().astype(int)
        imgs = results["imgs"][:, top:bottom, left:right]
        height, width = results["img_shape"]
        imgs = resize(imgs, height, width, state.interpolation)
        if state.direction is not None:
            imgs = mirror(imgs, state.direction, results.get("modality", "RGB"))
        results["imgs"] = imgs
        return results
