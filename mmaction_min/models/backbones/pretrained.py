"""Start values from a checkpoint on disk. Nothing is downloaded: who wants published weights fetches them once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from ...errors import CheckpointError
from ...runner import CheckpointLoader

NEW_MODULES = ("non_local_block.", "num_batches_tracked")
"""What start values may lack: modules that are added to a trained network, and counters that old files have not."""


def load_pretrained(
    module: nn.Module,
    source: str,
    rename: Callable[[str], str | None] | None = None,
) -> None:
    """Fill `module` from a checkpoint, of the same network or of that of one dimension less.

    A layer that is wrapped as `.net` or `.block` takes the values of the bare layer, a backbone those of a whole
    recognizer's checkpoint. A 3-D kernel takes those of a 2-D one, divided by its length in time (arXiv 1705.07750).
    The first convolution on other channels, as of optical flow, takes the mean over RGB in each (arXiv 1608.00859;
    upstream leaves it random).

    Args:
        module: gets the values.
        source: a path, or what else `CheckpointLoader` knows: `torchvision://resnet50`, `https://...`.
        rename: from a name in the file to the name here, or None for one that is not wanted.

    Raises:
        CheckpointError: the file is missing or broken, or has not a value for every parameter.
    """
    CheckpointLoader.require(source, "backbone.pretrained")
    content = CheckpointLoader.load_checkpoint(source)
    weights = _own_names(content, module, rename)
    own = module.state_dict()
    missing = [
        name
        for name in sorted(own.keys() - weights.keys())
        if not any(new in name for new in NEW_MODULES)
    ]
    if missing:
        raise CheckpointError(
            f"it has no {', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
            source,
            "is it of the same depth, and is torchvision_pretrain right?",
        )
    fitting = {
        name: _fit(weights[name], own[name], f"{source}: {name}")
        for name in sorted(own.keys() & weights.keys())
    }
    module.load_state_dict(fitting, strict=False)


def _own_names(
    checkpoint: Mapping[str, Any],
    module: nn.Module,
    rename: Callable[[str], str | None] | None,
) -> dict[str, Tensor]:
    """The values of a file under the names that `module` has for them."""
    weights = dict(checkpoint.get("state_dict", checkpoint))
    if any(name.startswith("backbone.") for name in weights):
        weights = {
            name.removeprefix("backbone."): value
            for name, value in weights.items()
            if name.startswith("backbone.")
        }
    names: dict[str, str | None] = {name: name for name in weights}
    if rename is not None and not weights.keys() & module.state_dict().keys():
        names = {name: rename(name) for name in weights}
    bare = {
        name.replace(".net.", ".").replace(".block.", "."): name
        for name in module.state_dict()
    }
    return {
        bare.get(new, new): weights[name]
        for name, new in names.items()
        if new is not None
    }


def _fit(value: Tensor, target: Tensor, where: str) -> Tensor:
    """A value in the shape of `target`: a kernel inflated in time, or on other channels; refused otherwise."""
    if value.dim() == 4 and target.dim() == 5:  # (C', C, H, W) -> (C', C, T, H, W)
        length = target.shape[2]
        value = value[:, :, None].expand(-1, -1, length, -1, -1) / length
    if value.dim() >= 4 and value.shape[1] == 3 != target.shape[1]:
        value = value.mean(dim=1, keepdim=True).expand(
            -1, target.shape[1], *value[0, 0].shape
        )
    if target.dim() == 1:  # old ports of Caffe models have (1, C) for a batch norm
        value = value.reshape(-1)
    if value.shape != target.shape:
        raise CheckpointError(
            f"it is {tuple(value.shape)} there, and {tuple(target.shape)} here",
            where,
            "is it of the same depth and style?",
        )
    return value


def torchvision_resnet(name: str) -> str | None:
    """The name here of a parameter of torchvision's ResNet; None for the classifier."""
    if name.startswith("fc."):
        return None
    name = name.replace("downsample.0", "downsample.conv")
    name = name.replace("downsample.1", "downsample.bn")
    name = re.sub(r"\bbn(\d)\.", r"conv\1.bn.", name)
    return re.sub(r"\bconv(\d)\.(?!conv|bn)", r"conv\1.conv.", name)
