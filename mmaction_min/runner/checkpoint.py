"""Checkpoints: written beside and renamed, and read without running anything that is in them.

A file holds `meta` (epoch, iter, inner_iter, seed, config text, scores), `state_dict` (on the CPU, without `module.`),
`optimizer` and `rng`, a list with an entry for each process. The published checkpoints of MMAction2 have the first three and load too.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
import time
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .. import __version__
from ..errors import CheckpointError
from .state import capture_rng

LATEST = "latest.pth"


def save_checkpoint(
    model: nn.Module,
    filename: str | Path,
    optimizer: (
        torch.optim.Optimizer | Mapping[str, torch.optim.Optimizer] | None
    ) = None,
    meta: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    rng: list[dict[str, Any]] | None = None,
) -> None:
    """Write a checkpoint; a reader, or a crash, sees the old file or the new one and nothing between.

    Args:
        model: its weights and buffers; DDP's wrapper is taken off.
        filename: where to.
        optimizer: its state, if a run should resume from this file.
        meta: numbers and texts about the run; the version and the time are added.
        extra: more entries beside `meta`, of tensors, numbers and texts.
        rng: the random number generators of each process; those of this one by default.
    """
    model = getattr(model, "module", model)
    checkpoint: dict[str, Any] = {
        "meta": {
            **(meta or {}),
            "mmaction_min_version": __version__,
            "time": time.asctime(),
        },
        "state_dict": {
            name: value.detach().cpu() for name, value in model.state_dict().items()
        },
        "rng": rng or [capture_rng()],
        **(extra or {}),
    }
    if optimizer is not None:
        checkpoint["optimizer"] = (
            {name: one.state_dict() for name, one in optimizer.items()}
            if isinstance(optimizer, Mapping)
            else optimizer.state_dict()
        )
    path = Path(filename)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(
    filename: str | Path, map_location: str | torch.device = "cpu"
) -> dict[str, Any]:
    """The content of a checkpoint: tensors, numbers and texts only, for a file is data and never code.

    Raises:
        CheckpointError: the file is missing, is broken, or holds something that would run on loading.
    """
    try:
        checkpoint = torch.load(filename, map_location=map_location, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError("there is no such checkpoint", str(filename)) from None
    except pickle.UnpicklingError as e:
        raise CheckpointError(
            f"this is no checkpoint, or it holds more than tensors, numbers and texts ({_first_line(e)})",
            str(filename),
            "only if you trust it: torch.load(file, weights_only=False), and save its state_dict alone",
        ) from None
    except (RuntimeError, EOFError, OSError) as e:
        raise CheckpointError(
            f"the checkpoint cannot be read: {_first_line(e)}", str(filename)
        ) from e
    if not isinstance(checkpoint, dict):
        raise CheckpointError(
            f"the file holds a {type(checkpoint).__name__}, not a checkpoint",
            str(filename),
        )
    return checkpoint


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def load_checkpoint(
    model: nn.Module,
    filename: str | Path,
    map_location: str | torch.device = "cpu",
    *,
    strict: bool = False,
    logger: logging.Logger | None = None,
) -> dict[str, Any]:
    """Put the weights of a checkpoint into `model`, and return the checkpoint.

    Args:
        model: gets the weights; DDP's wrapper is looked through.
        filename: a checkpoint, or a bare state dict.
        map_location: the device that tensors are loaded to.
        strict: refuse a checkpoint whose names are not exactly the model's; otherwise they are logged.
        logger: gets the line about names that did not match.

    Raises:
        CheckpointError: the file cannot be read, a shape differs, no name fits, or (strict) a name differs.
    """
    model = getattr(model, "module", model)
    checkpoint = read_checkpoint(filename, map_location)
    weights = {
        re.sub(r"^module\.", "", name): value
        for name, value in checkpoint.get("state_dict", checkpoint).items()
    }
    own = model.state_dict()
    _refuse_shapes(weights, own, filename)
    missing, unexpected = own.keys() - weights.keys(), weights.keys() - own.keys()
    differences = _in_words(missing=missing, unexpected=unexpected)
    if differences and (strict or missing == own.keys()):
        raise CheckpointError(
            f"the names of the weights differ: {differences}", str(filename)
        )
    model.load_state_dict(weights, strict=False)
    if differences:
        (logger or logging.getLogger(__name__)).warning(
            "%s: the names of the weights differ: %s", filename, differences
        )
    return checkpoint


def _refuse_shapes(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor], filename: str | Path
) -> None:
    shapes = [
        f"{name} is {tuple(weights[name].shape)} there and {tuple(own[name].shape)} here"
        for name in sorted(own.keys() & weights.keys())
        if weights[name].shape != own[name].shape
    ]
    if shapes:
        raise CheckpointError(
            f"the checkpoint is of another model: {'; '.join(shapes[:3])}",
            str(filename),
            "is it the right config?",
        )


def _in_words(**names_of: Set[str]) -> str:
    """`2 missing (a, b); 1 unexpected (c)`, at most three names of each."""
    return "; ".join(
        f"{len(names)} {word} ({', '.join(sorted(names)[:3])}{', ...' if len(names) > 3 else ''})"
        for word, names in names_of.items()
        if names
    )


def point_latest(path: Path) -> None:
    """Let `latest.pth` beside `path` point to it, in one step."""
    temporary = path.with_name(f".{LATEST}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(path.name)
    temporary.replace(path.with_name(LATEST))
