"""Row E11 of the campaign: whatever happens to one of two ranks, the other ends soon, and the run goes on to the bit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
STEPS = 21  # three epochs of seven
CODES = {
    "SIGKILL": ((99, -9), (1, -9)),  # its connection breaks, or its heartbeat ends
    "SIGTERM": ((143, 143),),
    "SIGSTOP": ((1, -9),),  # -9 is the end that the parent gives to who is stopped
    "nan": ((99, 99),),
}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {"folder": tmp_path_factory.mktemp("quiet")}


@pytest.mark.long
@pytest.mark.parametrize("fault", CODES)
@pytest.mark.parametrize("moment", range(20))
def test_whatever_happens_to_a_rank_ends_the_other_and_the_run_goes_on_to_the_bit(
    run: Run, quiet: dict[str, Any], tmp_path: Path, fault: str, moment: int
) -> None:
    """Killed, asked to stop, frozen, or with a loss that is no number; at 20 moments before, in and after a step."""
    if "values" not in quiet:
        arguments = {"work_dir": str(quiet["folder"]), "fault": "", "moment": 0}
        quiet["values"] = run("survive", 2, resume=False, **arguments).values
    arguments = {"work_dir": str(tmp_path), "fault": fault, "moment": moment}

    start = time.monotonic()
    ranks = run("survive", 2, fails=True, resume=False, **arguments)
    ended = time.monotonic() - start
    again = run("survive", 2, resume=True, **arguments)

    codes = tuple(ranks.codes)
    assert codes in CODES[fault] and codes != (0, 0), (codes, ranks.outputs)
    assert ended < 60
    if fault == "nan":
        assert "loss is not finite" in ranks.outputs[1], ranks.outputs
    assert again.values == quiet["values"]
    assert not [path for path in tmp_path.iterdir() if "tmp" in path.name]
