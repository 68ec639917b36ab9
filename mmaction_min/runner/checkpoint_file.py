"""The file under a checkpoint: written whole or not at all, sealed with a checksum, read without running what is in it.

A file is what `torch.save` writes, a zip archive, whose comment says when it was written and the SHA-256 of all that is
before it. So the seal goes where the file goes, and every other program reads the file as it always did. Files of others
have no seal (MMAction2's published ones) and load too.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from ..errors import CheckpointError, DiskError

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
        if zipfile.is_zipfile(file):
            _check_archive(file, str(path))
        _refuse_bytearray(file, str(path))
        file.seek(0)
        with torch.serialization.safe_globals(NUMBERS):
            content = torch.load(file, map_location=map_location, weights_only=True)
        size = os.fstat(file.fileno()).st_size
    if any(tensor.nbytes > size for tensor in _tensors(content)):
        raise CheckpointError("a tensor is larger than the file it is in", str(path))
    return content, sealed


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


def _check_archive(file: BinaryIO, name: str) -> None:
    """Refuse what `torch.save` never writes: packed members (a bomb), shared bytes, and names that lead out of a folder."""
    size = file.seek(0, os.SEEK_END)
    total = 0
    try:
        members = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as e:
        raise CheckpointError(f"the file is broken: {e}", name) from e
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        total += member.file_size
        if ".." in parts or "/" in parts[:1]:
            raise CheckpointError(f"it has a file named {member.filename!r}", name)
        if member.compress_type != zipfile.ZIP_STORED or total > size:
            raise CheckpointError("it would unpack to more than its size", name)


def _refuse_bytearray(file: BinaryIO, name: str) -> None:
    """Refuse the one thing that torch lets a file call with a number and that fills so much memory."""
    if os.fstat(file.fileno()).st_size == 0:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for module in (b"builtins", b"__builtin__"):
            if data.find(module + b"\nbytearray\n") >= 0:
                raise CheckpointError("it makes a bytearray", name)


def _tensors(content: Any) -> Iterator[Tensor]:
    if isinstance(content, Tensor):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _tensors(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _tensors(value)


# ---- numpy's numbers, which published checkpoints have in their meta


class _Number:
    """Stands for `numpy.dtype` in a file: of numbers only."""

    def __init__(self, code: str, *_: Any) -> None:
        if not re.fullmatch(r"[biufc]\d+", code):
            raise ValueError(f"{code!r} is no type of numbers")
        self.code = code
        self.order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1] if state[1] in ("<", ">") else "="


def _number(dtype: _Number, data: bytes) -> Any:
    """Stands for numpy's `scalar`: a number of Python's own."""
    return np.frombuffer(data, np.dtype(dtype.order + dtype.code), 1)[0].item()


NUMBERS: list[Any] = [
    (_Number, "numpy.dtype"),
    (_number, "numpy.core.multiarray.scalar"),
    (_number, "numpy._core.multiarray.scalar"),
    _Number,
]
"""All that may be in a file beside what `torch.load(weights_only=True)` takes."""
