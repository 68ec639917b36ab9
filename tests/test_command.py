"""What the commands share: how a bug is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmaction_min.command import run_command


class Own:
    """A part of one's own with a bug."""

    def forward(self) -> None:
        raise IndexError("own")


def wrapped() -> None:
    """As a pipeline says which transform failed."""
    try:
        Own().forward()
    except IndexError as e:
        raise RuntimeError("clip.mp4: Own failed") from e


def of_a_worker() -> None:
    """As torch raises again what a worker sent."""
    raise RuntimeError("Caught IndexError.\nOriginal Traceback (most recent call last)")


@pytest.mark.parametrize("command", [Own().forward, wrapped], ids=["bare", "wrapped"])
def test_a_bug_is_noted_where_ones_own_code_raised_it(
    command: Callable[[], None],
) -> None:
    """The innermost line that is no library's, with its class and function, below a whole traceback."""
    with pytest.raises(Exception, match=r"own|Own") as caught:
        run_command(command, "c.py", debug=False)

    (note,) = caught.value.__notes__
    assert note.startswith("raised at ") and note.endswith(" (Own.forward)")
    assert f"{Path(__file__).name}:" in note


def test_a_bug_in_a_worker_has_its_lines_already() -> None:
    """The place at which its error was taken would lead astray."""
    with pytest.raises(RuntimeError) as caught:
        run_command(of_a_worker, "c.py", debug=False)

    assert not hasattr(caught.value, "__notes__")
