"""Videos in folders."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError

# fmt: off
SUFFIXES = frozenset([
    ".3gp", ".asf", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv",
])
# fmt: on
"""What the name of a video ends in."""


def find_videos(path: str | Path) -> list[Path]:
    """The videos in a folder and below it, in order; or the one file that the path is, whatever its name.

    Raises:
        DataError: there is no such file or folder, or no video in it.
    """
    root = Path(path)
    if not root.is_dir():
        if not root.exists():
            raise DataError("there is no such file or folder", str(path))
        return [root]
    videos = sorted(
        each
        for each in root.rglob("*")
        if each.suffix.lower() in SUFFIXES and each.is_file()
    )
    if not videos:
        raise DataError(
            "there is no video in this folder",
            str(path),
            f"the names of videos end in {', '.join(sorted(SUFFIXES))}",
        )
    return videos
