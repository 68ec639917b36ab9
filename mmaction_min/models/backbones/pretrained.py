"""Start values from a checkpoint on disk. Nothing is downloaded: who wants torchvision's weights fetches them once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from ..._torchvision import import_torchvision
from ...errors import CheckpointError
from ...runner import read_checkpoint

TORCHVISION = "torchvision://"


def load_pretrained(
    module: nn.Module, source: str, rename: Callable[[str], str | None] | None = None
) -> None:
    """Fill `module` from a checkpoint.

    Args:
        module: gets the values; a layer that is wrapped as `.net` takes those of the bare layer.
        source: a path, or `torchvision://NAME` for torchvision's weights in torch's cache.
        rename: from a name in the file to the name here, or None for one that is not wanted.

    Raises:
        CheckpointError: the file is missing or broken, or has not a value for every parameter.
    """
    path = (
        _torchvision_file(source.removeprefix(TORCHVISION))
        if source.startswith(TORCHVISION)
        else Path(source)
    )
    checkpoint = read_checkpoint(path)
    weights = checkpoint.get("state_dict", checkpoint)
    if rename is not None:
        weights = {
            new: value
            for name, value in weights.items()
            if (new := rename(name)) is not None
        }
    own = module.state_dict()
    bare = {name.replace(".net.", "."): name for name in own}
    weights = {bare.get(name, name): value for name, value in weights.items()}
    if missing := sorted(own.keys() - weights.keys()):
        raise CheckpointError(
            f"it has no {', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}",
            str(path),
            "is it of the same depth, and is torchvision_pretrain right?",
        )
    module.load_state_dict({name: weights[name] for name in own})


def _torchvision_file(name: str) -> Path:
    """The file of torchvision's newest ImageNet weights of `name` in torch's cache."""
    models = import_torchvision("torchvision.models")
    try:
        url: str = models.get_model_weights(name).DEFAULT.url
    except ValueError as e:
        raise CheckpointError(
            f"torchvision has no model {name!r}", f"{TORCHVISION}{name}"
        ) from e
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if not path.exists():
        raise CheckpointError(
            "torchvision's weights are not on this disk, and nothing is downloaded without being asked",
            str(path),
            f"""fetch them once: python -c "import torchvision; torchvision.models.{name}(weights='DEFAULT')" """.strip(),
        )
    return path
