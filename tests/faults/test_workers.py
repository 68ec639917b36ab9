"""A process that prepares data and dies, hangs or raises ends the run, with its clip's name and no orphan."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.datasets import build_dataloader, builder, loader
from mmaction_min.datasets.workers import clip_name
from mmaction_min.errors import Interrupted, WorkerError

REPOSITORY = Path(__file__).resolve().parents[2]


def kill(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


FATES: dict[str, tuple[Callable[[], object], str]] = {
    "segfault": (
        kill(signal.SIGSEGV),
        r"was killed by SIGSEGV while it read this clip",
    ),
    "abort": (kill(signal.SIGABRT), r"was killed by SIGABRT while it read this clip"),
    "killed": (kill(signal.SIGKILL), r"was killed by SIGKILL .*\n.*too much memory"),
    "exit": (lambda: os._exit(3), r"ended with exit code 3 while it read this clip"),
    "hang": (
        lambda: time.sleep(600),
        r"has been over this clip for \d+ s\n.*timeout_s",
    ),
    "stopped": (kill(signal.SIGSTOP), r".*(over|read) this clip"),
}


MIDDLE = [pytest.param(bad, marks=pytest.mark.long) for bad in range(1, 15)]


class Clips:
    """Sixteen clips; a worker that reads number `bad` meets its fate."""

    def __init__(self, bad: int, fate: Callable[[], object]) -> None:
        self.bad = bad
        self.fate = fate
        self.video_infos = [{"filename": f"{index}.mp4"} for index in range(16)]

    def __len__(self) -> int:
        return len(self.video_infos)

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index == self.bad:
            faulthandler.disable()  # pytest's, which would print a page
            self.fate()
        return {"imgs": torch.zeros(2), "index": index}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The loader looks after its workers more often, and none of them is left after a test."""
    for module in (builder, loader):
        monkeypatch.setattr(module, "POLL_S", 0.1)
    monkeypatch.setattr(loader, "PATIENCE_S", 0.5)
    monkeypatch.setattr(loader, "STUCK_S", 1)
    before = set(multiprocessing.active_children())
    yield
    for process in set(multiprocessing.active_children()) - before:
        process.join(30)
        assert not process.is_alive()


def load(dataset: Any, workers: int = 2, timeout_s: float = 1.5, **kwargs: Any) -> Any:
    return build_dataloader(
        dataset,
        videos_per_gpu=2,
        workers_per_gpu=workers,
        seed=0,
        shuffle=False,
        timeout_s=timeout_s,
        **kwargs,
    )


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("bad", [0, *MIDDLE, 15])
def test_a_worker_that_dies_or_hangs_is_named_with_its_clip(
    fate: str, bad: int
) -> None:
    """At the first clip, in the middle, and at the last; the batches before it arrive."""
    act, message = FATES[fate]
    batches, start = [], time.monotonic()

    with pytest.raises(WorkerError, match=rf"^{bad}\.mp4: a worker .*{message}"):
        batches += load(Clips(bad, act))

    assert len(batches) <= bad // 2
    assert time.monotonic() - start < 30


def test_a_worker_that_raises_is_told_with_what_it_raised() -> None:
    """A bug of a pipeline keeps its type and the worker's traceback; the run ends."""

    def fail() -> None:
        raise ZeroDivisionError("in a transform")

    loader = load(Clips(3, fail))
    with pytest.raises(ZeroDivisionError, match="in a transform"):
        list(loader)
    loader.close()


def test_after_an_error_the_loader_starts_other_workers() -> None:
    """Who mends the file in a notebook can go on."""
    clips = Clips(15, kill(signal.SIGKILL))
    loader = load(clips)
    with pytest.raises(WorkerError):
        list(loader)
    clips.bad = -1

    assert len(list(loader)) == 8
    loader.close()


def test_a_slow_clip_is_waited_for() -> None:
    """A batch may take longer than a clip may."""
    slow = Clips(-1, lambda: None)
    slow.__class__ = type(
        "Slow", (Clips,), {"__getitem__": lambda self, i: time.sleep(0.3) or {"i": i}}
    )
    loader = load(slow, timeout_s=0.5)

    assert len(list(loader)) == 8


def test_who_should_stop_does_not_wait_for_a_hanging_worker() -> None:
    """A signal ends the wait for a batch of training after some seconds, and that of an evaluation at once."""
    for shuffle in (True, False):
        clips = Clips(0, lambda: time.sleep(600))
        loader = load(clips, timeout_s=60)
        loader.sampler.shuffle = shuffle
        batches = iter(loader)
        loader.stop = True

        with pytest.raises(Interrupted):
            list(batches)


def test_no_worker_outlives_a_process_that_was_killed(tmp_path: Path) -> None:
    """Not even one that hangs in a decoder, where torch's own look at the parent is not reached."""
    code = f"""
import os, signal, sys, time
sys.path.insert(0, {str(REPOSITORY)!r})
from tests.faults.test_workers import Clips, load
def hang():
    open(sys.argv[1], "w").write(str(os.getpid()))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    time.sleep(600)
list(load(Clips(0, hang), timeout_s=600))
"""
    if sys.platform != "linux":
        pytest.skip("prctl is Linux's")
    note = tmp_path / "pid"
    process = subprocess.Popen([sys.executable, "-c", code, note])
    try:
        while not (note.exists() and note.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()

    worker = Path("/proc", note.read_text(), "stat")
    for _ in range(100):
        if (
            not worker.exists()
            or worker.read_text().rpartition(")")[2].split()[0] == "Z"
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the worker lives")


def test_a_clip_is_named_through_data_sets_around_it() -> None:
    """One that repeats another, a folder of frames, and one that has no names at all."""

    class Around:
        def __init__(self, dataset: Any) -> None:
            self.dataset = dataset

    frames = type("Frames", (), {"video_infos": [{"frame_dir": "a/b"}]})()

    assert clip_name(Around(Clips(0, int)), 19) == "3.mp4"
    assert clip_name(frames, 0) == "a/b"
    assert clip_name(object(), 7) == "sample 7"
