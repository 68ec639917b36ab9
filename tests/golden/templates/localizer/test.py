"""MyLocalizer is built from its config, tells the moments of each class, and learns."""

# Made by: scaffold add localizer MyLocalizer

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.models.builder import build_model
from mmaction_min.models.localizers import MyLocalizer
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/localizers/my_localizer.py"
NUM_CLIPS, NUM_FRAMES = 2, 8


def new_localizer() -> Any:
    """The model of the config."""
    return build_model(Config.fromfile(CONFIG).model)


def new_batch() -> dict[str, torch.Tensor]:
    """Clips that are small, and their labels."""
    imgs = torch.randn(NUM_CLIPS, NUM_FRAMES, 3, 32, 32)
    return {"imgs": imgs, "label": torch.arange(NUM_CLIPS)}


def test_the_config_builds_the_localizer() -> None:
    """The registry finds MyLocalizer, with the arguments of the config."""
    model = new_localizer()

    assert type(model) is MyLocalizer
    assert model.hidden_channels == 128


def test_each_frame_has_scores_and_a_weight() -> None:
    """(N, K, T) finite scores; the weights of a clip's frames have the sum 1."""
    model = new_localizer().eval()

    scores, weights = model.localize(new_batch()["imgs"])

    assert scores.shape == (NUM_CLIPS, model.num_classes, NUM_FRAMES)
    assert scores.isfinite().all()
    assert weights.shape == (NUM_CLIPS, 1, NUM_FRAMES)
    assert weights.sum(dim=2).flatten().tolist() == pytest.approx([1.0] * NUM_CLIPS)


def test_a_test_gives_a_row_of_probabilities_for_each_clip() -> None:
    """`return_loss=False` gives (N, K) as an array on the host; a loss needs labels."""
    model = new_localizer().eval()

    scores = model(new_batch()["imgs"], return_loss=False)

    assert isinstance(scores, np.ndarray)
    assert scores.shape == (NUM_CLIPS, model.num_classes)
    assert scores.sum(axis=1) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="label"):
        model(new_batch()["imgs"])


def test_a_training_step_changes_every_weight() -> None:
    """Gradients reach every parameter of the model, and the optimizer of the config moves it."""
    torch.manual_seed(0)
    model = new_localizer()
    optimizer = build_optimizer(model, Config.fromfile(CONFIG).optimizer)
    before = {k: p.detach().clone() for k, p in model.named_parameters()}

    outputs = EpochBasedRunner(model, optimizer=optimizer).step(new_batch())

    assert outputs["loss"].isfinite()
    assert outputs["num_samples"] == NUM_CLIPS
    for name, param in model.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
