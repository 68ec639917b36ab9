"""A loss or a gradient that is not finite ends the run before the step, with the losses' names and the clips' paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from mmaction_min.datasets import build_dataloader
from mmaction_min.errors import NotFiniteError
from mmaction_min.runner import EpochBasedRunner, Hook
from mmaction_min.runner.finite import FiniteGuard
from mmaction_min.runner.update import Update

NUMBERS = {"nan": math.nan, "inf": math.inf, "minus inf": -math.inf}
# In the loss itself, or in its gradient while the loss is finite.
POISONS = [(place, number) for place in ("loss", "gradient") for number in NUMBERS]
MODES: dict[str, dict[str, Any]] = {
    "float32": {},
    "bfloat16": {},
    "clipped": {"grad_clip": {"max_norm": 1}},
    "accumulated": {"cumulative_iters": 2},
    "on the device": {},
}


class Poisoned(nn.Module):
    """A layer whose loss, or its gradient, is spoiled in one iteration."""

    def __init__(self, place: str, value: float, at: int) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 1)
        self.place = place
        self.value = value
        self.at = at
        self.calls = 0

    def train_step(self, batch: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
        score = self.fc(batch["imgs"])
        loss: Tensor = score.float().square().mean()
        if self.calls == self.at and self.place == "loss":
            loss = loss * self.value
        elif self.calls == self.at:
            score.register_hook(lambda gradient: gradient * self.value)
        self.calls += 1
        return {
            "loss": loss,
            "log_vars": {"loss_cls": loss.detach(), "top1_acc": 0.5},
            "num_samples": 2,
        }


class Clips:
    """Twelve clips with names."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> dict[str, Any]:
        meta = {"filename": f"clips/{index}.mp4"}
        return {"imgs": torch.tensor([1.0, index]), "img_metas": meta}


class Weights(Hook):
    """Keeps the weights after each step."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def before_run(self, runner: Any) -> None:
        self.seen.append(runner.model.fc.weight.detach().clone())

    def after_train_iter(self, runner: Any) -> None:
        self.before_run(runner)


Make = Callable[..., tuple[EpochBasedRunner, Weights, DataLoader[Any]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(
        mode: str, place: str, value: float, at: int, **settings: Any
    ) -> tuple[EpochBasedRunner, Weights, DataLoader[Any]]:
        torch.manual_seed(0)
        model, weights = Poisoned(place, value, at), Weights()
        update = Update(**settings)
        if mode == "on the device":
            update.guard = FiniteGuard(deferred=True)
        runner = EpochBasedRunner(
            model,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.001, fused=True),
            work_dir=tmp_path,
            max_epochs=1,
            update=update,
            amp_dtype=torch.bfloat16 if mode == "bfloat16" else None,
        )
        runner.register_training_hooks(
            None, log_config=dict(interval=3, hooks=[dict(type="TextLoggerHook")])
        )
        runner.register_hook(weights)
        loader = build_dataloader(
            Clips(), videos_per_gpu=2, workers_per_gpu=0, seed=0, shuffle=False
        )
        return runner, weights, loader

    return build


@pytest.mark.parametrize("at", [0, 3])
@pytest.mark.parametrize("poison", POISONS, ids=" ".join)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_finite_ends_the_run_before_the_step(
    make: Make, mode: str, poison: tuple[str, str], at: int
) -> None:
    """In the iteration's own numbers, clips and losses, with the weights of the last good step."""
    place, number = poison
    runner, weights, loader = make(mode, place, NUMBERS[number], at, **MODES[mode])
    # Within a group of batches the gradient is looked at when the optimizer steps.
    told = at + 1 if mode == "accumulated" and place == "gradient" and at == 0 else at

    with pytest.raises(FloatingPointError) as caught:
        runner.run([loader])

    assert isinstance(caught.value, NotFiniteError)
    text = str(caught.value)
    assert text.startswith(f"the {place} is not finite in iteration {told + 1}: loss ")
    clips = f"clips/{2 * told}.mp4, clips/{2 * told + 1}.mp4"
    assert f"; the clips are {clips}\nhint: " in text
    assert "loss_cls" in text
    assert torch.equal(runner.model.fc.weight, weights.seen[at])


@pytest.mark.parametrize(("place", "ends"), [("gradient", False), ("loss", True)])
def test_a_scaler_leaves_out_the_step_of_a_gradient_that_overflows_and_nothing_else(
    make: Make, place: str, ends: bool
) -> None:
    """It scales the next one less; a loss that is not finite is no matter of scale."""
    runner, weights, loader = make("float32", place, math.inf, 3, loss_scale=1024.0)
    runner.update.fixed_scale = None  # as for 'dynamic'

    if ends:
        with pytest.raises(
            NotFiniteError, match="the loss is not finite in iteration 4"
        ):
            runner.run([loader])
        return
    runner.run([loader])

    moved = [
        not torch.equal(a, b)
        for a, b in zip(weights.seen, weights.seen[1:], strict=False)
    ]
    assert moved == [True, True, True, False, True, True]
    assert runner.update.scaler(torch.device("cpu")).get_scale() == 512
