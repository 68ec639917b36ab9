"""Several cuts of the same frames, for testing: `imgs` has all of them, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DataError
from ..builder import PIPELINES, Results
from .crops import PLACES, Size, check_fits, pair
from .lazy import lazy_state


@PIPELINES.register_module()
class ThreeCrop:
    """Three cuts along the longer side: both ends, then the middle; `imgs` is (3 * T, H, W, C), cut after cut.

    Args:
        crop_size: the side of a square, or (W, H), in pixels; one of the two is that of the frames.
    """

    def __init__(self, crop_size: Size) -> None:
        self.width, self.height = pair("ThreeCrop", crop_size)

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        check_fits(results, self.height, self.width)
        if self.height != h and self.width != w:
            raise DataError(
                f"ThreeCrop cuts along one side, and {self.height} x {self.width} is smaller than frames of {h} x {w} on both (height x width)",
                str(results.get("filename", "")),
                "put a Resize before it: scale=(-1, the crop's side)",
            )
        x, y = (w - self.width) // 2, (h - self.height) // 2
        places = [(0, 0), (2 * x, 2 * y), (x, y)]
        return _cut_many(results, places, self.width, self.height)


@PIPELINES.register_module()
class TenCrop:
    """The four corners and the middle, each followed by its mirror image; `imgs` is (10 * T, H, W, C), cut after cut.

    Args:
        crop_size: the side of a square, or (W, H), in pixels.
    """

    def __init__(self, crop_size: Size) -> None:
        self.width, self.height = pair("TenCrop", crop_size)

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        check_fits(results, self.height, self.width)
        x, y = (w - self.width) // 4, (h - self.height) // 4
        places = [(i * x, j * y) for i, j in PLACES[:5]]
        return _cut_many(results, places, self.width, self.height, mirrored=True)


def _cut_many(
    results: Results,
    places: Sequence[tuple[int, int]],
    width: int,
    height: int,
    *,
    mirrored: bool = False,
) -> Results:
    lazy_state(results, lazy=False)
    imgs = results["imgs"]
    cuts, boxes = [], []
    for left, top in places:
        cut = imgs[:, top : top + height, left : left + width]
        views = [cut, cut[:, :, ::-1]] if mirrored else [cut]
        cuts += views
        box = [left, top, left + width, top + height]
        boxes += [box] * (len(imgs) * len(views))
    results["imgs"] = np.concatenate(cuts)
    results["img_shape"] = (height, width)
    results["crop_bbox"] = np.array(boxes)
    return results
