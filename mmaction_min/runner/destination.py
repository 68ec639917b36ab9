"""Destination: where the hooks of a run save, a folder or an URL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..fileio import ObjectStore, is_url

if TYPE_CHECKING:
    from .base_runner import BaseRunner

STORE = ObjectStore()


class Destination:
    """A run's `work_dir`, or what has its name in `out_dir`, so that several runs may share that.

    Args:
        runner: the runner.
        out_dir: a folder, or an URL (`s3://bucket/runs`), where there is no `latest.pth`.

    Attributes:
        folder: the folder; None at an URL.
    """

    def __init__(self, runner: BaseRunner, out_dir: str | None) -> None:
        work_dir = Path(runner.work_dir)
        self.runner = runner
        self.folder: Path | None = work_dir
        self._url = ""
        if out_dir is not None and is_url(out_dir):
            self.folder = None
            self._url = f"{out_dir.rstrip('/')}/{work_dir.name}"
        elif out_dir is not None and Path(out_dir) != work_dir:
            self.folder = Path(out_dir, work_dir.name)

    def name_of(self, file: str) -> str:
        """The whole name of a file there."""
        return f"{self._url}/{file}" if self.folder is None else str(self.folder / file)

    def save(self, file: str, **options: Any) -> None:
        """Save a checkpoint; every rank calls this, and rank 0 writes.

        Args:
            file: its name.
            **options: of `runner.save_checkpoint`.
        """
        self.runner.save_checkpoint(self.folder or self._url, file, **options)

    def is_there(self, file: str) -> bool:
        """Whether there is such a file."""
        if self.folder is not None:
            return (self.folder / file).is_file()
        return STORE.isfile(self.name_of(file))

    def remove(self, file: str) -> None:
        """Remove a file that is there."""
        if self.folder is not None:
            (self.folder / file).unlink()
        else:
            STORE.remove(self.name_of(file))


def check_client(
    file_client_args: Mapping[str, Any] | None, out_dir: str | None
) -> None:
    """Refuse a client that is not the one that `out_dir` stands for: mmcv's `file_client_args` would be without effect.

    Raises:
        ConfigError: they say two things.
    """
    backend = "petrel" if out_dir is not None and is_url(out_dir) else "disk"
    if file_client_args and file_client_args != {"backend": backend}:
        raise ConfigError(
            f"files are written to {out_dir or 'the work_dir'}, and not by {dict(file_client_args)}",
            "file_client_args",
            "leave it out, and say out_dir='s3://bucket/runs', or what else fsspec knows",
        )
