"""A run that dies while it saves, at any call, leaves a whole checkpoint that `--resume auto` finds; a full disk is told."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmaction_min.runner import read_checkpoint
from mmaction_min.runner.checkpoint.file import remove_leftovers
from mmaction_min.runner.checkpoint.folder import newest_checkpoint
from tests.faults.conftest import Forker, Result

LOGGER = logging.getLogger("mmaction_min.test")


class Saver:
    """Saves the second of two checkpoints of a model with a fault at a chosen call."""

    def __init__(self, forker: Forker, root: Path, model: str) -> None:
        self.forker = forker
        self.model = model
        self.root = root / "run"
        self.start = root / "start"
        self.log = root / "calls"
        self.start.mkdir()
        assert self.run(1, folder=self.start).code == 0
        self.reset()
        assert self.run(2).code == 0
        calls = self.log.read_text().splitlines()
        # The first checkpoint is written again, as a run does that began anew; then comes the second.
        self.calls = [line.split()[0] for line in calls]
        self.whole = self.files()

    def reset(self) -> None:
        """The folder with the first checkpoint, and a temporary file of someone who was killed."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.start, self.root, symlinks=True)
        (self.root / ".epoch_1.pth.1.tmp").write_bytes(b"half")

    def run(
        self, count: int, at: int = 0, mode: str = "kill", folder: Path | None = None
    ) -> Result:
        """Save so many checkpoints."""
        self.log.unlink(missing_ok=True)
        env = {"FAULT_ROOT": str(self.root), "FAULT_LOG": str(self.log)}
        if at:
            env |= {"FAULT_AT": str(at), "FAULT_MODE": mode}
        return self.forker.ask(
            [str(folder or self.root), str(count), self.model], self.root.parent, env
        )

    def files(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir())


LARGE = [pytest.param(name, marks=pytest.mark.long) for name in ("TSN", "TSM", "BMN")]


@pytest.fixture(scope="module", params=["layer", *LARGE])
def saver(
    request: pytest.FixtureRequest,
    shim: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Saver]:
    forker = Forker("save", shim)
    yield Saver(forker, tmp_path_factory.mktemp("saving").resolve(), request.param)
    forker.close()


def test_a_checkpoint_goes_to_the_disk_in_the_right_order(saver: Saver) -> None:
    """The file's bytes before its name, its name before the pointer, the pointer before the old one is deleted."""
    calls = [call for call in saver.calls if call not in ("write", "open64", "mkdir")]
    cleaned = ["unlink", "unlink"]
    written = ["fsync", "rename", "fsync", "unlink"]
    pointed = ["unlink", "symlink", "rename", "fsync", "unlink"]

    assert calls == [*cleaned, *2 * [*written, *pointed], "unlink"]


def test_killed_at_any_call_the_newest_whole_checkpoint_is_found(saver: Saver) -> None:
    """In each write too; the pointer is never without a whole file, and the next start removes what was left."""
    number = 0
    for at, call in enumerate(saver.calls, start=1):
        for mode in ("kill", "half") if call == "write" else ("kill",):
            saver.reset()
            assert saver.run(2, at, mode).code == -9
            number += 1
            place = f"{mode} at call {at}, {call}: {saver.files()}"

            temporary = [name for name in saver.files() if name.endswith(".tmp")]
            assert len(temporary) <= 2, place  # one was there
            newest = newest_checkpoint(saver.root, LOGGER)
            assert newest is not None, place
            latest = read_checkpoint(saver.root / "latest.pth")["meta"]["epoch"]
            assert read_checkpoint(newest)["meta"]["epoch"] >= latest, place
            remove_leftovers(saver.root)
            assert not [name for name in saver.files() if name.endswith(".tmp")], place
    assert number >= 40


@pytest.mark.parametrize(
    "error",
    [
        errno.ENOSPC,
        pytest.param(errno.EIO, marks=pytest.mark.long),
        pytest.param(errno.EDQUOT, marks=pytest.mark.long),
        pytest.param(errno.EACCES, marks=pytest.mark.long),
    ],
)
def test_a_disk_that_is_full_or_fails_ends_the_run_with_74(
    saver: Saver, error: int
) -> None:
    """At any call: the message has the file and the reason, and what was saved before is whole."""
    seen = set()
    for at in range(1, len(saver.calls) + 1):
        saver.reset()
        result = saver.run(2, at, str(error))
        seen.add(result.code)
        place = f"call {at}, {saver.calls[at - 1]}: {result.err}"

        assert "Traceback" not in result.err, place
        if result.code:
            assert result.code == 74, place
            assert (
                ".pth: the " in result.err and "cannot be written" in result.err
            ), place
        else:  # what failed does no harm: an old file stays, the folder is there already, a pointer is no link
            harmless = saver.calls[at - 1] in ("unlink", "symlink", "mkdir")
            assert harmless or at == 2, place  # the second opens what someone has left
        newest = newest_checkpoint(saver.root, LOGGER)
        assert newest is not None, place
        assert read_checkpoint(saver.root / "latest.pth")["meta"]["epoch"] >= 1, place
    assert 74 in seen
