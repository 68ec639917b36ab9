"""The checkpoints of a run in their folder: how they are called, which is the newest, and which old ones go."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from string import Formatter

from ...errors import CheckpointError, ConfigError
from .content import read_checkpoint
from .file import LATEST, saved_at

OURS = r"(epoch|iter|stopped_iter|best_.+)_\d+\.pth"
"""The names that a run gives to its checkpoints, unless it has a template of its own."""


def check_template(template: str) -> None:
    """Refuse a template that gives no name of a file.

    Raises:
        ConfigError: it is one of a path, or of the pointer, or `format` cannot put a number into it.
    """
    try:
        name = template.format(1)
    except (LookupError, ValueError, AttributeError):
        name = ""
    if not name or name == LATEST or Path(name).name != name:
        raise ConfigError(
            f"no checkpoint can be called {template!r}",
            "checkpoint_config.filename_tmpl",
            "give a name with {} for the number: 'tem_epoch_{}.pth'",
        )


def _names_of(template: str) -> str:
    """The pattern of the names that a template gives."""
    return "".join(
        re.escape(text) + ("" if field is None else r"\d+")
        for text, field, _, _ in Formatter().parse(template)
    )


def newest_checkpoint(
    folder: Path, logger: logging.Logger, template: str = ""
) -> Path | None:
    """The checkpoint of a folder that was saved last and from which a run can go on; None if there is none.

    Args:
        folder: the work_dir of a run; it need not exist.
        logger: gets a line for each file that is broken, or has no optimizer.
        template: how the run's `CheckpointHook` calls its files, if not `epoch_{}.pth` or `iter_{}.pth`.
    """
    for path in reversed(_by_age(folder, f"{OURS}|{_names_of(template)}")):
        try:
            checkpoint = read_checkpoint(path)
        except CheckpointError as e:
            logger.warning("skipped %s", e)
            continue
        if "optimizer" in checkpoint:
            return path
        logger.warning("skipped %s: it was saved without the optimizer", path)
    return None


def prune(newest: Path, template: str, keep: int, logger: logging.Logger) -> None:
    """Delete what a folder has beyond the `keep` files of that name that were saved last.

    The time of saving counts, not the number, for an earlier run may have got further. What a signal left in the middle of
    an epoch goes too: the run is past it.

    Args:
        newest: the file that was just written; it stays in any case.
        template: `epoch_{}.pth`.
        keep: at least 1.
        logger: gets a line where a file cannot be deleted, which ends nothing.
    """
    stopped = _by_age(newest.parent, r"stopped_iter_\d+\.pth")
    for path in stopped + _by_age(newest.parent, _names_of(template))[:-keep]:
        if path == newest:
            continue
        try:
            path.unlink()
        except OSError as e:
            logger.warning("%s stays: %s", path, e.strerror)


def _by_age(folder: Path, pattern: str) -> list[Path]:
    """The files whose names match, the oldest first."""
    files = folder.iterdir() if folder.is_dir() else ()
    names = re.compile(pattern)
    return sorted((p for p in files if names.fullmatch(p.name)), key=saved_at)
