from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets import Compose, collate
from mmaction_min.datasets.pipelines.device import leave_to_device
from mmaction_min.runner.arriving import Arriving
from mmaction_min.runner.device import to_device

NORM = {"type": "Normalize", "mean": [120.0, 110, 100], "std": [60.0, 55, 50]}
END = [{"type": "Collect", "keys": ["imgs", "label"], "meta_keys": ["flip"]}]


def steps(form: str, direction: str = "horizontal", **norm: Any) -> list[Any]:
    return [
        {"type": "RandomCrop", "size": 8},
        {"type": "Flip", "direction": direction, "flip_label_map": {0: 1}},
        {**NORM, **norm},
        {"type": "FormatShape", "input_format": form},
        *END,
        {"type": "ToTensor", "keys": ["imgs", "label"]},
    ]


def batch(pipeline: Compose) -> Any:
    samples = []
    for seed in range(6):
        imgs = np.random.default_rng(seed).integers(0, 256, (4, 9, 10, 3), np.uint8)
        sample = {"imgs": imgs, "img_shape": (9, 10), "clip_len": 2, "label": 0}
        np.random.seed(seed + 20)
        samples.append(pipeline(sample))
    return collate(samples)


@pytest.mark.parametrize("form", ["NCHW", "NCTHW"])
@pytest.mark.parametrize(
    ("direction", "norm"), [("horizontal", {}), ("vertical", {"to_bgr": True})]
)
def test_a_batch_finished_on_the_device_is_the_hosts(
    form: str, direction: str, norm: dict[str, Any]
) -> None:
    """Crops, flips (some are), labels and metas are equal, the floats to rounding; the frames travelled as bytes."""
    pipeline = Compose(steps(form, direction, **norm))
    expected, travelling = batch(pipeline), batch(leave_to_device(pipeline))
    arrived = to_device(travelling, torch.device("cpu"))

    assert isinstance(travelling["imgs"], Arriving)
    assert travelling["imgs"].frames.dtype == torch.uint8
    assert arrived["imgs"].shape == expected["imgs"].shape
    assert torch.allclose(arrived["imgs"], expected["imgs"], rtol=0, atol=1e-6)
    assert torch.equal(arrived["label"], expected["label"])
    assert 0 < expected["label"].sum() < 6
    assert arrived["img_metas"] == expected["img_metas"]


def spoil(results: dict[str, Any]) -> dict[str, Any]:
    return results


@pytest.mark.parametrize(
    "pipeline",
    [
        [NORM],
        [{"type": "FormatShape", "input_format": "NCHW"}, *END],
        [NORM, spoil, {"type": "FormatShape", "input_format": "NCHW"}, *END],
        [NORM, {"type": "FormatShape", "input_format": "NCHW"}, spoil],
        [NORM, {"type": "FormatShape", "input_format": "NPTCHW"}, *END],
    ],
)
def test_another_end_stays_on_the_host(pipeline: list[Any]) -> None:
    """A step of somebody's own after Normalize, or a shape of another kind: nothing is left to the device."""
    composed = Compose(pipeline)

    assert leave_to_device(composed) is composed
