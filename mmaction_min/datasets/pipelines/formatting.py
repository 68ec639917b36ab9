"""The end of a pipeline: the axes that a model wants, tensors, and the keys that go into the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ...errors import ConfigError
from ..builder import PIPELINES, Listed, Results

FORMATS = ("NCHW", "NCTHW")


@PIPELINES.register_module()
class FormatShape:
    """Put the axes of `imgs`, (crops * num_clips * clip_len, H, W, C), in a model's order; keeps it in `input_shape`.

    Args:
        input_format: "NCHW" for a 2-D model: (crops * num_clips * clip_len, C, H, W), the frames as its segments.
            "NCTHW" for a 3-D one: (crops * num_clips, C, clip_len, H, W).
    """

    def __init__(self, input_format: str) -> None:
        if input_format not in FORMATS:
            raise ConfigError(
                f"FormatShape has no input_format={input_format!r}",
                hint=f"one of {', '.join(FORMATS)}",
            )
        self.input_format = input_format

    def __call__(self, results: Results) -> Results:
        imgs = results["imgs"]
        if self.input_format == "NCHW":
            imgs = imgs.transpose(0, 3, 1, 2)
        else:
            imgs = imgs.reshape(
                -1, results["clip_len"], *imgs.shape[1:]
            )  # (N, T, H, W, C)
            imgs = imgs.transpose(0, 4, 1, 2, 3)
        results["imgs"] = np.ascontiguousarray(imgs)
        results["input_shape"] = imgs.shape
        return results


@PIPELINES.register_module()
class Collect:
    """Keep what goes into the batch, and drop the rest.

    Args:
        keys: copied as they are.
        meta_keys: copied into one dict, which the batch keeps as a list.
        meta_name: the name of that dict; not made if there are no `meta_keys`.
    """

    def __init__(
        self,
        keys: Sequence[str],
        meta_keys: Sequence[str] = (),
        meta_name: str = "img_metas",
    ) -> None:
        self.keys = list(keys)
        self.meta_keys = list(meta_keys)
        self.meta_name = meta_name

    def __call__(self, results: Results) -> Results:
        collected: Results = {key: results[key] for key in self.keys}
        if self.meta_keys:
            collected[self.meta_name] = {key: results[key] for key in self.meta_keys}
        return collected


@PIPELINES.register_module()
class ToTensor:
    """Make tensors of arrays, numbers and lists of numbers; a tensor stays as it is.

    Args:
        keys: the values to change.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)

    def __call__(self, results: Results) -> Results:
        for key in self.keys:
            results[key] = _to_tensor(results[key])
        return results


@PIPELINES.register_module()
class ToDataContainer:
    """Say how values go into a batch, as for mmcv's DataContainer: stacked, or in a list because their shapes differ.

    Args:
        fields: dicts with a `key`, or a list of them, and `stack` (False by default, as in mmcv); what else mmcv's container
            takes is passed over.
    """

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        self.fields = fields

    def __call__(self, results: Results) -> Results:
        for field in self.fields:
            keys = [field["key"]] if isinstance(field["key"], str) else field["key"]
            for key in keys:
                value = results[key]  # a missing one is the pipeline's mistake
                results[key] = value if field.get("stack") else Listed(value)
        return results


def _to_tensor(value: Any) -> torch.Tensor:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    return torch.as_tensor(value)
