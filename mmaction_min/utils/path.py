"""`scandir`: the files of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def scandir(
    dir_path: str | Path,
    suffix: str | tuple[str, ...] | None = None,
    recursive: bool = False,
    case_sensitive: bool = True,
) -> Iterator[str]:
    """The files of a folder, as paths relative to it, in order; hidden ones are left out.

    Args:
        dir_path: the folder.
        suffix: how names end, one or several; all by default.
        recursive: those of the folders below too.
        case_sensitive: of the suffix.
    """
    ends = (suffix,) if isinstance(suffix, str) else suffix
    if ends is not None and not case_sensitive:
        ends = tuple(end.lower() for end in ends)
    for path in sorted(Path(dir_path).glob("**/*" if recursive else "*")):
        relative = path.relative_to(dir_path)
        name = relative.as_posix() if case_sensitive else relative.as_posix().lower()
        if path.name.startswith(".") or not path.is_file():
            continue
        if ends is None or name.endswith(ends):
            yield str(relative)
