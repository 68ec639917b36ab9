"""Random numbers that depend on (seed, epoch, index) alone: not on the number of workers, nor on what was drawn before.

Upstream seeds each worker once, so with a seed set every epoch repeats the same augmentation. Here the sampler's
keys carry the epoch to whoever prepares the sample, a persistent worker too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ..errors import DataError, EngineError
from .workers import Notes, too_many

Key = tuple[int, int]
"""(epoch, index)."""

IN_A_ROW = 10
"""So many broken videos one after the other end a run: it is the folder that is wrong."""


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


class Broken(NamedTuple):
    """A video that could not be read, by its place in the data set."""

    sample: int
    message: str


class Replaced(NamedTuple):
    """A sample, or a batch, in which other clips stand for broken ones."""

    values: dict[str, Any]
    broken: list[Broken]


class SeededDataset(Dataset[dict[str, Any] | EngineError | Replaced]):
    """`dataset[index]` under random numbers of its own, for the key (epoch, index).

    An `EngineError` is given back as a value, to be raised where the batches are read: a worker cannot raise it
    without burying its sentence in a traceback.

    Args:
        dataset: gives a sample for an index.
        seed: the run's.
        replace: give another clip for one that cannot be read (a `DataError`): a function of (seed, epoch, index), so that
            a resumed run gets the same.
        notes: where a worker writes down what it is at.
    """

    def __init__(
        self,
        dataset: SizedDataset,
        seed: int,
        *,
        replace: bool = False,
        notes: Notes | None = None,
    ) -> None:
        self.dataset = dataset
        self.seed = seed
        self.replace = replace
        self.notes = notes or Notes(0)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, key: Key) -> dict[str, Any] | EngineError | Replaced:
        broken: list[Broken] = []
        for attempt in range(IN_A_ROW if self.replace else 1):
            index = self._substitute(key, attempt) if attempt else key[1]
            self.notes.begin(index)
            with seeded(self.seed, *key, *([attempt] if attempt else [])):
                try:
                    sample = self.dataset[index]
                except DataError as e:
                    if not self.replace:
                        return e
                    broken.append(Broken(index, f"{e.where}: {e.what}"))
                    continue
                except EngineError as e:
                    return e
                finally:
                    self.notes.end(index)
            return Replaced(sample, broken) if broken else sample
        return too_many((message for _, message in broken), "they come in a row")

    def _substitute(self, key: Key, attempt: int) -> int:
        """Any other clip: the next in the list would be of the same class, and the next of a broken folder broken too."""
        epoch, index = key
        rng = np.random.default_rng((self.seed, epoch, index, attempt))
        return int(index + 1 + rng.integers(max(1, len(self) - 1))) % len(self)


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
