"""Colours of the frames changed at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ..builder import PIPELINES, Results

Range = float | Sequence[float]
Floats = NDArray[np.float32]

GREY = np.array([0.2989, 0.587, 0.114], np.float32)
"""The brightness of red, green and blue, as ITU-R BT.601 has it."""

# 30 / span and 255 / value in 12 binary places, as OpenCV divides, so that the results are its own to the bit.
_DIVISORS = np.maximum(np.arange(256), 1)
HUES = np.rint((30 << 12) / _DIVISORS).astype(np.int32)
SATURATIONS = np.rint((255 << 12) / _DIVISORS).astype(np.int32)


@PIPELINES.register_module()
class ColorJitter:
    """Change brightness, contrast, saturation and hue by random factors, in random order; alike in all frames of a sample.

    The order is drawn for each sample; upstream draws it once, when the pipeline is built.

    Args:
        brightness: (low, high) of the factor; a number b means (1 - b, 1 + b). As in the next two, at most 1.
        contrast: of the factor of the distance from the frame's mean grey.
        saturation: of the factor of the distance from the pixel's own grey.
        hue: (low, high) of the turn, in shares of 255 / 180 of the circle, as in upstream; a number h means (-h, h), at most 0.5.
    """

    def __init__(
        self,
        brightness: Range = 0.5,
        contrast: Range = 0.5,
        saturation: Range = 0.5,
        hue: Range = 0.1,
    ) -> None:
        self.ranges = [
            _range("brightness", brightness, 1, 1),
            _range("contrast", contrast, 1, 1),
            _range("saturation", saturation, 1, 1),
            _range("hue", hue, 0.5, 0),
        ]

    def __call__(self, results: Results) -> Results:
        factors = [float(np.random.uniform(*each)) for each in self.ranges]
        order = np.random.permutation(4)
        changes = (_brightness, _contrast, _saturation, _hue)
        imgs = np.empty_like(results["imgs"])
        for index, img in enumerate(results["imgs"].astype(np.float32)):
            for number in order:
                img = changes[number](img, factors[number])
            imgs[index] = np.clip(img, 0, 255).astype(np.uint8)
        results["imgs"] = imgs
        return results


def _range(name: str, value: Range, most: float, middle: float) -> tuple[float, float]:
    low, high = (
        (middle - value, middle + value)
        if isinstance(value, (int, float))
        else tuple(value)
    )
    if not middle - most <= low <= high <= middle + most:
        raise ConfigError(
            f"ColorJitter has no {name}={value}",
            hint=f"a number of 0 to {most}, or (low, high) from {middle - most} to {middle + most}",
        )
    return low, high


def _brightness(img: Floats, factor: float) -> Floats:
    return img * np.float32(factor)


def _contrast(img: Floats, factor: float) -> Floats:
    return img * np.float32(factor) + np.float32((1 - factor) * (img @ GREY).mean())


def _saturation(img: Floats, factor: float) -> Floats:
    grey = (img @ GREY)[..., None]
    return img * np.float32(factor) + grey * np.float32(1 - factor)


def _hue(img: Floats, factor: float) -> Floats:
    """Turn the hue by int(factor * 255) steps of 2 degrees, in OpenCV's 8-bit HSV, which upstream turns it in."""
    if factor == 0:
        return img
    hue, saturation, value = _to_hsv(np.clip(img, 0, 255).astype(np.uint8))
    return _to_rgb((hue + int(factor * 255)) % 180, saturation, value)


def _to_hsv(img: NDArray[np.uint8]) -> tuple[NDArray[Any], ...]:
    """(H, W, 3) -> hue (0..179, in steps of 2 degrees), saturation and value (0..255), each (H, W) and rounded."""
    rgb = img.astype(np.int32)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    value, low = rgb.max(-1), rgb.min(-1)
    span = value - low
    turn = np.where(
        value == red,
        green - blue,
        np.where(value == green, blue - red + 2 * span, red - green + 4 * span),
    )
    hue = (turn * HUES[span] + 2048) >> 12
    saturation = (span * SATURATIONS[value] + 2048) >> 12
    return hue % 180, saturation, value


def _to_rgb(hue: NDArray[Any], saturation: NDArray[Any], value: NDArray[Any]) -> Floats:
    """The inverse of `_to_hsv`, rounded down to grey levels, as OpenCV does."""
    v = value.astype(np.float32)
    s = saturation.astype(np.float32) / 255
    # Each channel is v - v * s * (how far the hue is from it, 0 within 60 degrees, 1 beyond 120).
    places = hue[..., None].astype(np.float32) / 30 + np.array([5, 3, 1], np.float32)
    places %= 6
    far = np.clip(np.minimum(places, 4 - places), 0, 1)
    rgb: Floats = np.floor(v[..., None] - (v * s)[..., None] * far)
    return rgb
