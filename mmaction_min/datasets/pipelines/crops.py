"""Cuts of the frames, the same for every frame of a sample.

`img_shape` is (H, W), `crop_bbox` (left, top, right, bottom) in the frames before the cut; `crop_quadruple` (left, top, width,
height) adds the cuts up, as shares of the decoded frame. With `lazy` a cut is noted, and made by `Fuse`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from ...errors import ConfigError, DataError
from ..builder import PIPELINES, Results
from .lazy import lazy_state

Size = int | Sequence[int]


@PIPELINES.register_module()
class RandomCrop:
    """Cut a square at a random place, the last one included (upstream never draws it).

    Args:
        size: the square's side in pixels.
        lazy: leave the work to `Fuse`.
    """

    def __init__(self, size: int, *, lazy: bool = False) -> None:
        self.size = size
        self.lazy = lazy

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        check_fits(results, self.size, self.size)
        top = np.random.randint(h - self.size + 1) if h > self.size else 0
        left = np.random.randint(w - self.size + 1) if w > self.size else 0
        return _cut(results, left, top, self.size, self.size, lazy=self.lazy)


@PIPELINES.register_module()
class RandomResizedCrop:
    """Cut a rectangle of random area and aspect ratio at a random place (Inception, arXiv 1409.4842); a Resize comes after it.

    The shape is `np.random`'s, the place `random`'s, as in upstream. Where no draw of ten fits, it is the square in the middle.

    Args:
        area_range: the least and the greatest share of the frame's area.
        aspect_ratio_range: the least and the greatest width / height.
        lazy: leave the work to `Fuse`.
    """

    TRIES = 10

    def __init__(
        self,
        area_range: Sequence[float] = (0.08, 1.0),
        aspect_ratio_range: Sequence[float] = (3 / 4, 4 / 3),
        *,
        lazy: bool = False,
    ) -> None:
        for name, (low, high) in (
            ("area_range", area_range),
            ("aspect_ratio_range", aspect_ratio_range),
        ):
            if not 0 < low <= high:
                raise ConfigError(
                    f"RandomResizedCrop needs 0 < low <= high in {name}, not {(low, high)}"
                )
        self.area_range = area_range
        self.aspect_ratio_range = aspect_ratio_range
        self.lazy = lazy

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        low, high = np.log(self.aspect_ratio_range)
        ratios = np.exp(np.random.uniform(low, high, self.TRIES))
        least, most = self.area_range
        areas = np.random.uniform(least, most, self.TRIES) * (h * w)
        widths = np.round(np.sqrt(areas * ratios)).astype(int)
        heights = np.round(np.sqrt(areas / ratios)).astype(int)
        fits = (widths <= w) & (heights <= h) & (widths > 0) & (heights > 0)
        if fits.any():
            width, height = int(widths[fits][0]), int(heights[fits][0])
            left = random.randint(0, w - width)
            top = random.randint(0, h - height)
        else:
            width = height = min(h, w)
            left, top = (w - width) // 2, (h - height) // 2
        return _cut(results, left, top, width, height, lazy=self.lazy)


@PIPELINES.register_module()
class MultiScaleCrop:
    """Cut a rectangle whose sides are drawn from shares of the short side, at a corner, the middle, ... (TSN, arXiv 1608.00859).

    All draws are `random`'s. A side within 2 pixels of `input_size` is that size, so that the Resize after it has nothing to do.

    Args:
        input_size: what a Resize makes of it: a side, or (W, H).
        scales: the shares of the short side.
        max_wh_scale_gap: how many places apart in `scales` width and height may be.
        random_crop: anywhere, and not at the fixed places.
        num_fixed_crops: 5 (corners and middle), or 13 (also the middles of the edges and of the quarters).
        lazy: leave the work to `Fuse`.
    """

    def __init__(
        self,
        input_size: Size,
        scales: Sequence[float] = (1,),
        max_wh_scale_gap: int = 1,
        *,
        random_crop: bool = False,
        num_fixed_crops: int = 5,
        lazy: bool = False,
    ) -> None:
        if num_fixed_crops not in (5, 13):
            raise ConfigError(
                f"MultiScaleCrop has no num_fixed_crops={num_fixed_crops}",
                hint="5 or 13",
            )
        if not scales or not 0 < min(scales) <= max(scales) <= 1:
            raise ConfigError(
                f"MultiScaleCrop needs scales of more than 0 and at most 1, not {scales}"
            )
        self.input_size = pair("MultiScaleCrop", input_size)
        self.scales = tuple(scales)
        self.max_wh_scale_gap = max_wh_scale_gap
        self.random_crop = random_crop
        self.places = PLACES[:num_fixed_crops]
        self.lazy = lazy

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        sides = [int(min(h, w) * scale) for scale in self.scales]
        shapes = [
            (width, height)
            for i, height in enumerate(sides)
            for j, width in enumerate(sides)
            if abs(i - j) <= self.max_wh_scale_gap
        ]
        width, height = (
            want if abs(side - want) < 3 else side
            for side, want in zip(random.choice(shapes), self.input_size, strict=True)
        )
        check_fits(results, height, width)
        if self.random_crop:
            left = random.randint(0, w - width)
            top = random.randint(0, h - height)
        else:
            x, y = random.choice(self.places)
            left, top = x * ((w - width) // 4), y * ((h - height) // 4)
        results["scales"] = self.scales
        return _cut(results, left, top, width, height, lazy=self.lazy)


# Quarters of the room that is left, (x, y): the corners, the middle; the middles of the edges; those of the quarters.
# fmt: off
PLACES = (
    (0, 0), (4, 0), (0, 4), (4, 4), (2, 2),
    (0, 2), (4, 2), (2, 4), (2, 0),
    (1, 1), (3, 1), (1, 3), (3, 3),
)
# fmt: on


@PIPELINES.register_module()
class CenterCrop:
    """Cut a rectangle out of the middle.

    Args:
        crop_size: the side of a square, or (W, H), in pixels.
        lazy: leave the work to `Fuse`.
    """

    def __init__(self, crop_size: Size, *, lazy: bool = False) -> None:
        self.width, self.height = pair("CenterCrop", crop_size)
        self.lazy = lazy

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        check_fits(results, self.height, self.width)
        left, top = (w - self.width) // 2, (h - self.height) // 2
        return _cut(results, left, top, self.width, self.height, lazy=self.lazy)


def pair(name: str, size: Size) -> tuple[int, int]:
    """(W, H) of a side or of (W, H)."""
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or min(sides) < 1:
        raise ConfigError(f"{name} cuts to a side or (W, H) of at least 1, not {size}")
    return sides


def check_fits(results: Results, height: int, width: int) -> None:
    h, w = results["img_shape"]
    if h < height or w < width:
        raise DataError(
            f"a crop of {height} x {width} does not fit in frames of {h} x {w} (height x width)",
            str(results.get("filename", "")),
            "put a Resize before the crop",
        )


def _cut(
    results: Results, left: int, top: int, width: int, height: int, *, lazy: bool
) -> Results:
    h, w = results["img_shape"]
    x, y, share_w, share_h = results.get("crop_quadruple", (0, 0, 1, 1))
    results["crop_quadruple"] = np.array(
        [
            x + left / w * share_w,
            y + top / h * share_h,
            width / w * share_w,
            height / h * share_h,
        ],
        np.float32,
    )
    box = np.array([left, top, left + width, top + height])
    state = lazy_state(results, lazy=lazy)
    if state is None:
        results["imgs"] = results["imgs"][:, top : top + height, left : left + width]
    else:
        state.cut(box, (h, w))
    results["img_shape"] = (height, width)
    results["crop_bbox"] = box
    return results
