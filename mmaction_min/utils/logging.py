"""mmcv's loggers; the engine's own is `mmaction_min.runner.get_root_logger`."""

from __future__ import annotations

import logging
from pathlib import Path

from ..errors import ArgumentError
from ..runner.dist import get_dist_info

FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"


def get_logger(
    name: str,
    log_file: str | Path | None = None,
    log_level: int | str = logging.INFO,
    file_mode: str = "w",
) -> logging.Logger:
    """The logger of that name, to the console and to a file; the first call for a name, or for a parent's, decides.

    Args:
        name: dotted, as in `logging`.
        log_file: rank 0 writes it.
        log_level: of rank 0; the other ranks report errors alone.
        file_mode: 'a' to append.
    """
    logger = logging.getLogger(name)
    parent: logging.Logger | None = logger
    while parent is not None and parent.name != "root":
        if parent.handlers:
            return logger
        parent = parent.parent
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    rank = get_dist_info()[0]
    if rank == 0 and log_file is not None:
        handlers.append(logging.FileHandler(log_file, file_mode, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT))
        logger.addHandler(handler)
    logger.setLevel(log_level if rank == 0 else logging.ERROR)
    return logger


def print_log(
    msg: object, logger: logging.Logger | str | None = None, level: int = logging.INFO
) -> None:
    """Log, or print.

    Args:
        msg: what.
        logger: a logger, or the name of one; 'silent' for nothing, None for `print`.
        level: of the message.

    Raises:
        ArgumentError: (a TypeError) the logger is none of these.
    """
    if logger is None:
        print(msg)
    elif isinstance(logger, logging.Logger):
        logger.log(level, msg)
    elif not isinstance(logger, str):
        raise ArgumentError(f"a logger, or the name of one, is not {logger!r}")
    elif logger != "silent":
        get_logger(logger).log(level, msg)
