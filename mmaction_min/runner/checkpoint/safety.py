"""What a checkpoint of anybody's may have in it: no file can run anything, or take more memory than its size says."""

from __future__ import annotations

import mmap
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from ...errors import CheckpointError


def load_safely(file: BinaryIO, map_location: str | torch.device, name: str) -> Any:
    """`torch.load` of an open file, which is data alone.

    Raises:
        CheckpointError: it is broken, or is made to do harm; the message has its `name`.
    """
    if zipfile.is_zipfile(file):
        _check_archive(file, name)
    _refuse_bytearray(file, name)
    file.seek(0)
    with torch.serialization.safe_globals(NUMBERS):
        content = torch.load(file, map_location=map_location, weights_only=True)
    size = os.fstat(file.fileno()).st_size
    if any(tensor.nbytes > size for tensor in _tensors(content)):
        raise CheckpointError("a tensor is larger than the file it is in", name)
    return content


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
