"""The end of a pipeline, left to the device: Flip, Normalize and FormatShape, where nothing looks at the frames after them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...runner.arriving import Arriving, Recipe
from ..builder import Results
from .augmentations import Flip, Normalize
from .compose import Compose
from .formatting import Collect, FormatShape, ToTensor


class Send:
    """Makes of `imgs` what the device goes on with: an `Arriving`.

    Args:
        normalize, format_shape: the steps that this one stands for.
        flip: one that only draws, and is left to the device too.
    """

    def __init__(
        self, normalize: Normalize, format_shape: FormatShape, flip: Flip | None
    ) -> None:
        self.normalize = normalize
        self.clips = format_shape.input_format == "NCTHW"
        self.axis = None
        if flip is not None:
            self.axis = 2 if flip.direction == "horizontal" else 1

    def __call__(self, results: Results) -> Results:
        norm = self.normalize
        recipe = Recipe(
            tuple(norm.mean.tolist()),
            tuple(norm.std.tolist()),
            norm.to_bgr,
            results["clip_len"] if self.clips else None,
            self.axis,
        )
        frames = torch.from_numpy(np.ascontiguousarray(results["imgs"]))
        mirrored = torch.tensor(self.axis is not None and results["flip"])
        results["imgs"] = Arriving(frames, mirrored, recipe)
        results["img_norm_cfg"] = norm.config()
        t, h, w, c = frames.shape
        clip_len = recipe.clip_len
        results["input_shape"] = (
            (t // clip_len, c, clip_len, h, w) if clip_len else (t, c, h, w)
        )
        return results


def leave_to_device(pipeline: Compose) -> Compose:
    """The pipeline whose batches are finished on the device, with the same results but for rounding; or, where it ends otherwise, itself.

    That is a pipeline of RGB that ends in [Flip,] Normalize, FormatShape (NCHW or NCTHW), and any Collect and ToTensor. A subclass of
    these may do anything, so nothing is left to the device then.
    """
    steps = list(pipeline.transforms)
    place = next((i for i, step in enumerate(steps) if type(step) is Normalize), -1)
    if place < 0:
        return pipeline
    normalize, form = steps[place], (*steps, None)[place + 1]
    rest = steps[place + 2 :]
    plain = all(type(step) in (Collect, ToTensor) for step in rest)
    if (
        not isinstance(normalize, Normalize)
        or type(form) is not FormatShape
        or form.input_format not in ("NCHW", "NCTHW")
        or form.collapse
        or not plain
    ):
        return pipeline
    before = steps[:place]
    flip = before[-1] if before else None
    if type(flip) is Flip and not flip.lazy:
        before[-1] = flip.that_only_draws()
    else:
        flip = None
    return Compose([*before, Send(normalize, form, flip), *rest])


def finish_on_device(dataset: Any) -> None:
    """Let the batches of a data set be finished on the device, where its pipeline allows it; for one of another kind, nothing."""
    dataset = getattr(dataset, "dataset", dataset)  # what a RepeatDataset repeats
    pipeline = getattr(dataset, "pipeline", None)
    if isinstance(pipeline, Compose) and getattr(dataset, "modality", "") == "RGB":
        dataset.pipeline = leave_to_device(pipeline)
