from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mmaction_min.datasets import Compose
from mmaction_min.errors import ConfigError

CROP = {"type": "CenterCrop", "crop_size": 8, "lazy": True}
FLIP = {"type": "Flip", "flip_ratio": 1, "lazy": True}


def run(*steps: dict[str, Any]) -> dict[str, Any]:
    imgs = np.random.default_rng(0).integers(0, 256, (2, 12, 16, 3), np.uint8)
    return Compose(steps)({"imgs": imgs, "img_shape": (12, 16), "label": 0})


def test_lazy_crop_and_flip_are_the_eager_ones() -> None:
    """Without a resize between them the pixels are the same, and the note is gone."""
    lazy = run(CROP, FLIP, {"type": "Fuse"})
    eager = run({**CROP, "lazy": False}, {**FLIP, "lazy": False})

    assert np.array_equal(lazy["imgs"], eager["imgs"])
    assert "lazy" not in lazy


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"type": "Fuse"}], "nothing to do"),
        ([CROP, {**FLIP, "lazy": False}], "stands before the Fuse"),
        ([CROP, {"type": "TenCrop", "crop_size": 4}], "stands before the Fuse"),
        ([FLIP, CROP], "put the Flip last"),
        ([FLIP, FLIP], "two lazy Flips"),
    ],
)
def test_a_lazy_order_that_cannot_be_fused_is_refused(
    steps: list[dict[str, Any]], message: str
) -> None:
    """Eager steps before Fuse, crops after a flip, two flips, nothing at all."""
    with pytest.raises(ConfigError, match=message):
        run(*steps)
