"""Checkpoints: what is in them, and how a model takes it. `checkpoint_file` is the file, `checkpoint_folder` what a run has.

A file holds `meta` (epoch, iter, inner_iter, seed, config text, scores), `state_dict` (on the CPU, without `module.`),
`optimizer`, `rng` and what else a run needs to go on. The published checkpoints of MMAction2 have the first three and
load too.
"""

from __future__ import annotations

import logging
import pickle
import re
import time
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import __version__
from ..errors import CheckpointError
from .checkpoint_file import LATEST as LATEST
from .checkpoint_file import (
    follow_pointer,
    has_no_comment,
    read_whole,
    write_whole,
)
from .checkpoint_file import point_latest as point_latest
from .parallel import unwrap
from .state import capture_rng

Renaming = Sequence[tuple[str, str]]
NO_WRAPPER: Renaming = ((r"^module\.", ""),)
"""Names as they are without the wrapper of DDP."""


def save_checkpoint(
    model: nn.Module,
    filename: str | Path,
    optimizer: Optimizer | Mapping[str, Optimizer] | None = None,
    meta: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint, with a checksum; a reader, or a crash, sees the old file or the new one and nothing between.

    Args:
        model: its weights and buffers; DDP's wrapper is taken off.
        filename: where to.
        optimizer: its state, if a run should resume from this file; or several, by name.
        meta: numbers and texts about the run; the version and the time are added.
        extra: more entries beside `meta`, of tensors, numbers and texts.

    Raises:
        DiskError: the disk is full or failed.
    """
    model = unwrap(model)
    checkpoint: dict[str, Any] = {
        "meta": {
            **(meta or {}),
            "mmaction_min_version": __version__,
            "time": time.asctime(),
            "checksum": "sha256",
        },
        "state_dict": {
            name: value.detach().cpu() for name, value in model.state_dict().items()
        },
        "rng": capture_rng(),
        **(extra or {}),
    }
    if isinstance(optimizer, Mapping):
        checkpoint["optimizer"] = {
            name: one.state_dict() for name, one in optimizer.items()
        }
    elif optimizer is not None:
        checkpoint["optimizer"] = optimizer.state_dict()
    write_whole(Path(filename), checkpoint)


def read_checkpoint(
    filename: str | Path, map_location: str | torch.device = "cpu"
) -> dict[str, Any]:
    """The content of a checkpoint: tensors, numbers and texts only, for a file is data and never code.

    Raises:
        CheckpointError: the file is missing, is broken (its checksum is wrong), or holds something that would run on loading.
    """
    path = Path(filename)
    try:
        path = follow_pointer(path)
        checkpoint, sealed = read_whole(path, map_location)
    except FileNotFoundError:
        raise CheckpointError("there is no such checkpoint", str(filename)) from None
    except CheckpointError:
        raise
    except pickle.UnpicklingError as e:
        raise CheckpointError(
            f"this is no checkpoint, or it holds more than tensors, numbers and texts ({_asks_for(e)})",
            str(filename),
            "only if you trust it: torch.load(file, weights_only=False), and save its state_dict alone",
        ) from None
    except Exception as e:  # a broken file can make its reader raise anything
        raise CheckpointError(
            f"the checkpoint cannot be read: {_first_line(e)}", str(filename)
        ) from e
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f"the file holds a {type(checkpoint).__name__}, not a checkpoint",
            str(filename),
        )
    meta = checkpoint.get("meta")
    was_sealed = isinstance(meta, Mapping) and "checksum" in meta
    if was_sealed and not sealed and not has_no_comment(path):
        raise CheckpointError("the end of the file is missing", str(filename))
    return checkpoint


def _asks_for(error: pickle.UnpicklingError) -> str:
    """What the file would have run; torch says it in the middle of a page of advice."""
    name = re.search(r"GLOBAL (\S+)", str(error))
    return f"it asks for {name[1]}" if name else _first_line(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


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
        filename: a checkpoint, or a bare state dict.
        map_location: the device that tensors are loaded to.
        strict: refuse a checkpoint whose names are not exactly the model's; otherwise they are logged.
        logger: gets the line about names that did not match.
        revise_keys: patterns and their replacements, which the file's names go through (`[(r"^backbone\.", "")]`).

    Raises:
        CheckpointError: the file cannot be read, a shape differs, no name fits, or (strict) a name differs.
    """
    checkpoint = read_checkpoint(filename, map_location)
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
    weights = dict(_state_dict(checkpoint, where))
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
    model.load_state_dict(weights, strict=False)
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


# ---- mmcv's names


def _load_checkpoint(
    filename: str | Path,
    map_location: str | torch.device | None = None,
    logger: logging.Logger | None = None,
) -> dict[str, Any]:
    """`read_checkpoint`, under mmcv's name."""
    return read_checkpoint(filename, map_location or "cpu")


def load_state_dict(
    module: nn.Module,
    state_dict: Mapping[str, Tensor],
    strict: bool = False,
    logger: logging.Logger | None = None,
) -> None:
    """Put weights into `module`; names that differ are logged, or refused if `strict`."""
    content = {"state_dict": dict(state_dict)}
    load_weights(module, content, "state_dict", strict=strict, logger=logger)


def weights_to_cpu(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights on the CPU."""
    return {name: value.cpu() for name, value in state_dict.items()}
