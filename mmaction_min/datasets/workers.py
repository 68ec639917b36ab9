"""What the workers of a loader are at, so that the one that is dead or hangs can be named, with its clip."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable
from multiprocessing.process import BaseProcess
from typing import Any

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

    def sample_of(self, process: int) -> int | None:
        """What a process was at; None between two samples."""
        for pid, index, busy, _ in self._read():
            if pid == process and busy:
                return index
        return None

    def oldest(self) -> tuple[int, int, float]:
        """The process and the sample that are at it for the longest, and for how many seconds; 0 seconds for nobody."""
        now = time.monotonic()
        at_it = [
            (now - since, pid, index)
            for pid, index, busy, since in self._read()
            if busy
        ]
        seconds, pid, index = max(at_it, default=(0.0, 0, 0))
        return pid, index, seconds

    def idle_for(self) -> float:
        """For how many seconds nobody has begun or ended anything."""
        return time.monotonic() - max(since for *_, since in self._read())

    def _read(self) -> Iterable[tuple[int, int, bool, float]]:
        rows = list(self.rows)
        for start in range(0, len(rows), FIELDS):
            pid, index, busy, since = rows[start : start + FIELDS]
            yield int(pid), int(index), bool(busy), since


def clip_name(dataset: Any, index: int) -> str:
    """What a sample of a data set is called: its file, or its folder of frames; else its number."""
    if (infos := getattr(dataset, "video_infos", None)) is not None:
        info = infos[index]
        return str(info.get("filename") or info.get("frame_dir") or f"sample {index}")
    inner = getattr(dataset, "dataset", None)  # a data set around another one
    return clip_name(inner, index % len(inner)) if inner else f"sample {index}"


def blame_the_dead(
    workers: Iterable[BaseProcess], notes: Notes, dataset: Any
) -> WorkerError | None:
    """The error that names a worker that has ended, and its clip; None if all of them live."""
    for worker in workers:
        if worker.exitcode is None:
            continue
        how, hint = _in_words(worker.exitcode)
        index = notes.sample_of(worker.pid or 0)
        doing = "between two clips" if index is None else "while it read this clip"
        where = "" if index is None else clip_name(dataset, index)
        what = f"a worker of the loader (process {worker.pid}) {how} {doing}"
        return WorkerError(what, where, hint)
    return None


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


def blame_the_hanging(
    notes: Notes, dataset: Any, waited: float, timeout_s: float
) -> WorkerError | None:
    """The error that names a worker that is over one clip for too long, or says that none of them does anything."""
    pid, index, seconds = notes.oldest()
    hint = f"a clip may take {timeout_s:g} s: data.timeout_s in the config"
    if seconds > timeout_s:
        what = f"a worker of the loader (process {pid}) has been over this clip for {seconds:.0f} s"
        return WorkerError(what, clip_name(dataset, index), hint)
    if min(waited, notes.idle_for()) > timeout_s:
        return WorkerError(
            f"the workers of the loader have done nothing for {waited:.0f} s", "", hint
        )
    return None


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
