"""The engine's logger: lines on the console, above a live bar, and in `<time>.log`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from tqdm import tqdm

LIVE = {"live": True}
"""The `extra` of a record that the live bar shows too, so that a terminal need not."""


def has_live_bar() -> bool:
    """Whether stderr is a terminal that a bar can be drawn on; the pseudo-terminals of CI may have no width."""
    if not sys.stderr.isatty():
        return False
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except OSError:  # a wrapped stream: tqdm does without its width too
        return True


class _ConsoleHandler(logging.Handler):
    """Prints above a live bar, not through it."""

    def emit(self, record: logging.LogRecord) -> None:
        if not (getattr(record, "live", False) and has_live_bar()):
            tqdm.write(self.format(record), file=sys.stdout)
            sys.stdout.flush()


def get_root_logger(
    log_file: Path | None = None, level: str = "INFO"
) -> logging.Logger:
    """The engine's logger: to the console, and with the time of day to `log_file`."""
    logger = logging.getLogger("mmaction_min")
    logger.setLevel(level)
    logger.propagate = False
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.addHandler(_ConsoleHandler())
    if log_file is not None:
        handler = logging.FileHandler(log_file, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
    return logger
