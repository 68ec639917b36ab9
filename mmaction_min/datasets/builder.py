"""The registries of datasets and pipeline transforms; from a config to a dataset, and to batches."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, default_collate

from ..errors import DataError, EngineError
from ..registry import Registry
from .seeding import EpochSampler, SeededDataset, SizedDataset

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


class VideoLoader(DataLoader[Any]):
    """A DataLoader that shows a worker's `DataError` as it was raised, not buried in the worker's traceback."""

    sampler: EpochSampler

    # torch types this as its private iterator class, which no other iterator can be.
    def __iter__(self) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        for batch in super().__iter__():
            if isinstance(batch, EngineError):
                # A new one: this frame would hold the old one in a cycle, and its workers until that is collected.
                raise type(batch)(*batch.args)
            yield batch


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
    return VideoLoader(
        SeededDataset(dataset, seed),
        batch_size=videos_per_gpu,
        sampler=sampler,
        num_workers=workers_per_gpu,
        drop_last=drop_last,
        persistent_workers=persistent_workers and workers_per_gpu > 0,
        pin_memory=pin_memory,
        collate_fn=collate,
        worker_init_fn=_leave_signals,
        # A loader draws a number at each start; from its own generator, so that the model's stream stays as it is.
        generator=torch.Generator().manual_seed(seed),
    )


def _leave_signals(worker: int) -> None:
    """Let the process that trains decide: a terminal sends Ctrl-C to the whole process group, and so do others SIGTERM.

    A worker does not ignore SIGTERM, with which it is ended when the training fails.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):  # Windows has no process groups
        os.setpgid(0, 0)


def collate(
    samples: Sequence[Results | EngineError],
) -> dict[str, Any] | EngineError:
    """Samples -> one batch: every value stacked along a new first axis; `img_metas` stays a list of dicts.

    Args:
        samples: dicts with the same keys; an error among them is given back instead of a batch.
    """
    batch: list[Results] = []
    for sample in samples:
        if isinstance(sample, EngineError):
            return sample
        batch.append(sample)
    try:
        return {key: _stack(key, [sample[key] for sample in batch]) for key in batch[0]}
    except EngineError as e:
        return e


def _stack(key: str, values: list[Any]) -> Any:
    if key == "img_metas":
        return values
    shapes = {tuple(getattr(value, "shape", ())) for value in values}
    if len(shapes) > 1:
        raise DataError(
            f"{key!r} has more than one shape in a batch: {', '.join(map(str, sorted(shapes)))}",
            hint="let the pipeline end with one size: a crop, or Resize with keep_ratio=False",
        )
    return default_collate(values)
