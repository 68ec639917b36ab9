"""Transforms of `imgs`, one array (T, H, W, C), in place of each other: every frame of a sample gets the same.

`img_shape` is (H, W); a `scale` is (W, H), as mmcv has it. With `lazy` a transform is noted, and done by `Fuse`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ..builder import PIPELINES, Results
from .lazy import lazy_state
from .pixels import INTERPOLATIONS, mirror, resize

DIRECTIONS = ("horizontal", "vertical")


@PIPELINES.register_module()
class Resize:
    """Resize the frames, without antialiasing (as OpenCV does, to 1 grey level).

    `scale_factor` is (W, H) of all resizes so far together.

    Args:
        scale: a factor; or (W, H), a bound to fit in if `keep_ratio`, else the exact size; (-1, S) makes the short side S.
        keep_ratio: keep the aspect ratio.
        interpolation: "bilinear" or "nearest".
        lazy: leave the work to `Fuse`.
    """

    def __init__(
        self,
        scale: float | Sequence[int],
        *,
        keep_ratio: bool = True,
        interpolation: str = "bilinear",
        lazy: bool = False,
    ) -> None:
        sizes = (scale,) if isinstance(scale, (int, float)) else tuple(scale)
        side_free = len(sizes) == 2 and min(sizes) == -1 < max(sizes) and keep_ratio
        # A factor as large as a size was meant as one; upstream takes no whole number at all.
        fits = len(sizes) == 2 or (isinstance(scale, (int, float)) and scale < 32)
        if not fits or (min(sizes) <= 0 and not side_free):
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
        self.lazy = lazy

    def __call__(self, results: Results) -> Results:
        h, w = results["img_shape"]
        new_h, new_w = self._new_shape(h, w)
        state = lazy_state(results, lazy=self.lazy)
        if state is None:
            results["imgs"] = resize(results["imgs"], new_h, new_w, self.interpolation)
        else:
            state.interpolation = self.interpolation
        results["img_shape"] = (new_h, new_w)
        results["keep_ratio"] = self.keep_ratio
        factor = np.array([new_w / w, new_h / h], np.float32)
        results["scale_factor"] = factor * results.get("scale_factor", np.float32(1))
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
class RandomRescale:
    """Resize the frames so that the short side is drawn at random; the aspect ratio stays.

    Args:
        scale_range: the least and the greatest short side, both included.
        interpolation: as in `Resize`.
    """

    def __init__(
        self, scale_range: Sequence[int], interpolation: str = "bilinear"
    ) -> None:
        if len(scale_range) != 2 or not 0 < scale_range[0] <= scale_range[1]:
            raise ConfigError(
                f"RandomRescale needs 0 < low <= high in scale_range, not {scale_range}"
            )
        self.low, self.high = scale_range
        self.interpolation = interpolation

    def __call__(self, results: Results) -> Results:
        side = np.random.randint(self.low, self.high + 1)
        results["short_edge"] = side
        return Resize((-1, side), interpolation=self.interpolation)(results)


@PIPELINES.register_module()
class Flip:
    """Mirror all the frames of a sample, at random; of Flow the x planes are inverted with it (255 - value).

    Args:
        flip_ratio: how often, 0 to 1.
        direction: "horizontal" or "vertical" (not for Flow).
        flip_label_map: the label of a mirrored sample, for the labels that a mirror changes (left becomes right).
        lazy: leave the work to `Fuse`.
    """

    def __init__(
        self,
        flip_ratio: float = 0.5,
        direction: str = "horizontal",
        flip_label_map: Mapping[int, int] | None = None,
        *,
        lazy: bool = False,
    ) -> None:
        if direction not in DIRECTIONS:
            raise ConfigError(
                f"Flip has no direction={direction!r}",
                hint=f"one of {', '.join(DIRECTIONS)}",
            )
        self.flip_ratio = flip_ratio
        self.direction = direction
        self.flip_label_map = dict(flip_label_map or {})
        self.lazy = lazy
        self.only_draws = False

    def that_only_draws(self) -> Flip:
        """One that draws, and leaves the frames to who looks at `flip`."""
        flip = copy(self)
        flip.only_draws = True
        return flip

    def __call__(self, results: Results) -> Results:
        modality = results.get("modality", "RGB")
        if modality == "Flow" and self.direction != "horizontal":
            raise ConfigError(
                f"Flip knows no {self.direction} mirror of Flow",
                hint="direction='horizontal'",
            )
        flip = bool(np.random.rand() < self.flip_ratio)
        results["flip"] = flip
        results["flip_direction"] = self.direction
        state = lazy_state(results, lazy=self.lazy)
        if not flip:
            return results
        if self.only_draws:
            pass
        elif state is None:
            results["imgs"] = mirror(results["imgs"], self.direction, modality)
        elif state.direction is not None:
            raise ConfigError("there are two lazy Flips", hint="use one")
        else:
            state.direction = self.direction
        if self.flip_label_map:
            results["label"] = self._mirrored(results["label"])
        return results

    def _mirrored(self, label: int | NDArray[Any]) -> int | NDArray[Any]:
        """The label of the mirror image; of several, (num_classes,) of 0 and 1, each moves to its place."""
        if not isinstance(label, np.ndarray):
            return self.flip_label_map.get(label, label)
        moved = np.zeros_like(label)
        for number in np.flatnonzero(label).tolist():
            moved[self.flip_label_map.get(number, number)] = label[number]
        return moved


@PIPELINES.register_module()
class Normalize:
    """Make `imgs` float32: (imgs - mean) / std, channel by channel.

    Of Flow, (2 * T, H, W), it makes (T, H, W, 2): x and y beside each other.

    Args:
        mean: one value a channel, in grey levels (0..255).
        std: one value a channel, in grey levels.
        to_bgr: reverse the channels first; mean and std are then in the order B, G, R.
        adjust_magnitude: of Flow, multiply x and y by the `scale_factor` of the resizes, as motion grows with the frame.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        *,
        to_bgr: bool = False,
        adjust_magnitude: bool = False,
    ) -> None:
        if len(mean) != len(std) or min(std) <= 0:
            raise ConfigError(
                f"Normalize needs as many values in mean as in std, and std > 0, not mean={mean}, std={std}"
            )
        self.mean = np.array(mean, np.float32)
        self.std = np.array(std, np.float32)
        self.to_bgr = to_bgr
        self.adjust_magnitude = adjust_magnitude

    def __call__(self, results: Results) -> Results:
        imgs = results["imgs"]
        flow = results.get("modality", "RGB") == "Flow"
        if flow:
            imgs = np.stack([imgs[::2], imgs[1::2]], -1)
        if imgs.shape[-1] != len(self.mean):
            raise ConfigError(
                f"Normalize has {len(self.mean)} values in mean, and the frames have {imgs.shape[-1]} channels"
            )
        imgs = (imgs[..., ::-1] if self.to_bgr else imgs).astype(np.float32)
        imgs -= self.mean
        imgs /= self.std
        if flow and self.adjust_magnitude:
            imgs *= results["scale_factor"]
        results["imgs"] = imgs
        results["img_norm_cfg"] = self.config()
        if flow:
            results["img_norm_cfg"]["adjust_magnitude"] = self.adjust_magnitude
        return results

    def config(self) -> dict[str, Any]:
        """What was done, for `img_metas`."""
        return {"mean": self.mean, "std": self.std, "to_bgr": self.to_bgr}
