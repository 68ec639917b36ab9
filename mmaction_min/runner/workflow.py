"""Where a run is in its workflow and in its data: pure functions of what is done, so that a resumed run needs no more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

from ..errors import CheckpointError, ConfigError

Workflow = Sequence[tuple[str, int]]
MODES = ("train", "val")


def entries_of(workflow: Workflow, data_loaders: Sequence[Any]) -> list[int]:
    """One round through the workflow, as the numbers of its entries: [('train', 2), ('val', 1)] is [0, 0, 1].

    Raises:
        ConfigError: it has not one loader for each entry, no training, or a mode that there is not.
    """
    modes = [mode for mode, _ in workflow]
    if len(modes) != len(data_loaders):
        raise ConfigError(
            f"the workflow has {len(modes)} entries and there are {len(data_loaders)} loaders",
            "workflow",
        )
    if set(modes) - set(MODES) or not any(
        mode == "train" and times > 0 for mode, times in workflow
    ):
        raise ConfigError(
            f"the modes are {modes}",
            "workflow",
            "write [('train', 1)] or [('train', 5), ('val', 1)]",
        )
    return list(
        chain.from_iterable(repeat(i, times) for i, (_, times) in enumerate(workflow))
    )


def place_in(
    workflow: Workflow, entries: Sequence[int], trained: int, *, started: bool = False
) -> tuple[int, int]:
    """Where a run goes on after `trained` parts of training: how many rounds are done, and how many parts of the next.

    A checkpoint is written before what follows its epoch of training, so a validation that follows is still to come.

    Args:
        workflow: the pairs.
        entries: one round, see `entries_of`.
        trained: epochs (iterations) of training that are done.
        started: the next one is begun, so the validation before it is done.
    """
    is_train = [workflow[i][0] == "train" for i in entries]
    trains = [place for place, train in enumerate(is_train) if train]
    rounds, rest = divmod(trained, len(trains))
    if trained and not rest:
        rounds, rest = rounds - 1, len(trains)
    done = trains[rest - 1] + 1 if rest else 0
    while started and done < len(entries) and not is_train[done]:
        done += 1
    return rounds, done


def seek(data_loader: Any, epoch: int, inner_iter: int, world_size: int) -> None:
    """Let the sampler shuffle for this epoch, and skip the batches that a resumed epoch has seen.

    Raises:
        CheckpointError: the loader's sampler cannot start within an epoch.
    """
    sampler: Any = getattr(data_loader, "sampler", None)
    if not hasattr(sampler, "set_epoch"):
        batch_sampler = getattr(data_loader, "batch_sampler", None)
        sampler = getattr(batch_sampler, "sampler", None)
    if not hasattr(sampler, "set_epoch"):
        if inner_iter:
            raise CheckpointError(
                "a resume within an epoch needs mmaction_min's own sampler"
            )
        return
    if inner_iter:
        start = inner_iter * data_loader.batch_size * world_size
        sampler.set_epoch(epoch, start=start)
    else:
        sampler.set_epoch(epoch)


class IterLoader:
    """A loader that never ends: each epoch of it begins as the last one is over (mmcv/runner/iter_based_runner.py).

    Args:
        dataloader: gives the batches of an epoch.
        done: the batches that a resumed run has seen.
        world_size: how many processes share an epoch.
    """

    def __init__(self, dataloader: Any, done: int = 0, world_size: int = 1) -> None:
        self.dataloader = dataloader
        self.world_size = world_size
        self.epoch, self.inner_iter = divmod(done, len(dataloader))
        try:
            seek(dataloader, self.epoch, self.inner_iter, world_size)
        except CheckpointError as e:
            logging.getLogger("mmaction_min").warning(
                "%s: the order of its batches begins anew", e
            )
        self._batches = iter(dataloader)

    def __next__(self) -> Any:
        """The next batch; `epoch` and `inner_iter` then count it as given."""
        if self.inner_iter == len(self):
            self.epoch, self.inner_iter = self.epoch + 1, 0
            seek(self.dataloader, self.epoch, 0, self.world_size)
            self._batches = iter(self.dataloader)
        self.inner_iter += 1
        return next(self._batches)

    def __len__(self) -> int:
        return len(self.dataloader)
