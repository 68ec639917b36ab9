from __future__ import annotations

import numpy as np
import torch

from mmaction_min.datasets import collate
from mmaction_min.errors import DataError


def test_collate_stacks_values_and_keeps_metas_as_a_list() -> None:
    """Arrays, tensors and numbers get a first axis; `img_metas` stays a list of dicts."""
    batch = collate(
        [
            {
                "imgs": np.full((8, 3), i, np.float32),
                "label": torch.tensor(i),
                "weight": i,
                "img_metas": {"filename": f"{i}.mp4"},
            }
            for i in range(2)
        ]
    )

    assert isinstance(batch, dict)
    assert batch["imgs"].shape == (2, 8, 3)
    assert batch["label"].tolist() == batch["weight"].tolist() == [0, 1]
    assert batch["img_metas"] == [{"filename": "0.mp4"}, {"filename": "1.mp4"}]


def test_collate_says_which_value_has_two_shapes() -> None:
    """Frames of two sizes cannot be one batch; the error names the key, the shapes and the way out."""
    error = collate([{"imgs": np.zeros((8, 4))}, {"imgs": np.zeros((8, 5))}])

    assert isinstance(error, DataError)
    assert "'imgs' has more than one shape in a batch: (8, 4), (8, 5)" in str(error)
    assert "Resize" in error.hint
