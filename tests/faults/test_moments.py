"""Rows E2 and E9 of the campaign: a run that is killed, or asked to stop, at random moments is the run that never was."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import time
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from mmaction_min.runner import read_checkpoint
from mmaction_min.runner.checkpoint.folder import newest_checkpoint

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc"),
]
INTERVAL = 3
CONFIG = f"""
_base_ = "tsn.py"
total_epochs = 4
evaluation = dict(interval=2)
checkpoint_config = dict(interval={INTERVAL}, by_epoch=False, max_keep_ckpts=2)
"""
# Before the run has begun there is nothing to save, and SIGTERM ends it as it ends any process.
CODES = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130,)}
LOGGER = logging.getLogger("mmaction_min.test")


class Quiet(NamedTuple):
    """The run that nothing happens to."""

    config: Path
    seconds: float
    outcome: dict[str, object]


@pytest.fixture(scope="module")
def quiet(resume: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    folder = tmp_path_factory.mktemp("moments")
    resume.write_configs(folder, ["tsn"])
    config = folder / "run.py"
    config.write_text(CONFIG)
    for name in ("first", "quiet"):  # the first also writes the clips
        start = time.monotonic()
        assert resume.in_a_process(config, folder / name, 2) == 0
    seconds = time.monotonic() - start
    return Quiet(config, seconds, resume.outcome(folder / "quiet"))


def session(leader: int) -> list[int]:
    """The processes of a session that live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def steps(work_dir: Path) -> int:
    """How many steps the run has taken, and perhaps lost."""
    witness = work_dir / "witness.jsonl"
    lines = witness.read_text().splitlines() if witness.exists() else []
    return int(json.loads(lines[-1])[0]) + 1 if lines else 0


def left(leader: int) -> list[int]:
    """The processes of a session that still live after some seconds."""
    end = time.monotonic() + 10
    while (found := session(leader)) and time.monotonic() < end:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize(
    ("numbers", "count"),
    [((signal.SIGKILL,), 200), ((signal.SIGTERM, signal.SIGINT), 100)],
    ids=["killed", "asked to stop"],
)
def test_a_run_that_ends_at_random_moments_goes_on_to_the_bit(
    resume: ModuleType,
    quiet: Quiet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    numbers: tuple[signal.Signals, ...],
    count: int,
) -> None:
    """From its start to its end, again and again: one interval is lost at most, no process is left, the weights are the same."""
    main = resume.train.main
    monkeypatch.setattr(resume.train, "main", lambda words: os.setsid() or main(words))
    draw = random.Random(0)
    hits = runs = 0
    slowest = 0.0
    while hits < count:
        runs += 1
        work_dir, done, seconds = tmp_path / str(runs), False, quiet.seconds
        while not done:
            process = resume.start(quiet.config, work_dir, 2)
            process.join(draw.uniform(0, seconds) if hits < count else None)
            seconds *= 1.1  # a machine that has become busy gets to the end too
            number, asked = draw.choice(numbers), time.monotonic()
            if process.is_alive():
                os.kill(process.pid, number)
            process.join()
            took = time.monotonic() - asked
            place = f"run {runs}, hit {hits}: exit code {process.exitcode}\n{work_dir.with_suffix('.txt').read_text()[-2000:]}"

            done = process.exitcode == 0
            hits += not done
            assert process.exitcode in (0, *CODES[number]), place
            slowest = max(slowest, took)
            assert not left(process.pid), place
            newest = newest_checkpoint(work_dir, LOGGER)
            saved = read_checkpoint(newest)["meta"]["iter"] if newest else 0
            lost = steps(work_dir) - saved
            assert lost <= (INTERVAL if number == signal.SIGKILL else 0), place
            if newest:
                read_checkpoint(work_dir / "latest.pth")
        assert resume.outcome(work_dir) == quiet.outcome, f"run {runs}"
    print(f"{hits} moments in {runs} runs; the slowest end took {slowest:.1f} s")
    assert slowest < 15
