"""What a checkpoint must hold beside weights so that a resumed run goes on exactly: the random number generators."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import torch

from .dist import get_dist_info


def set_random_seed(
    seed: int, deterministic: bool = False, use_rank_shift: bool = False
) -> None:
    """Seed python, numpy and torch, and the hashes of python's processes to come.

    Args:
        seed: the seed of all of them.
        deterministic: let torch refuse operations that give other bits each time, and choose cuDNN's algorithms by rule.
        use_rank_shift: add the rank, so that each process draws other numbers.
    """
    if use_rank_shift:
        seed += get_dist_info()[0]
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    os.environ["PYTHONHASHSEED"] = str(seed)
    torch.backends.cudnn.deterministic = deterministic
    torch.use_deterministic_algorithms(deterministic)
    if deterministic:
        torch.backends.cudnn.benchmark = False


def capture_rng() -> dict[str, Any]:
    """The state of every generator, of types that `torch.load(weights_only=True)` takes."""
    version, words, gauss = random.getstate()
    name, keys, *rest = np.random.get_state(legacy=True)
    state: dict[str, Any] = {
        "python": [version, list(words), gauss],
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Put back what `capture_rng` gave; a checkpoint of MMAction2 has nothing of it."""
    if not state:
        return
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if (
        torch.cuda.is_available()
        and len(state.get("cuda", [])) == torch.cuda.device_count()
    ):
        torch.cuda.set_rng_state_all(state["cuda"])
