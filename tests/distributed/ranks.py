"""Runs a function of scenarios.py in several processes that gloo connects, forked from this one, which has torch imported.

Reads requests as lines of JSON, `{"function": "...", "world_size": 2, "arguments": {...}}`, and answers with the ranks'
exit codes, the values that they returned, and what they printed.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import scenarios
import torch._dynamo  # noqa: F401  (DDP and the optimizers import it: seconds, which are spent once here)

import mmaction_min.train  # noqa: F401  (so that no rank needs to import it)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_rank(request: dict[str, Any], rank: int, port: int, folder: Path) -> None:
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(request["world_size"]),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
        **request.get("environ", {}),
    )
    with (folder / f"{rank}.out").open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    code = 99
    try:
        value = getattr(scenarios, request["function"])(**request["arguments"])
        (folder / f"{rank}.json").write_text(json.dumps(value))
        code = 0
    except SystemExit as e:
        code = int(e.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def wait_for(ranks: list[int], seconds: float) -> list[int]:
    """The exit codes; who has not ended by then, or is the last and stopped, is killed."""
    codes: dict[int, int] = {}
    stopped: set[int] = set()
    end = time.monotonic() + seconds
    while left := set(ranks) - codes.keys():
        for pid in left:
            done, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if done and os.WIFSTOPPED(status):
                stopped.add(pid)
            elif done:
                codes[pid] = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end or left <= stopped:
                os.kill(pid, 9)
        time.sleep(0.01)
    return [codes[pid] for pid in ranks]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    port, ranks = free_port(), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rank in range(request["world_size"]):
            if (pid := os.fork()) == 0:
                run_rank(request, rank, port, folder)
            ranks.append(pid)
        codes = wait_for(ranks, request["seconds"])
        values = [folder / f"{rank}.json" for rank in range(len(ranks))]
        return {
            "codes": codes,
            "values": [
                json.loads(value.read_text()) if value.exists() else None
                for value in values
            ],
            "outputs": [
                value.with_suffix(".out").read_text(errors="replace")
                for value in values
            ],
        }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
