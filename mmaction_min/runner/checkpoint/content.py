"""What is in a checkpoint.

A file holds `meta` (epoch, iter, inner_iter, seed, config text, scores), `state_dict` (on the CPU, without `module.`),
`optimizer`, `rng` and what else a run needs to go on. The published checkpoints of MMAction2 have the first three and
load too.
"""

from __future__ import annotations

import pickle
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ... import __version__
from ...errors import ArgumentError, CheckpointError
from ...fileio import ObjectStore, is_url
from ..destination import check_client
from ..parallel import unwrap
from ..state import capture_rng
from .file import (
    follow_pointer,
    has_no_comment,
    read_whole,
    write_whole,
)


def save_checkpoint(
    model: nn.Module,
    filename: str | Path,
    optimizer: Optimizer | Mapping[str, Optimizer] | None = None,
    meta: Mapping[str, Any] | None = None,
    file_client_args: Mapping[str, Any] | None = None,
    *,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint, with a checksum; a reader, or a crash, sees the old file or the new one and nothing between.

    Args:
        model: its weights and buffers; DDP's wrapper is taken off.
        filename: where to: a path, or an URL (`s3://bucket/a.pth`).
        optimizer: its state, if a run should resume from this file; or several, by name.
        meta: numbers and texts about the run; the version, the time and the model's `CLASSES` are added.
        file_client_args: mmcv's way to say what writes; `filename` says it here, and this has to agree.
        extra: more entries beside `meta`, of tensors, numbers and texts.

    Raises:
        ArgumentError: (a TypeError) meta is no dict.
        ConfigError: `file_client_args` and `filename` say two things.
        DiskError: the disk is full or failed.
    """
    if not isinstance(meta, Mapping | None):
        raise ArgumentError(f"meta is a dict, not {meta!r}")
    check_client(file_client_args, str(filename))
    model = unwrap(model)
    classes = getattr(model, "CLASSES", None)
    checkpoint: dict[str, Any] = {
        "meta": {
            **(meta or {}),
            **({} if classes is None else {"CLASSES": classes}),
            "mmaction_min_version": __version__,
            "time": time.asctime(),
            "checksum": "sha256",
        },
        "state_dict": weights_to_cpu(model.state_dict()),
        "rng": capture_rng(),
        **(extra or {}),
    }
    if isinstance(optimizer, Mapping):
        checkpoint["optimizer"] = {
            name: one.state_dict() for name, one in optimizer.items()
        }
    elif optimizer is not None:
        checkpoint["optimizer"] = optimizer.state_dict()
    if not is_url(filename):
        write_whole(Path(filename), checkpoint)
        return
    with TemporaryDirectory() as folder:
        local = Path(folder, "checkpoint.pth")
        write_whole(local, checkpoint)
        ObjectStore().put(local.read_bytes(), str(filename))


def weights_to_cpu(state_dict: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """The weights on the CPU; the versions of the modules, which torch keeps beside them, stay there."""
    weights = OrderedDict(
        (name, value.detach().cpu()) for name, value in state_dict.items()
    )
    return with_versions_of(state_dict, weights)


def with_versions_of(
    source: Mapping[str, Any], weights: OrderedDict[str, Tensor]
) -> OrderedDict[str, Tensor]:
    """The weights, with the versions that are beside `source`: by them a module knows names and meanings that it once had."""
    if hasattr(source, "_metadata"):
        weights._metadata = source._metadata  # type: ignore[attr-defined]
    return weights


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
        name = re.search(r"GLOBAL (\S+)", str(e))
        if name is None:  # torch says it in the middle of a page of advice
            raise CheckpointError("this is no checkpoint", str(filename)) from None
        raise CheckpointError(
            f"it holds more than tensors, numbers and texts (it asks for {name[1]})",
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


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
