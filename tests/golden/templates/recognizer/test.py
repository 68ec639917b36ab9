"""MyRecognizer is built from its config, gives a row of scores for each clip, and learns."""

# Made by: scaffold add recognizer MyRecognizer

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.config import Config
from mmaction_min.models.builder import build_model
from mmaction_min.models.recognizers import MyRecognizer
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[3] / "configs/recognizers/my_recognizer.py"
NUM_CLIPS, NUM_SEGS = 2, 8


def new_recognizer() -> Any:
    """The model of the config."""
    return build_model(Config.fromfile(CONFIG).model)


def new_batch() -> dict[str, torch.Tensor]:
    """Clips that are small, and their labels."""
    imgs = torch.randn(NUM_CLIPS, NUM_SEGS, 3, 32, 32)
    return {"imgs": imgs, "label": torch.arange(NUM_CLIPS)}


def test_the_config_builds_the_recognizer() -> None:
    """The registry finds MyRecognizer, with the arguments of the config."""
    model = new_recognizer()

    assert type(model) is MyRecognizer


def test_a_test_gives_a_row_of_scores_for_each_clip() -> None:
    """`return_loss=False` gives (N, K) finite scores, as an array on the host."""
    model = new_recognizer().eval()

    scores = model(new_batch()["imgs"], return_loss=False)

    assert isinstance(scores, np.ndarray)
    assert scores.shape == (NUM_CLIPS, model.cls_head.num_classes)
    assert np.isfinite(scores).all()


def test_a_loss_needs_labels() -> None:
    """Without them there is a sentence, not a loss."""
    with pytest.raises(ValueError, match="label"):
        new_recognizer()(new_batch()["imgs"])


def test_a_training_step_changes_every_weight() -> None:
    """Gradients reach every parameter of the model, and the optimizer of the config moves it."""
    torch.manual_seed(0)
    model = new_recognizer()
    optimizer = build_optimizer(model, Config.fromfile(CONFIG).optimizer)
    before = {k: p.detach().clone() for k, p in model.named_parameters()}

    outputs = EpochBasedRunner(model, optimizer=optimizer).step(new_batch())

    assert outputs["loss"].isfinite()
    assert outputs["num_samples"] == NUM_CLIPS
    for name, param in model.named_parameters():
        assert param.grad is not None and param.grad.any(), f"no gradient in {name}"
        assert not torch.equal(param, before[name]), f"{name} did not change"
