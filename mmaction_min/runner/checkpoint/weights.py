"""From a checkpoint to a model: which weights it takes, under which names; what does not fit is refused by name."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import CheckpointError
from ..parallel import unwrap
from .content import with_versions_of
from .loader import CheckpointLoader

Renaming = Sequence[tuple[str, str]]
NO_WRAPPER: Renaming = ((r"^module\.", ""),)
"""Names as they are without the wrapper of DDP."""


def load_checkpoint(
    model: nn.Module,
    filename: str | Path,
    map_location: str | torch.device = "cpu",
    *,
    strict: bool = False,
    logger: logging.Logger | None = None,
    revise_keys: Renaming = NO_WRAPPER,
) -> dict[str, Any]:
    r"""Put the weights of a checkpoint into `model`, and return the checkpoint.

    Args:
        model: gets the weights; DDP's wrapper is looked through.
        filename: a checkpoint, or a bare state dict: a path, or what else `CheckpointLoader` knows.
        map_location: the device that tensors are loaded to.
        strict: refuse a checkpoint whose names are not exactly the model's; otherwise they are logged.
        logger: gets the line about names that did not match.
        revise_keys: patterns and their replacements, which the file's names go through (`[(r"^backbone\.", "")]`).

    Raises:
        CheckpointError: the file cannot be read, a shape differs, no name fits, or (strict) a name differs.
    """
    checkpoint = CheckpointLoader.load_checkpoint(str(filename), map_location)
    load_weights(
        model,
        checkpoint,
        str(filename),
        strict=strict,
        logger=logger,
        revise_keys=revise_keys,
    )
    return checkpoint


def load_weights(
    model: nn.Module,
    checkpoint: Mapping[str, Any],
    where: str,
    *,
    strict: bool = False,
    logger: logging.Logger | None = None,
    revise_keys: Renaming = NO_WRAPPER,
) -> None:
    """The same with the content of a checkpoint, which was read from `where`."""
    model = unwrap(model)
    source = _state_dict(checkpoint, where)
    weights = dict(source)
    for pattern, replacement in revise_keys:
        weights = {
            re.sub(pattern, replacement, name): value for name, value in weights.items()
        }
    for name in getattr(model, "NOT_LOADED", ()):  # what the model computes itself
        weights.pop(name, None)
    own = model.state_dict()
    messages = dict(checkpoint.get("meta") or {}).get("hook_msgs")
    if isinstance(messages, Mapping) and "ema_swapped" in messages:
        # Beside the mean that is under the model's names: only a run that goes on with EMAHook has a place for these.
        weights = {
            name: value
            for name, value in weights.items()
            if name in own or not name.startswith("ema_")
        }
    _refuse_shapes(weights, own, where)
    missing, unexpected = own.keys() - weights.keys(), weights.keys() - own.keys()
    differences = _in_words(missing=missing, unexpected=unexpected)
    if differences and (strict or missing == own.keys()):
        raise CheckpointError(f"the names of the weights differ: {differences}", where)
    versioned = with_versions_of(source, OrderedDict(weights))
    model.load_state_dict(versioned, strict=False)
    if differences:
        (logger or logging.getLogger(__name__)).warning(
            "%s: the names of the weights differ: %s", where, differences
        )


def _state_dict(checkpoint: Mapping[str, Any], where: str) -> Mapping[str, Tensor]:
    """The weights of a checkpoint, which may be all that it is.

    Raises:
        CheckpointError: they are no tensors by name.
    """
    weights = checkpoint.get("state_dict", checkpoint)
    if not isinstance(weights, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor)
        for name, value in weights.items()
    ):
        raise CheckpointError("its weights are not all tensors with names", where)
    return weights


def _refuse_shapes(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], where: str
) -> None:
    shapes = [
        f"{name} is {_kind(weights[name])} there and {_kind(own[name])} here"
        for name in sorted(own.keys() & weights.keys())
        if _kind(weights[name]) != _kind(own[name])
    ]
    if shapes:
        raise CheckpointError(
            f"the checkpoint is of another model: {'; '.join(shapes[:3])}",
            where,
            "is it the right config?",
        )


def _kind(tensor: Tensor) -> str:
    """The shape, and what numbers: a rounded weight would be another one, a float of another width is converted."""
    numbers = "" if tensor.is_floating_point() else f" of {tensor.dtype}"
    return f"{tuple(tensor.shape)}{numbers}"


def _in_words(**names_of: Set[str]) -> str:
    """`2 missing (a, b); 1 unexpected (c)`, at most three names of each."""
    return "; ".join(
        f"{len(names)} {word} ({', '.join(sorted(names)[:3])}{', ...' if len(names) > 3 else ''})"
        for word, names in names_of.items()
        if names
    )


def load_state_dict(
    module: nn.Module,
    state_dict: Mapping[str, Tensor],
    strict: bool = False,
    logger: logging.Logger | None = None,
) -> None:
    """Put weights into `module`; names that differ are logged, or refused if `strict`."""
    content = {"state_dict": state_dict}
    load_weights(module, content, "state_dict", strict=strict, logger=logger)
