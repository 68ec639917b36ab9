"""The file under a checkpoint: whole or not there, sealed, and found again."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import CheckpointError, DiskError
from mmaction_min.runner import read_checkpoint, save_checkpoint
from mmaction_min.runner.checkpoint.file import (
    SEAL_SIZE,
    point_latest,
    remove_leftovers,
    saved_at,
)
from mmaction_min.runner.checkpoint.folder import newest_checkpoint, prune

LOGGER = logging.getLogger("mmaction_min.test")


def save(path: Path, *, optimizer: bool = True) -> Path:
    model = nn.Linear(2, 2)
    sgd = torch.optim.SGD(model.parameters(), lr=0.1) if optimizer else None
    save_checkpoint(model, path, sgd, {"n": path.name})
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_other_programs_read_a_sealed_file(tmp_path: Path) -> None:
    """`torch.load` with its safe default takes it, under another name too."""
    save(tmp_path / "a.pth").rename(tmp_path / "b.pth")

    assert torch.load(tmp_path / "b.pth")["meta"]["n"] == "a.pth"


def test_a_file_without_its_end_is_told_from_one_that_never_had_a_seal(
    tmp_path: Path,
) -> None:
    """What is before the seal is whole; but its index speaks of a seal that is gone."""
    path = save(tmp_path / "a.pth")
    os.truncate(path, path.stat().st_size - SEAL_SIZE)

    with pytest.raises(CheckpointError, match=r"a\.pth: the (end|checkpoint)"):
        read_checkpoint(path)


def test_a_file_that_somebody_wrote_anew_loads_without_a_seal(tmp_path: Path) -> None:
    """Read with torch, changed, and written with `torch.save`: its own end is there."""
    path = save(tmp_path / "a.pth")
    content = torch.load(path)
    content["meta"]["note"] = "changed"
    torch.save(content, path)

    assert read_checkpoint(path)["meta"]["note"] == "changed"


def test_the_newest_whole_checkpoint_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By the time of saving, whatever the number and the order of copying; what cannot be resumed gets a line."""
    for name in ("epoch_9.pth", "epoch_2.pth", "epoch_10.pth", "iter_7.pth"):
        save(tmp_path / "first" / name, optimizer=name != "epoch_10.pth")
    shutil.copytree(tmp_path / "first", tmp_path / "run", copy_function=shutil.copyfile)
    (tmp_path / "run" / "epoch_2.pth").touch()
    os.truncate(tmp_path / "run" / "iter_7.pth", 1000)
    torch.save({}, tmp_path / "run" / "pretrained.pth")

    newest = newest_checkpoint(tmp_path / "run", LOGGER)

    assert newest == tmp_path / "run" / "epoch_2.pth"
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "iter_7.pth: the checkpoint cannot be read" in lines[0]
    assert "epoch_10.pth: it was saved without the optimizer" in lines[1]


def test_a_folder_without_checkpoints_has_no_newest(tmp_path: Path) -> None:
    """Neither an empty one nor one that is not there."""
    assert newest_checkpoint(tmp_path, LOGGER) is None
    assert newest_checkpoint(tmp_path / "none", LOGGER) is None


def test_the_oldest_are_deleted_and_never_the_one_just_written(tmp_path: Path) -> None:
    """An earlier run's higher numbers do not count as newer, and a stop is forgotten when the run is past it."""
    for name in ("epoch_7.pth", "epoch_8.pth", "stopped_iter_30.pth", "iter_5.pth"):
        save(tmp_path / name)
    newest = save(tmp_path / "epoch_1.pth")

    prune(newest, "epoch_{}.pth", 1, LOGGER)

    assert names(tmp_path) == ["epoch_1.pth", "iter_5.pth"]


def test_a_pointer_of_text_serves_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems have none; `latest.pth` is read through it all the same."""

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    point_latest(save(tmp_path / "a.pth"))
    point_latest(save(tmp_path / "b.pth"))

    assert not (tmp_path / "latest.pth").is_symlink()
    assert read_checkpoint(tmp_path / "latest.pth")["meta"]["n"] == "b.pth"
    assert names(tmp_path) == ["a.pth", "b.pth", "latest.pth"]


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_stay(
    tmp_path: Path,
) -> None:
    """The living hold a lock; other people's hidden files are no one's business."""
    fcntl = pytest.importorskip("fcntl")
    for name in (".epoch_1.pth.17.tmp", ".epoch_2.pth.18.tmp", ".mine.tmp"):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / ".latest.pth.tmp").symlink_to("epoch_1.pth")

    with (tmp_path / ".epoch_2.pth.18.tmp").open("rb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        remove_leftovers(tmp_path)

    assert names(tmp_path) == [".epoch_2.pth.18.tmp", ".mine.tmp"]


def test_a_full_disk_is_told_with_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """74, the file and the reason; the old file is there."""
    path = save(tmp_path / "a.pth")
    before = path.read_bytes(), saved_at(path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"a\.pth: .*No space left on device") as caught:
        save(path)

    assert caught.value.exit_code == 74
    assert (path.read_bytes(), saved_at(path)) == before
    assert names(tmp_path) == ["a.pth"]


def test_a_picture_is_told_to_be_no_checkpoint(tmp_path: Path) -> None:
    """And without the advice to trust it, which is for files that hold other objects."""
    (tmp_path / "lr.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))

    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path / "lr.png")

    assert caught.value.what == "this is no checkpoint"
    assert caught.value.hint == ""
