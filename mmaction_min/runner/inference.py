"""A model over a data set, and what its data set says of the results (mmcv/engine/test.py)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from .device import autocast, to_device
from .dist import gather_objects, get_dist_info, on_rank_0
from .logging import has_live_bar


@torch.no_grad()
def single_gpu_test(
    model: nn.Module,
    data_loader: DataLoader[Any],
    device: torch.device | str = "cpu",
    amp_dtype: torch.dtype | None = None,
) -> list[np.ndarray]:
    """The model's scores over a data set, in its order, under a progress bar where there is a terminal.

    Args:
        model: called as `model(imgs=..., return_loss=False)`; it is left in evaluation mode.
        data_loader: gives batches in the order of the data set.
        device: the model is there.
        amp_dtype: run under autocast in this type.

    Returns:
        One array for each sample.
    """
    model.eval()
    results: list[np.ndarray] = []
    device = torch.device(device)
    with tqdm(
        total=len(data_loader),
        desc="Evaluating",
        leave=False,
        disable=get_dist_info()[0] > 0 or not has_live_bar(),
    ) as bar:
        for batch in data_loader:
            inputs = {
                key: value
                for key, value in to_device(batch, device).items()
                if key != "label"
            }
            with autocast(device, amp_dtype):
                results.extend(model(return_loss=False, **inputs))
            bar.update()
    return results


def multi_gpu_test(
    model: nn.Module,
    data_loader: DataLoader[Any],
    device: torch.device | str = "cpu",
    amp_dtype: torch.dtype | None = None,
) -> list[np.ndarray]:
    """`single_gpu_test` where each of several processes has its share of the data set; rank 0 gets all, in order.

    Args:
        model: with the weights and buffers of rank 0.
        data_loader: deals the samples out in turn, none twice (`build_dataloader(shuffle=False)`).
        device: as in `single_gpu_test`.
        amp_dtype: as in `single_gpu_test`.

    Returns:
        One array for each sample of the data set; on the other ranks, an empty list.
    """
    shares = gather_objects(single_gpu_test(model, data_loader, device, amp_dtype))
    if get_dist_info()[0] > 0:
        return []
    rounds = range(len(shares[0]))  # the first rank has the most
    return [share[i] for i in rounds for share in shares if i < len(share)]


def evaluate(
    data_loader: DataLoader[Any],
    results: Any,
    eval_kwargs: Mapping[str, Any],
    logger: logging.Logger | None = None,
) -> dict[str, float]:
    """The metrics that the loader's data set computes, as plain floats, so that a checkpoint can hold them.

    Rank 0 computes them from its results; every rank gets them.
    """
    dataset: Any = data_loader.dataset
    dataset = getattr(dataset, "dataset", dataset)  # what the loader wrapped

    def scores() -> dict[str, float]:
        values = dataset.evaluate(results, logger=logger, **eval_kwargs) or {}
        return {name: float(value) for name, value in values.items()}

    return on_rank_0(scores)
