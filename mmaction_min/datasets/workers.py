"""What the workers of a loader are at, so that the one that is dead or hangs can be named, with its clip."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Set
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from torch.utils.data import get_worker_info

from ..errors import DataError, WorkerError

FIELDS = 4  # of a worker: process, sample, whether it is at it, since when


class Notes:
    """A row for each worker, in memory that it shares with the process that trains.

    A worker writes down its clip before it decodes it, for a decoder that crashes says nothing any more.

    Args:
        workers: how many there are.
    """

    def __init__(self, workers: int) -> None:
        self.rows = multiprocessing.RawArray("d", FIELDS * max(1, workers))

    def begin(self, index: int) -> None:
        """The calling worker begins a sample."""
        self._write(index, 1.0)

    def end(self, index: int) -> None:
        """The calling worker has done with it."""
        self._write(index, 0.0)

    def _write(self, index: int, busy: float) -> None:
        if (info := get_worker_info()) is not None:
            row = [float(os.getpid()), float(index), busy, time.monotonic()]
            self.rows[FIELDS * info.id : FIELDS * (info.id + 1)] = row

    def read(self) -> list[Row]:
        """The rows of the workers that have begun anything."""
        rows = [self.rows[i : i + FIELDS] for i in range(0, len(self.rows), FIELDS)]
        return [
            Row(int(pid), int(i), bool(busy), at) for pid, i, busy, at in rows if pid
        ]


class Row(NamedTuple):
    """What a worker has written down last."""

    process: int
    sample: int
    busy: bool
    since: float


def clip_name(dataset: Any, index: int) -> str:
    """What a sample of a data set is called: its file, or its folder of frames; else its number."""
    if (infos := getattr(dataset, "video_infos", None)) is not None:
        info = infos[index]
        return str(info.get("filename") or info.get("frame_dir") or f"sample {index}")
    inner = getattr(dataset, "dataset", None)  # a data set around another one
    return clip_name(inner, index % len(inner)) if inner else f"sample {index}"


class Watch:
    """Looks after the workers while a batch is waited for.

    It counts its own looks, not the hours: a run that was suspended, and its workers with it, is not late.

    Args:
        processes: the workers.
        notes: what they have written down.
        dataset: knows the names of the clips.
        timeout_s: for how long a worker may be over one clip.
    """

    def __init__(
        self,
        processes: Set[BaseProcess],
        notes: Notes,
        dataset: Any,
        timeout_s: float,
    ) -> None:
        self.processes = processes
        self.notes = notes
        self.dataset = dataset
        self.timeout_s = timeout_s
        self.waited = 0.0
        self._ages: dict[Row, float] = {}
        self._last = time.monotonic()

    def look(self, poll_s: float) -> WorkerError | None:
        """The error that names a worker that is dead or hangs, and its clip; None if nothing is wrong yet.

        Args:
            poll_s: how often this is called.
        """
        now = time.monotonic()
        step, self._last = min(now - self._last, 2 * poll_s), now
        self.waited += step
        rows = self.notes.read()
        self._ages = {row: self._ages.get(row, 0.0) + step for row in rows}
        return self._dead() or self._hanging()

    def stuck(self) -> WorkerError:
        """The error that names who does not hand over a batch: most likely one that is over a clip."""
        busy = [row for row in self.notes.read() if row.busy]
        row = min(busy, key=lambda row: row.since, default=None)
        where = "" if row is None else clip_name(self.dataset, row.sample)
        who = (
            "" if row is None else f" (process {row.process}, while it read this clip)"
        )
        return WorkerError(f"a worker of the loader{who} does not answer", where)

    def _dead(self) -> WorkerError | None:
        at_it = {row.process: row.sample for row in self.notes.read() if row.busy}
        for worker in self.processes:
            if worker.exitcode is None:
                continue
            how, hint = _in_words(worker.exitcode)
            sample = at_it.get(worker.pid or 0)
            doing = "between two clips" if sample is None else "while it read this clip"
            where = "" if sample is None else clip_name(self.dataset, sample)
            what = f"a worker of the loader (process {worker.pid}) {how} {doing}"
            return WorkerError(what, where, hint)
        return None

    def _hanging(self) -> WorkerError | None:
        hint = f"a clip may take {self.timeout_s:g} s: data.timeout_s in the config"
        busy = [(age, row) for row, age in self._ages.items() if row.busy]
        age, row = max(busy, default=(0.0, None))
        if row is not None and age > self.timeout_s:
            what = f"a worker of the loader (process {row.process}) has been over this clip for {age:.0f} s"
            return WorkerError(what, clip_name(self.dataset, row.sample), hint)
        if not busy and min([self.waited, *self._ages.values()]) > self.timeout_s:
            what = (
                f"the workers of the loader have done nothing for {self.waited:.0f} s"
            )
            return WorkerError(what, "", hint)
        return None


class Rescuer(threading.Thread):
    """Ends the workers if one of them does not answer in the middle of handing over a batch, where torch waits for ever.

    Args:
        poll_s: how often it looks.
        patience_s: for how long a hand-over may take.
        processes: the workers. (Not the loader: it would be taken down in this thread.)
    """

    def __init__(
        self, poll_s: float, patience_s: float, processes: Set[BaseProcess]
    ) -> None:
        super().__init__(daemon=True)
        self.poll_s = poll_s
        self.patience_s = patience_s
        self.processes = processes
        self.calls = 0  # odd while the other thread is in a call
        self.acted = False
        self._ended = threading.Event()

    def run(self) -> None:
        calls, waited = 0, 0.0
        while not self._ended.wait(self.poll_s):
            waited = waited + self.poll_s if self.calls == calls else 0.0
            calls = self.calls
            if calls % 2 and waited > self.patience_s:
                self.acted = True
                for process in self.processes:
                    process.kill()
                return

    def end(self) -> None:
        """No more looks."""
        self._ended.set()


def _in_words(exitcode: int) -> tuple[str, str]:
    if exitcode >= 0:
        return f"ended with exit code {exitcode}", "what it printed is above"
    name = signal.Signals(-exitcode).name
    hint = (
        "the system kills who takes too much memory: fewer workers_per_gpu, or a smaller batch"
        if name == "SIGKILL"
        else "does `ffmpeg -v error -i FILE -f null -` read the file? If not, take it out of the annotation file"
    )
    return f"was killed by {name}", hint


def too_many(broken: Iterable[str], allowed: str) -> DataError:
    """The error that lists the broken videos of a run that cannot go on."""
    lines = list(broken)
    return DataError(
        f"{len(lines)} broken videos, and {allowed}:\n" + "\n".join(lines),
        hint="mend them, take them out of the annotation file, or allow more by data.max_bad",
    )


def settle_in(worker: int) -> None:
    """What a worker does first: leave signals to the process that trains, and never outlive it.

    A terminal sends Ctrl-C to the whole process group, and so do others SIGTERM. A worker does not ignore SIGTERM, with
    which it is ended when the training fails.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):  # Windows has no process groups
        os.setpgid(0, 0)
    if sys.platform == "linux":  # elsewhere torch's worker looks for its parent itself
        die_with_parent = 1  # PR_SET_PDEATHSIG: also if the worker hangs in a decoder
        ctypes.CDLL(None).prctl(die_with_parent, signal.SIGKILL)
