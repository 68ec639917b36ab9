"""A model over a data set; tests/distributed has the one in several processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.runner import EpochBasedRunner, single_gpu_test

MakeRunner = Callable[..., EpochBasedRunner]


def test_scores_come_in_the_order_of_the_data(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """One array a sample; the labels are not shown to the model."""
    model = make_runner().model

    results = single_gpu_test(model, loader)

    assert len(results) == 12
    assert not model.training
    assert float(results[5][0]) == pytest.approx(
        float(model(loader.dataset[5]["imgs"][None], return_loss=False)[0, 0])
    )
