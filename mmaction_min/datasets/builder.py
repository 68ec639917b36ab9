"""The registries of datasets and pipeline transforms; from a config to a dataset, and to batches."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence, Set
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, default_collate

from ..errors import DataError, EngineError, Interrupted
from ..fileio import is_url
from ..registry import Registry
from ..runner.arriving import Arriving
from .seeding import EpochSampler, Replaced, SeededDataset, SizedDataset
from .workers import Notes, Rescuer, Watch, settle_in, too_many

Results = dict[str, Any]
"""What a pipeline passes along: one sample, from the file's name to the tensors."""


class Listed(NamedTuple):
    """A value whose shape differs from sample to sample: a batch has them in a list."""

    value: Any


POLL_S = 1
"""How often the process that waits for a batch looks after the workers."""
STUCK_S = 8
"""How many seconds a worker may take to hand over a batch that it has."""
LOOKED_AT = 10_000
"""How many files of a list are looked for."""
PATIENCE_S = 5
"""How many seconds a run that should stop still waits for a batch of training."""

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
    """A DataLoader that names what fails: a broken video, a worker that is dead or hangs.

    Attributes:
        stop: becomes true when the run should end; then nobody waits for a batch that does not come, and an evaluation ends.
        broken: the videos that could not be read so far, and why.
        processes: the workers.
    """

    sampler: EpochSampler
    dataset: SeededDataset
    stop: object = False
    notes: Notes
    timeout_s: float
    max_bad: float
    broken: dict[int, str]
    processes: Set[BaseProcess] = frozenset()

    # torch types this as its private iterator class, which no other iterator can be.
    def __iter__(self) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        batches = self._start()
        rescuer = Rescuer(POLL_S, STUCK_S, self.processes)
        if self.num_workers:
            rescuer.start()
        try:
            while (batch := self._next(batches, rescuer)) is not None:
                if isinstance(batch, EngineError):
                    # A new one: this frame would hold the old one in a cycle, and its workers until that is collected.
                    raise type(batch)(*batch.args)
                if isinstance(batch, Replaced):
                    batch = self._report(batch)
                yield batch
        finally:
            rescuer.end()

    def check_files(self) -> None:
        """Look whether the files of the list are there, before anything is trained or tested.

        Of a long list for 10,000 of them, evenly spaced: on a network disk each can take a millisecond.

        Raises:
            DataError: more of them are missing than `max_bad` allows; fewer are named in a warning.
        """
        dataset: Any = self.dataset
        while hasattr(dataset, "dataset"):
            dataset = dataset.dataset
        infos = getattr(dataset, "video_infos", [])
        step = max(1, -(-len(infos) // LOOKED_AT))
        # An annotation of features, as a localizer's, names no video.
        names = [info.get("filename") or info.get("frame_dir") for info in infos]
        paths = [str(name) for name in names[::step] if name]
        missing = [p for p in paths if not is_url(p) and not os.path.exists(p)]
        if not missing:
            return
        some = f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}"
        what = f"{len(missing)} of {len(paths)} files are missing: {some}"
        ann_file = getattr(dataset, "ann_file", "")
        if len(missing) * step > self._allowed(len(infos)):
            raise DataError(what, ann_file, "does data_prefix say where they are?")
        logging.getLogger("mmaction_min").warning(
            "%s: %s; other clips take their places", ann_file, what
        )

    def _allowed(self, total: int) -> int:
        """How many videos may be broken."""
        share = 0 < self.max_bad < 1
        return int(max(1, self.max_bad * total) if share else self.max_bad)

    def close(self) -> None:
        """End the workers, the hanging ones too; the next epoch starts others."""
        for process in self.processes:
            process.kill()
        self._iterator = None  # torch's, which would go on with the dead

    def _start(self) -> Iterator[Any]:
        """torch's iterator, without its handler of SIGCHLD: that raises wherever the program is, in a checkpoint too."""
        number = getattr(signal, "SIGCHLD", None)  # Windows has none
        handler = number and signal.getsignal(number)
        batches: Iterator[Any] = super().__iter__()
        # torch's own list: `active_children` has no longer those who died at their first clip.
        self.processes = set(getattr(batches, "_workers", ()))
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and number is not None and handler is not None:
            signal.signal(number, handler)
        return batches

    def _next(self, batches: Iterator[Any], rescuer: Rescuer) -> Any:
        """The next batch, or None at the end; meanwhile look after the workers once a second."""
        watch = Watch(self.processes, self.notes, self.dataset.dataset, self.timeout_s)
        patience = PATIENCE_S if self.sampler.shuffle else 0
        while True:
            if self.stop and watch.waited >= patience:
                self.close()
                raise Interrupted
            rescuer.calls += 1
            try:
                return next(batches, None)
            except (RuntimeError, OSError, EOFError) as e:
                if not self.num_workers:
                    raise
                late = str(e).startswith("DataLoader timed out")
                if isinstance(e, OSError | EOFError):  # the pipe to one who just died
                    self._reap()
                error = watch.stuck() if rescuer.acted else watch.look(POLL_S)
                if error is None and late:
                    continue
                self.close()
                if self.stop:
                    raise Interrupted from None
                raise (error or e) from None
            finally:
                rescuer.calls += 1

    def _reap(self) -> None:
        """Wait for a worker that is about to end, so that its exit code is known."""
        wait([process.sentinel for process in self.processes], STUCK_S)
        for process in self.processes:
            process.join(0.2)

    def _report(self, batch: Replaced) -> dict[str, Any]:
        logger = logging.getLogger("mmaction_min")
        total = len(self.dataset)
        allowed = self._allowed(total)
        for index, message in batch.broken:
            if index in self.broken:
                continue
            self.broken[index] = message
            count = f"broken video {len(self.broken)}, where {allowed} are allowed"
            logger.warning("%s: %s; another clip takes its place", count, message)
        if len(self.broken) > allowed:
            self.close()
            rule = f"max_bad={self.max_bad} of {total} allows {allowed}"
            raise too_many(self.broken.values(), rule)
        return batch.values


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


def collate_replaced(
    samples: Sequence[Results | EngineError | Replaced],
) -> dict[str, Any] | EngineError | Replaced:
    """`collate` of what a `SeededDataset` gives: what was broken stays beside the batch."""
    broken = [
        one for each in samples if isinstance(each, Replaced) for one in each.broken
    ]
    batch = collate(
        [each.values if isinstance(each, Replaced) else each for each in samples]
    )
    return Replaced(batch, broken) if broken and isinstance(batch, dict) else batch


def collate(
    samples: Sequence[Results | EngineError],
) -> dict[str, Any] | EngineError:
    """Samples -> one batch: every value stacked along a new first axis; dicts (`img_metas`) and what is `Listed` stay a list.

    Args:
        samples: dicts with the same keys; an error among them is given back instead of a batch.
    """
    batch: list[Results] = []
    for sample in samples:
        if isinstance(sample, EngineError):
            return sample
        batch.append(sample)
    try:
        return {key: _stack(key, batch) for key in batch[0]}
    except EngineError as e:
        return e


def _stack(key: str, samples: Sequence[Results]) -> Any:
    values = [sample[key] for sample in samples]
    if isinstance(values[0], Mapping):
        return values
    if isinstance(values[0], Listed):
        return [value.value for value in values]
    shapes = [tuple(getattr(value, "shape", ())) for value in values]
    if len(set(shapes)) > 1:
        raise DataError(
            f"{key!r} has more than one shape in a batch: {', '.join(map(str, sorted(set(shapes))))}",
            _name_of(samples[shapes.index(min(set(shapes), key=shapes.count))]),
            "let the pipeline end with one size: a crop, or Resize with keep_ratio=False; or features of one length",
        )
    if isinstance(values[0], Arriving):
        return Arriving.stack(values)
    return default_collate(values)


def _name_of(sample: Results) -> str:
    """The name of a sample's video, where the pipeline collected it among its metas."""
    metas = [value for value in sample.values() if isinstance(value, Mapping)]
    names = [
        meta[key] for meta in metas for key in ("filename", "video_name") if key in meta
    ]
    return str(names[0]) if names else ""
