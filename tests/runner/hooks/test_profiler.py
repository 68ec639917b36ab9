"""ProfilerHook: torch's profiler over the first iterations of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.runner import BaseRunner

MakeRunner = Callable[..., BaseRunner]


# torch 2.11 says so of every cycle
@pytest.mark.filterwarnings("ignore:.*Profiler clears events:UserWarning")
def test_the_first_iterations_are_profiled(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Two of three: the trace has the steps of both."""
    runner = make_runner(max_epochs=1)
    path = tmp_path / "trace.json"
    runner.register_profiler_hook(
        dict(by_epoch=False, profile_iters=2, json_trace_path=str(path))
    )

    runner.run([loader])

    names = [
        event.get("name", "") for event in json.loads(path.read_text())["traceEvents"]
    ]
    assert sum(name.startswith("Optimizer.step") for name in names) == 2
