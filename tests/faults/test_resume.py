"""A run that was stopped at any moment goes on as if it never had been: `benchmarks/resume.py`, in small."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mmaction_min.runner import HOOKS, Hook, read_checkpoint
from mmaction_min.runner.checkpoint import file as checkpoint_file

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(scope="module")
def folder(resume: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configs of the recipes."""
    path = tmp_path_factory.mktemp("resume")
    resume.write_configs(path, ["tsn", "iterations"])
    return path


@pytest.mark.parametrize(
    ("recipe", "workers", "stops"), [("tsn", 0, (3, 6)), ("iterations", 2, (7,))]
)
def test_a_stopped_run_goes_on_to_the_bit(
    resume: ModuleType, folder: Path, recipe: str, workers: int, stops: tuple[int, ...]
) -> None:
    """In an epoch, before the evaluation at its end, and in a group of batches; with a mean of the weights."""
    whole = folder / f"{recipe}-{workers}-whole"
    assert resume.in_a_process(folder / f"{recipe}.py", whole, workers) == 0

    for stop_at in stops:
        assert resume.differences(folder, recipe, workers, stop_at) == []


def kill(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@HOOKS.register_module(name="MomentOfASignal")
class Moment(Hook):
    """Sends signals at one moment of a run."""

    def __init__(self, name: str) -> None:
        self.name = name

    def before_run(self, runner: Any) -> None:
        if self.name == "at the start":
            kill()
        if self.name == "in a save":
            sync = os.fsync

            def interrupted(descriptor: int) -> None:
                checkpoint_file.os.fsync = sync
                kill()
                sync(descriptor)

            checkpoint_file.os.fsync = interrupted

    def after_train_iter(self, runner: Any) -> None:
        if runner.iter == 2 and self.name in ("in a step", "twice"):
            kill(signal.SIGINT)
        if runner.iter == 2 and self.name == "twice":
            kill()
            time.sleep(60)
        if runner.iter == 2 and self.name == "in a wait":
            threading.Timer(0.5, kill).start()

    def after_train_epoch(self, runner: Any) -> None:
        if self.name == "in an evaluation":
            kill()


@pytest.mark.parametrize(
    ("moment", "code", "saved"),
    [
        ("at the start", 143, "stopped_iter_1.pth"),
        ("in a step", 130, "stopped_iter_3.pth"),
        ("in an evaluation", 143, "stopped_iter_6.pth"),
        ("in a save", 143, "stopped_iter_6.pth"),
        ("twice", -signal.SIGTERM, None),
    ],
)
def test_a_signal_at_any_moment_ends_the_run_where_it_can_go_on(
    resume: ModuleType, folder: Path, moment: str, code: int, saved: str | None
) -> None:
    """The step, the save ends; an evaluation does not; a second signal ends all at once."""
    config = folder / f"{moment}.py"
    hook = f"[dict(type='MomentOfASignal', name={moment!r})]"
    config.write_text(f"_base_ = 'tsn.py'\ncustom_hooks = {hook}\n")
    run = folder / moment
    start = time.monotonic()

    assert resume.in_a_process(config, run, 0) == code
    assert time.monotonic() - start < 60
    if saved is None:
        assert not list(run.glob("*.pth"))
        return
    assert os.readlink(run / "latest.pth") == saved
    assert read_checkpoint(run / saved)["meta"]["iter"] == int(saved[13:-4])
