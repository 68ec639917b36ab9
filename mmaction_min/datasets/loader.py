"""VideoLoader: a DataLoader that names what fails, and waits for nothing that does not come."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator, Set
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from torch.utils.data import DataLoader

from ..errors import DataError, EngineError, Interrupted
from ..fileio import is_url
from .seeding import EpochSampler, Replaced, SeededDataset
from .workers import Notes, Rescuer, Watch, too_many

POLL_S = 1
"""How often the process that waits for a batch looks after the workers."""
STUCK_S = 8
"""How many seconds a worker may take to hand over a batch that it has."""
LOOKED_AT = 10_000
"""How many files of a list are looked for."""
PATIENCE_S = 5
"""How many seconds a run that should stop still waits for a batch of training."""


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
