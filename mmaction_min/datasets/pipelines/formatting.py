"""The end of a pipeline: the axes that a model wants, tensors, and the keys that go into the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ...errors import ConfigError
from ...runner.arriving import Arriving
from ..batch import Listed
from ..builder import PIPELINES, Results

FORMATS = ("NCHW", "NCTHW", "NCHW_Flow", "NPTCHW")


@PIPELINES.register_module()
class FormatShape:
    """Put the axes of `imgs`, (crops * num_clips * clip_len, H, W, C), in a model's order; keeps it in `input_shape`.

    Args:
        input_format: "NCHW" for a 2-D model: (crops * num_clips * clip_len, C, H, W), the frames as its segments.
            "NCTHW" for a 3-D one: (crops * num_clips, C, clip_len, H, W).
            "NCHW_Flow" for a 2-D model of Flow: (crops * num_clips, clip_len * 2, H, W), x and y of each frame in turn.
            "NPTCHW" for proposals: (num_proposals, num_clips * clip_len, C, H, W).
        collapse: leave out the first axis, which must then be 1.
    """

    def __init__(self, input_format: str, *, collapse: bool = False) -> None:
        if input_format not in FORMATS:
            raise ConfigError(
                f"FormatShape has no input_format={input_format!r}",
                hint=f"one of {', '.join(FORMATS)}",
            )
        self.input_format = input_format
        self.collapse = collapse

    def __call__(self, results: Results) -> Results:
        imgs = results["imgs"]
        h, w, c = imgs.shape[1:]
        if self.input_format == "NCTHW":
            imgs = imgs.reshape(-1, results["clip_len"], h, w, c)
            imgs = imgs.transpose(0, 4, 1, 2, 3)
        else:
            imgs = imgs.transpose(0, 3, 1, 2)  # (crops * num_clips * clip_len, C, H, W)
        imgs = np.ascontiguousarray(imgs)
        if self.input_format == "NCHW_Flow":
            imgs = imgs.reshape(-1, results["clip_len"] * c, h, w)
        elif self.input_format == "NPTCHW":
            frames = results["num_clips"] * results["clip_len"]
            imgs = imgs.reshape(results["num_proposals"], frames, c, h, w)
        if self.collapse:
            if len(imgs) != 1:
                raise ConfigError(
                    f"FormatShape(collapse=True) needs one clip, not {len(imgs)}",
                    hint="sample with num_clips=1, and cut once",
                )
            imgs = imgs[0]
        results["imgs"] = imgs
        results["input_shape"] = imgs.shape
        return results


@PIPELINES.register_module()
class Collect:
    """Keep what goes into the batch, and drop the rest.

    Args:
        keys: copied as they are.
        meta_keys: copied into one dict, which the batch keeps as a list.
        meta_name: the name of that dict; not made if there are no `meta_keys`.
        nested: put each value into a list.
    """

    def __init__(
        self,
        keys: Sequence[str],
        meta_keys: Sequence[str] = (),
        meta_name: str = "img_metas",
        *,
        nested: bool = False,
    ) -> None:
        self.keys = list(keys)
        self.meta_keys = list(meta_keys)
        self.meta_name = meta_name
        self.nested = nested

    def __call__(self, results: Results) -> Results:
        collected: Results = {key: results[key] for key in self.keys}
        if self.meta_keys:
            collected[self.meta_name] = {key: results[key] for key in self.meta_keys}
        if self.nested:
            return {key: [value] for key, value in collected.items()}
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


@PIPELINES.register_module()
class Rename:
    """Give values other names.

    Args:
        mapping: old name -> new name; an old name that is not there is passed over.
    """

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = dict(mapping)

    def __call__(self, results: Results) -> Results:
        for old, new in self.mapping.items():
            if old not in results:
                continue
            if new in results:
                raise ConfigError(
                    f"Rename cannot call {old!r} {new!r}: there is a {new!r} already"
                )
            results[new] = results.pop(old)
        return results


@PIPELINES.register_module()
class Transpose:
    """Put the axes of arrays in another order.

    Args:
        keys: the values to change.
        order: the old number of each new axis.
    """

    def __init__(self, keys: Sequence[str], order: Sequence[int]) -> None:
        self.keys = list(keys)
        self.order = tuple(order)

    def __call__(self, results: Results) -> Results:
        for key in self.keys:
            results[key] = results[key].transpose(self.order)
        return results


def _to_tensor(value: Any) -> torch.Tensor | Arriving:
    if isinstance(value, Arriving):  # it becomes one on the device
        return value
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    return torch.as_tensor(value)
