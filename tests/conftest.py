"""What holds for every test."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

# Small tensors, and a machine that others may use: threads would wait for each other. Subprocesses inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def untold_logger() -> Iterator[None]:
    """The engine's logger as an import leaves it: a command gives it handlers, and keeps its lines from pytest's."""
    yield
    logger = logging.getLogger("mmaction_min")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


class Done(NamedTuple):
    """How a command ended; `code` is below zero for a signal."""

    code: int
    out: str
    err: str


PythonM = Callable[..., Done]


@pytest.fixture(scope="session")
def python_m() -> Iterator[PythonM]:
    """Runs `python -m WORDS` in a folder, with variables set, in a fork of a Python that has the libraries imported.

    A start of Python with torch takes seconds.
    """
    forker = Path(__file__).parent / "faults/forker.py"
    with subprocess.Popen(
        [sys.executable, "-W", "error::UserWarning", forker, "module"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin and server.stdout
        answers = server.stdout

        def run(words: list[str], folder: Path, **env: object) -> Done:
            texts = {name: str(value) for name, value in env.items()}
            request = {"words": words, "cwd": str(folder), "env": texts}
            print(json.dumps(request), file=server.stdin, flush=True)
            return Done(**json.loads(answers.readline()))

        yield run
