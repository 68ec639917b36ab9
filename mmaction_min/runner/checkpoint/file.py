"""The file under a checkpoint: written whole or not at all, and sealed with a checksum.

A file is what `torch.save` writes, a zip archive, whose comment says when it was written and the SHA-256 of all that is
before it. So the seal goes where the file goes, and every other program reads the file as it always did. Files of others
have no seal (MMAction2's published ones) and load too.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import torch

from ...errors import CheckpointError, DiskError
from .safety import load_safely

LATEST = "latest.pth"
POINTER = b"checkpoint: "
"""How `latest.pth` starts where the file system has no links; the name of the file follows."""
LABEL = "mmaction_min saved={:020d} sha256="
SEAL = re.compile(rb"mmaction_min saved=(\d{20}) sha256=([0-9a-f]{64})", re.DOTALL)
SEAL_SIZE = len(LABEL.format(0)) + 64


# ---- writing


def write_whole(path: Path, content: Mapping[str, Any]) -> None:
    """Write a sealed file; a reader, or a crash at any moment, sees the old file or the new one and nothing between.

    Raises:
        DiskError: the disk is full or failed; the old file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w+b") as file:
            _lock(file)
            _save(content, file)
            _seal(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as e:
        raise DiskError(
            f"the checkpoint cannot be written: {e.strerror or e}",
            str(path),
            "make room, and go on with --resume auto: what was saved before is whole",
        ) from e
    finally:
        _remove(temporary)


class _Watched:
    """A file for `torch.save`, which loses the errors of the disk; here the first one is kept."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return self.file.write(data)
        except OSError as e:
            self.error = self.error or e
            raise

    def flush(self) -> None:
        self.file.flush()


def _save(content: Mapping[str, Any], file: IO[bytes]) -> None:
    watched = _Watched(file)
    try:
        torch.save(dict(content), watched)  # type: ignore[arg-type]
    except RuntimeError:
        if watched.error is None:
            raise
    if watched.error is not None:
        raise watched.error


def _seal(file: BinaryIO) -> None:
    """Give the archive its comment; the two bytes before it, the last of the archive, say how long it is."""
    file.seek(-2, os.SEEK_END)
    file.write(SEAL_SIZE.to_bytes(2, "little"))
    file.write(LABEL.format(time.time_ns()).encode())
    end = file.tell()
    file.write(_digest(file, end).encode())


def point_latest(path: Path) -> None:
    """Let `latest.pth` beside `path` point to it, in one step: a link, or its name where the file system has no links.

    Raises:
        DiskError: the disk is full or failed; the pointer is as it was.
    """
    temporary = path.with_name(f".{LATEST}.tmp")
    try:
        _remove(temporary)
        try:
            temporary.symlink_to(path.name)
        except OSError:  # no links here; if the disk is the reason, this fails as well
            with temporary.open("wb") as file:
                file.write(POINTER + os.fsencode(path.name))
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path.with_name(LATEST))
        _sync_folder(path.parent)
    except OSError as e:
        raise DiskError(
            f"the pointer cannot be written: {e.strerror or e}",
            str(path.with_name(LATEST)),
            f"{path.name} is whole: go on with --resume auto",
        ) from e
    finally:
        _remove(temporary)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of writers that were killed; one that is still being written is locked, and stays."""
    _remove(folder / f".{LATEST}.tmp")
    for path in folder.glob(".*.pth.*.tmp"):
        try:
            with path.open("r+b") as file:
                dead = _lock(file)
        except OSError:
            continue
        if dead:
            _remove(path)


def _lock(file: BinaryIO) -> bool:
    """Lock the file for as long as it is open, or its process lives; False if somebody else has it, or nobody can."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):  # Windows; a file system without locks
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk; Windows has no way to ask for it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is not there; or it stays until the next start
        path.unlink()


# ---- reading


def saved_at(path: Path) -> int:
    """When a file was saved, in nanoseconds: as its seal says it, which copies do not change; else by the file system.

    0 for a file that cannot be read.
    """
    try:
        with path.open("rb") as file:
            seal = _read_seal(file)
            return int(seal[1]) if seal else os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return 0


def follow_pointer(path: Path) -> Path:
    """What a `latest.pth` that is no link points to; any other path is returned as it is."""
    with path.open("rb") as file:
        start = file.read(len(POINTER) + 256)
    if not start.startswith(POINTER):
        return path
    return path.with_name(PurePosixPath(os.fsdecode(start[len(POINTER) :])).name)


def read_whole(
    path: Path, map_location: str | torch.device = "cpu"
) -> tuple[Any, bool]:
    """The content of a file, and whether it is sealed.

    The seal is checked; and no file, sealed or not, can run anything, or take more memory than its size says.

    Raises:
        CheckpointError: the file is broken, or is made to do harm.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        sealed = _check_seal(file, str(path))
        return load_safely(file, map_location, str(path)), sealed


def _read_seal(file: BinaryIO) -> re.Match[bytes] | None:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - SEAL_SIZE))
    return SEAL.fullmatch(file.read(SEAL_SIZE))


def has_no_comment(path: Path) -> bool:
    """Whether the archive ends where its index ends: somebody has read the file and written it anew with `torch.save`."""
    with path.open("rb") as file:
        file.seek(-22, os.SEEK_END)
        end = file.read()
    return end.startswith(b"PK\5\6") and end.endswith(b"\0\0")


def _check_seal(file: BinaryIO, name: str) -> bool:
    seal = _read_seal(file)
    if seal is None:
        return False
    if _digest(file, file.tell() - 64) != seal[2].decode():
        raise CheckpointError(
            "the checksum is wrong: the file was changed after it was written", name
        )
    return True


def _digest(file: BinaryIO, end: int) -> str:
    """The SHA-256 of the file's first `end` bytes, as 64 digits; the file is at `end` afterwards."""
    digest = hashlib.sha256()
    file.seek(0)
    while left := end - file.tell():
        chunk = file.read(min(left, 2**20))
        if not chunk:
            break
        digest.update(chunk)
    return digest.hexdigest()
