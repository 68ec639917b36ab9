"""Checkpoints: what is in one, its file, the folder of a run, where others come from, and what a model takes of it."""

from .content import read_checkpoint, save_checkpoint, weights_to_cpu
from .loader import (
    CheckpointLoader,
    _load_checkpoint,
    _load_checkpoint_with_prefix,
    load_from_http,
    load_from_local,
    load_from_torchvision,
)
from .weights import load_checkpoint, load_state_dict

__all__ = [
    "CheckpointLoader",
    "_load_checkpoint",
    "_load_checkpoint_with_prefix",
    "load_checkpoint",
    "load_from_http",
    "load_from_local",
    "load_from_torchvision",
    "load_state_dict",
    "read_checkpoint",
    "save_checkpoint",
    "weights_to_cpu",
]
