"""ObjectStore: checkpoints at an URL (`out_dir = 's3://bucket/runs'`), by fsspec."""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError


def is_url(path: object) -> bool:
    """Whether it is an URL, and no path of a file system."""
    return "://" in str(path)


class ObjectStore:
    """Writes, reads and removes whole files at URLs that fsspec knows, with the methods of mmcv's file clients.

    mmcv reaches `s3://` through the client of its own house, Petrel; here it is s3fs, for `gs://` gcsfs, and so on, which
    take credentials from where the service's own tools do.
    """

    def put(self, obj: bytes, filepath: str) -> None:
        """Write the file; who reads it sees the old content or the new, as far as the service keeps to that."""
        self._system(filepath).pipe_file(filepath, obj)

    def get(self, filepath: str) -> bytes:
        """What the file holds."""
        content: bytes = self._system(filepath).cat_file(filepath)
        return content

    def isfile(self, filepath: str) -> bool:
        """Whether there is such a file."""
        return bool(self._system(filepath).isfile(filepath))

    def remove(self, filepath: str) -> None:
        """Remove it."""
        self._system(filepath).rm_file(filepath)

    @staticmethod
    def _system(url: str) -> Any:
        from fsspec.core import url_to_fs

        try:
            return url_to_fs(url)[0]
        except (
            ImportError,
            ValueError,
        ) as e:  # a library is missing, or no such scheme
            raise ConfigError(f"cannot write there: {e}", url) from e


PetrelBackend = ObjectStore
"""mmcv's name for what serves `s3://`."""
