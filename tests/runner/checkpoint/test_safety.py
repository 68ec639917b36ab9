"""What may be in a checkpoint; tests/faults/test_poisoned.py has what may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mmaction_min.runner import read_checkpoint


def test_numbers_of_numpy_load_as_numbers(tmp_path: Path) -> None:
    """As MMAction2's checkpoints have them in their scores, of both of torch's formats."""
    meta = {"a": np.float64(0.25), "b": np.int64(-3), "c": np.dtype(">f4").type(2)}
    for zipped in (True, False):
        torch.save(
            {"meta": meta, "state_dict": {}},
            tmp_path / "a.pth",
            _use_new_zipfile_serialization=zipped,
        )

        assert read_checkpoint(tmp_path / "a.pth")["meta"] == {
            "a": 0.25,
            "b": -3,
            "c": 2,
        }
