"""Transforms of `imgs`, one array (T, H, W, C), in place of each other: every frame of a sample gets the same.

`img_shape` is (H, W), `crop_bbox` (left, top, right, bottom); a `scale` is (W, H), as mmcv has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from ..._torchvision import import_torchvision
from ...errors import ConfigError, DataError
from ..builder import PIPELINES, Results

DIRECTIONS = ("horizontal", "vertical")
INTERPOLATIONS = ("bilinear", "nearest")


@PIPELINES.register_module()
class Resize:
    """Resize the frames, by torchvision, without antialiasing (as OpenCV does).

    Args:
        scale: a factor; or (W, H), a bound to fit in if `keep_ratio`, else the exact size; (-1, S) makes the short side S.
        keep_ratio: keep the aspect ratio.
        interpolation: "bilinear" or "nearest".
    """

    def __init__(
        self,
        scale: float | tuple[int, int],
        *,
        keep_ratio: bool = True,
        interpolation: str = "bilinear",
    ) -> None:
        sizes = (scale,) if isinstance(scale, (int, float)) else tuple(scale)
        side_free = len(sizes) == 2 and min(sizes) == -1 < max(sizes) and keep_ratio
        if len(sizes) > 2 or (min(sizes) <= 0 and not side_free):
            raise ConfigError(
                f"Resize cannot use scale={scale!r} with keep_ratio={keep_ratio}",
                hint="a factor > 0, (W, H), or (-1, S) with keep_ratio=True",
            )
        if interpolation not in INTERPOLATIONS:
            raise ConfigError(
                f"Resize has no interpolation={interpolation!r}",
                hint=f"one of {', '.join(INTERPOLATIONS)}",
            )
        self.sizes = sizes
        self.keep_ratio = keep_ratio
        self.interpolation = interpolation

    def __call__(self, results: Results) -> Results:
        functional = import_torchvision("torchvision.transforms.v2.functional")
        h, w = results["img_shape"]
        new_h, new_w = self._new_shape(h, w)
        frames = torch.from_numpy(results["imgs"]).permute(0, 3, 1, 2)  # (T, C, H, W)
        mode = functional.InterpolationMode(self.interpolation)
        frames = functional.resize(frames, [new_h, new_w], mode, antialias=False)
        results["imgs"] = frames.permute(0, 2, 3, 1).numpy()
        results["img_shape"] = (new_h, new_w)
        results["keep_ratio"] = self.keep_ratio
        results["scale_factor"] = np.array([new_w / w, new_h / h], np.float32)
        return results

    def _new_shape(self, h: int, w: int) -> tuple[int, int]:
        if len(self.sizes) == 2 and not self.keep_ratio:
            return int(self.sizes[1]), int(self.sizes[0])
        if len(self.sizes) == 1:
            factor = float(self.sizes[0])
        elif min(self.sizes) == -1:
            factor = max(self.sizes) / min(h, w)
        else:
            factor = min(max(self.sizes) / max(h, w), min(self.sizes) / min(h, w))
        return int(h * factor + 0.5), int(w * factor + 0.5)


@PIPELINES.register_module()
class RandomCrop:
    """Cut a square at a random place, the last one included (upstream never draws it).

    Args:
        size: the square's side in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        _check_fits(results, self.size, self.size)
        top = np.random.randint(h - self.size + 1)
        left = np.random.randint(w - self.size + 1)
        return _crop(results, top, left, self.size, self.size)


@PIPELINES.register_module()
class RandomResizedCrop:
    """Cut a rectangle of random area and aspect ratio at a random place; a Resize comes after it.

    All draws are `np.random`'s (upstream takes the place from Python's generator).

    Args:
        area_range: the least and the greatest share of the frame's area.
        aspect_ratio_range: the least and the greatest width / height.
    """

    TRIES = 10

    def __init__(
        self,
        area_range: tuple[float, float] = (0.08, 1.0),
        aspect_ratio_range: tuple[float, float] = (3 / 4, 4 / 3),
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

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        crop_h, crop_w = self._crop_shape(h, w)
        top = np.random.randint(h - crop_h + 1)
        left = np.random.randint(w - crop_w + 1)
        return _crop(results, top, left, crop_h, crop_w)

    def _crop_shape(self, h: int, w: int) -> tuple[int, int]:
        """The first of ten draws that fits; the greatest square if none does."""
        low, high = np.log(self.aspect_ratio_range)
        ratios = np.exp(np.random.uniform(low, high, self.TRIES))
        areas = np.random.uniform(*self.area_range, self.TRIES) * h * w
        widths = np.round(np.sqrt(areas * ratios)).astype(int)
        heights = np.round(np.sqrt(areas / ratios)).astype(int)
        fits = (widths <= w) & (heights <= h) & (widths > 0) & (heights > 0)
        if not fits.any():
            return min(h, w), min(h, w)
        first = fits.argmax()
        return int(heights[first]), int(widths[first])


@PIPELINES.register_module()
class CenterCrop:
    """Cut a rectangle out of the middle.

    Args:
        crop_size: the side of a square, or (W, H), in pixels.
    """

    def __init__(self, crop_size: int | tuple[int, int]) -> None:
        self.width, self.height = (
            (crop_size, crop_size) if isinstance(crop_size, int) else crop_size
        )

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        _check_fits(results, self.height, self.width)
        top, left = (h - self.height) // 2, (w - self.width) // 2
        return _crop(results, top, left, self.height, self.width)


@PIPELINES.register_module()
class Flip:
    """Mirror all the frames of a sample, at random.

    Args:
        flip_ratio: how often, 0 to 1.
        direction: "horizontal" or "vertical".
        flip_label_map: the label of a mirrored sample, for the labels that a mirror changes (left becomes right).
    """

    def __init__(
        self,
        flip_ratio: float = 0.5,
        direction: str = "horizontal",
        flip_label_map: Mapping[int, int] | None = None,
    ) -> None:
        if direction not in DIRECTIONS:
            raise ConfigError(
                f"Flip has no direction={direction!r}",
                hint=f"one of {', '.join(DIRECTIONS)}",
            )
        self.flip_ratio = flip_ratio
        self.direction = direction
        self.flip_label_map = dict(flip_label_map or {})

    def __call__(self, results: Results) -> Results:
        flip = bool(np.random.rand() < self.flip_ratio)
        results["flip"] = flip
        results["flip_direction"] = self.direction
        if not flip:
            return results
        axis = 2 if self.direction == "horizontal" else 1
        # torch takes no negative strides, so the mirrored frames are copied.
        results["imgs"] = np.ascontiguousarray(np.flip(results["imgs"], axis))
        if self.flip_label_map:
            label = results["label"]
            results["label"] = self.flip_label_map.get(label, label)
        return results


@PIPELINES.register_module()
class Normalize:
    """Make `imgs` float32: (imgs - mean) / std, channel by channel.

    Args:
        mean: one value a channel, in grey levels (0..255).
        std: one value a channel, in grey levels.
        to_bgr: reverse the channels first; mean and std are then in the order B, G, R.
    """

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], *, to_bgr: bool = False
    ) -> None:
        if len(mean) != len(std) or min(std) <= 0:
            raise ConfigError(
                f"Normalize needs as many values in mean as in std, and std > 0, not mean={mean}, std={std}"
            )
        self.mean = np.array(mean, np.float32)
        self.std = np.array(std, np.float32)
        self.to_bgr = to_bgr

    def __call__(self, results: Results) -> Results:
        imgs = results["imgs"][..., ::-1] if self.to_bgr else results["imgs"]
        imgs = imgs.astype(np.float32)
        imgs -= self.mean
        imgs /= self.std
        results["imgs"] = imgs
        results["img_norm_cfg"] = {
            "mean": self.mean,
            "std": self.std,
            "to_bgr": self.to_bgr,
        }
        return results


def _check_fits(results: Results, height: int, width: int) -> None:
    h, w = results["img_shape"]
    if h < height or w < width:
        raise DataError(
            f"a crop of {height} x {width} does not fit in frames of {h} x {w} (height x width)",
            str(results.get("filename", "")),
            "put a Resize before the crop",
        )


def _crop(results: Results, top: int, left: int, height: int, width: int) -> Results:
    results["imgs"] = results["imgs"][:, top : top + height, left : left + width]
    results["img_shape"] = (height, width)
    results["crop_bbox"] = np.array([left, top, left + width, top + height])
    return results
