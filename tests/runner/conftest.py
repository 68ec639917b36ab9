"""A model, data and a runner that are small enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from mmaction_min.runner import EpochBasedRunner


class ToyModel(nn.Module):
    """Linear regression with dropout, so that a lost random number would be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 1)
        self.drop = nn.Dropout(0.5)

    def forward(
        self,
        imgs: Tensor,
        label: Tensor | None = None,
        return_loss: bool = True,
        **_: Any,
    ) -> Any:
        score = self.fc(self.drop(imgs))
        return (
            (score - label[:, None]).square().mean()
            if label is not None and return_loss
            else score.detach().numpy()
        )

    def train_step(self, batch: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
        loss = self(**batch)
        return {
            "loss": loss,
            "log_vars": {"loss": loss.detach()},
            "num_samples": len(batch["imgs"]),
        }

    def val_step(self, batch: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
        return self.train_step(batch, optimizer)


class ToyData(Dataset[Any]):
    """Twelve points; `evaluate` gives the scores that the test put into `scores`, one after the other."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.evaluated: list[int] = []

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> dict[str, Any]:
        x = torch.tensor([index / 12, 1 - index / 12])
        return {"imgs": x, "label": 2 * x[0] - x[1]}

    def evaluate(self, results: list[Any], **_: Any) -> dict[str, float]:
        self.evaluated.append(len(results))
        return {"top1_acc": self.scores.pop(0)}


MakeRunner = Callable[..., EpochBasedRunner]


@pytest.fixture
def loader() -> DataLoader[Any]:
    return DataLoader(ToyData(), batch_size=4, generator=torch.Generator())


@pytest.fixture
def make_runner(tmp_path: Path) -> MakeRunner:
    def make(max_epochs: int = 3, lr: float = 0.1, **kwargs: Any) -> EpochBasedRunner:
        torch.manual_seed(0)
        model = ToyModel()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        return EpochBasedRunner(
            model,
            optimizer=optimizer,
            work_dir=tmp_path,
            max_epochs=max_epochs,
            **kwargs,
        )

    return make
