"""Random numbers that depend on (seed, epoch, index) alone: not on the number of workers, nor on what was drawn before.

Upstream seeds each worker once, so with a seed set every epoch repeats the same augmentation. Here the sampler's
keys carry the epoch to whoever prepares the sample, a persistent worker too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ..errors import EngineError

Key = tuple[int, int]
"""(epoch, index)."""


class SizedDataset(Protocol):
    """What a dataset must have to be loaded."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> dict[str, Any]: ...


class EpochSampler(Sampler[Key]):
    """The order of an epoch, as keys (epoch, index).

    The order does not depend on the number of processes, who are dealt it out in turn like cards: so a step's batches,
    taken together, are the batch that one process would have, and `ranks[i % world_size][i // world_size]` is sample `i`.

    Args:
        length: the number of samples in the dataset.
        seed: the run's seed, at least 0.
        shuffle: another order in each epoch.
        rank: which of the processes this one is.
        world_size: how many processes share an epoch.
        shares: 'exact' gives every sample out once, so the first ranks may have one more: for evaluation. 'padded' begins
            the epoch's order again until every rank has as many, which training needs; an epoch has as many steps as it
            has in one process. 'cut' leaves out the last ones instead: for a loader that drops what is not full.
    """

    def __init__(
        self,
        length: int,
        seed: int,
        *,
        shuffle: bool,
        rank: int = 0,
        world_size: int = 1,
        shares: str = "exact",
    ) -> None:
        self.length = length
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.world_size = world_size
        surplus = length % world_size if shares != "exact" else 0
        self.total = length - surplus  # over all ranks
        if surplus and shares == "padded":
            self.total += world_size
        self.set_epoch(0)

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Choose the epoch that the next `iter()` walks through.

        Args:
            epoch: counted from 0.
            start: how many samples of this epoch are done already, over all ranks; a resume goes on after them.
        """
        self.epoch = epoch
        self.start = start

    def __len__(self) -> int:
        """This rank's samples in a whole epoch, whatever the start."""
        return len(range(self.rank, self.total, self.world_size))

    def __iter__(self) -> Iterator[Key]:
        order = np.arange(self.length)
        if self.shuffle:
            np.random.default_rng((self.seed, self.epoch)).shuffle(order)
        order = np.resize(order, self.total)  # cut, or repeated from its start
        epoch = self.epoch
        for index in order[self.start :][self.rank :: self.world_size].tolist():
            yield epoch, index


class SeededDataset(Dataset[dict[str, Any] | EngineError]):
    """`dataset[index]` under random numbers of its own, for the key (epoch, index).

    An `EngineError` is given back as a value, to be raised where the batches are read: a worker cannot raise it
    without burying its sentence in a traceback.
    """

    def __init__(self, dataset: SizedDataset, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, key: Key) -> dict[str, Any] | EngineError:
        with seeded(self.seed, *key):
            try:
                return self.dataset[key[1]]
            except EngineError as e:
                return e


@contextmanager
def seeded(*entropy: int) -> Iterator[None]:
    """Seed Python's, NumPy's and torch's CPU generators from some numbers (>= 0), and put them back at the end.

    The GPU's generators are left alone: a pipeline that runs in this process must not touch the model's dropout.
    """
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence(entropy).generate_state(4)
    random.seed(words.tobytes())
    np.random.seed(words)
    torch.default_generator.manual_seed(int(words[0]))
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
