"""The transforms against what MMAction2 0.24.1 gave for the same draws (`tests/golden/transforms.json`)."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mmaction_min.core.evaluation import (
    mean_average_precision,
    mmit_mean_average_precision,
)
from mmaction_min.datasets import PIPELINES, Compose

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "transforms.json").read_text()
)
RESIZING = {"Resize", "RandomRescale", "Fuse"}


def frames(count: int, height: int, width: int, modality: str) -> NDArray[np.uint8]:
    """What the golden file was made from, (T, H, W, 3), or (T, H, W) of Flow."""
    t, y, x, c = np.ogrid[:count, :height, :width, : 1 if modality == "Flow" else 3]
    imgs = ((7 * y + 5 * x + 40 * c + 60 * t + x * y // 3) % 256).astype(np.uint8)
    return imgs[..., 0] if modality == "Flow" else imgs


def test_the_frames_are_upstreams_for_the_same_draws() -> None:
    """Every mode of the samplers, in training and testing, on videos of 1 to 301 frames: the same indices."""
    for seed, row in enumerate(GOLDEN["sampling"]):
        np.random.seed(seed)
        sampler = PIPELINES.build(row["step"])
        results = sampler({"total_frames": row["total"], "start_index": 1})

        assert results["frame_inds"].tolist() == row["inds"], row["step"]


@pytest.mark.parametrize("seed", range(len(GOLDEN["pixels"])))
def test_the_pixels_are_upstreams_for_the_same_draws(seed: int) -> None:
    """Crops, flips, formats and normalisation are equal; what is resized is within a grey level of OpenCV's."""
    row = GOLDEN["pixels"][seed]
    pipeline = Compose(row["steps"])
    count, height, width = row["frames"]
    random.seed(seed)
    np.random.seed(seed)
    results = pipeline(
        {
            "imgs": frames(count, height, width, row["modality"]),
            "img_shape": (height, width),
            "modality": row["modality"],
            "num_clips": 1,
            "clip_len": count // (2 if row["modality"] == "Flow" else 1),
            "label": 3,
        }
    )
    imgs = np.asarray(results["imgs"])
    types = {step["type"] for step in row["steps"]}
    norm = next((s for s in row["steps"] if s["type"] == "Normalize"), {"std": [1]})
    level = 1 / min(norm["std"]) if types & RESIZING else 0

    assert list(imgs.shape) == row["shape"]
    assert list(results["img_shape"]) == row["img_shape"]
    pixels = imgs.reshape(-1)[:: max(1, imgs.size // 60)].astype(float)
    assert np.abs(pixels - row["pixels"]).max() <= level + 2e-4
    for key in {"crop_bbox", "crop_quadruple", "scale_factor"} & row.keys():
        value = np.atleast_2d(results[key])[0]
        assert value == pytest.approx(np.array(row[key]), abs=1e-5), key


def test_average_precisions_are_upstreams() -> None:
    """By class and by sample, with ties among the scores."""
    golden = GOLDEN["metrics"]
    for metric in (mean_average_precision, mmit_mean_average_precision):
        value = metric(golden["scores"], golden["labels"])

        assert value == pytest.approx(golden[metric.__name__], abs=1e-12)
