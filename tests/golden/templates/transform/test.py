"""MyTransform is built from its config, keeps the form of a sample, and depends on the seed alone."""

# Made by: scaffold add transform MyTransform

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.assemble import build_loader
from mmaction_min.config import Config
from mmaction_min.datasets.builder import PIPELINES
from mmaction_min.datasets.pipelines import MyTransform
from mmaction_min.datasets.seeding import seeded
from mmaction_min.models.builder import build_model
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/transforms/my_transform.py"


def new_transform() -> Any:
    """The transform of the config's pipeline."""
    pipeline = Config.fromfile(CONFIG).data.train.pipeline
    (cfg,) = (step for step in pipeline if step.type == "MyTransform")
    return PIPELINES.build(cfg)


def new_sample(dtype: type = np.uint8) -> dict[str, Any]:
    """Four frames of random grey levels, and a label."""
    grey = np.random.default_rng(0).integers(0, 256, (4, 6, 8, 3))
    return {"imgs": grey.astype(dtype), "img_shape": (6, 8), "label": 3}


def test_the_config_builds_the_transform() -> None:
    """The registry finds MyTransform, with the arguments of the config."""
    transform = new_transform()

    assert type(transform) is MyTransform
    assert transform.strength == 0.2


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_sample_keeps_its_form(dtype: type) -> None:
    """The frames stay (T, H, W, C) grey levels of their type, and the rest of the sample what it was."""
    sample = new_sample(dtype)

    results = new_transform()(sample)

    assert results["imgs"].shape == (4, 6, 8, 3)
    assert results["imgs"].dtype == dtype
    assert results["imgs"].min() >= 0
    assert results["imgs"].max() <= 255
    assert (results["img_shape"], results["label"]) == ((6, 8), 3)


def test_the_same_seed_gives_the_same_frames() -> None:
    """The random draw is from the generators that are seeded for each sample."""
    frames = []
    for _ in range(2):
        with seeded(1, 2):
            frames.append(new_transform()(new_sample())["imgs"])

    assert np.array_equal(*frames)


def test_the_model_of_the_config_trains_with_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch of the config's pipeline goes through a training step."""
    monkeypatch.setenv("MMACTION_MIN_CACHE", str(tmp_path))
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict({"data.workers_per_gpu": 0, "data.videos_per_gpu": 2})
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    loader = build_loader(cfg, "train", 0, torch.device("cpu"), num_clips=8, size=32)

    outputs = runner.step(next(iter(loader)))

    assert outputs["loss"].isfinite()
    assert outputs["num_samples"] == 2
