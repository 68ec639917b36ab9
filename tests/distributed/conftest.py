"""Several processes, at the price of a fork each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

RANKS = Path(__file__).with_name("ranks.py")


@dataclass
class Ranks:
    """What became of the ranks of a run."""

    codes: list[int]
    values: list[Any]
    outputs: list[str]


Run = Callable[..., Ranks]


@pytest.fixture(scope="session")
def server() -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(RANKS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def run(server: subprocess.Popen[str]) -> Run:
    """`run("function", world_size, **arguments)` calls that function of scenarios.py on every rank; all must end well."""

    def call(
        function: str,
        world_size: int,
        fails: bool = False,
        environ: dict[str, str] | None = None,
        **arguments: Any,
    ) -> Ranks:
        request = {
            "function": function,
            "world_size": world_size,
            "seconds": 60,
            "environ": environ or {},
            "arguments": arguments,
        }
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        ranks = Ranks(**json.loads(server.stdout.readline()))
        assert fails or not any(ranks.codes), "\n".join(ranks.outputs)
        return ranks

    return call
