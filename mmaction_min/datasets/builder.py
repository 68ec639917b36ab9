"""The registries of datasets and pipeline transforms; from a config to a dataset, and to batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from ..registry import Registry
from .batch import collate_replaced
from .loader import POLL_S, VideoLoader
from .seeding import EpochSampler, SeededDataset, SizedDataset
from .workers import Notes, settle_in

Results = dict[str, Any]
"""What a pipeline passes along: one sample, from the file's name to the tensors."""

DATASETS = Registry("dataset", "mmaction_min/datasets/__init__.py")
PIPELINES = Registry(
    "pipeline transform", "mmaction_min/datasets/pipelines/__init__.py"
)


def build_dataset(
    cfg: Mapping[str, Any], default_args: Mapping[str, Any] | None = None
) -> Any:
    """`DATASETS.build(cfg, default_args)`, under mmaction's name."""
    return DATASETS.build(cfg, default_args)


def build_dataloader(
    dataset: SizedDataset,
    *,
    videos_per_gpu: int,
    workers_per_gpu: int,
    seed: int,
    shuffle: bool,
    drop_last: bool = False,
    persistent_workers: bool = True,
    pin_memory: bool = False,
    rank: int = 0,
    world_size: int = 1,
    timeout_s: float = 60,
    max_bad: float = 0,
) -> VideoLoader:
    """Batches of a dataset, the same for any number of workers.

    Call `loader.sampler.set_epoch(epoch, start)` before each epoch: it decides the order and, with the seed, every
    random draw of the pipeline. `len(loader)` is the number of batches of a whole epoch, also after a resume in its middle.

    Args:
        dataset: gives one sample (a dict) for an index.
        videos_per_gpu: the batch size of this process.
        workers_per_gpu: processes that prepare samples; 0 prepares them in this one.
        seed: the run's seed, at least 0.
        shuffle: another order in each epoch, and as many batches for every process: it is for training.
        drop_last: leave out the last batch if it is not full.
        persistent_workers: keep the workers between epochs (if there are any).
        pin_memory: page-locked batches, for copies to a GPU that do not wait.
        rank: which of the processes this one is.
        world_size: how many processes share an epoch.
        timeout_s: a worker that is over one clip for longer ends the run, with the clip's name.
        max_bad: how many videos may be broken: a number, or below 1 a share of all. Each is named once, and another clip
            takes its place. 0, for evaluation, lets the first one end the run: without it a score would be of another set.
    """
    equal = "cut" if drop_last else "padded"
    sampler = EpochSampler(
        len(dataset),
        seed,
        shuffle=shuffle,
        rank=rank,
        world_size=world_size,
        shares=equal if shuffle else "exact",
    )
    notes = Notes(workers_per_gpu)
    loader = VideoLoader(
        SeededDataset(dataset, seed, replace=max_bad > 0, notes=notes),
        batch_size=videos_per_gpu,
        sampler=sampler,
        num_workers=workers_per_gpu,
        drop_last=drop_last,
        persistent_workers=persistent_workers and workers_per_gpu > 0,
        pin_memory=pin_memory,
        collate_fn=collate_replaced,
        worker_init_fn=settle_in,
        timeout=POLL_S if workers_per_gpu else 0,
        # A loader draws a number at each start; from its own generator, so that the model's stream stays as it is.
        generator=torch.Generator().manual_seed(seed),
    )
    loader.notes, loader.timeout_s = notes, timeout_s
    loader.max_bad, loader.broken = max_bad, {}
    return loader
