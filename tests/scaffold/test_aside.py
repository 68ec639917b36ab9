"""Work in a second process gives what it gives here, and hides no error."""

from __future__ import annotations

import os

import pytest

from scaffold.aside import aside


def test_the_result_comes_back_whole() -> None:
    """However much it is, and from another process."""
    here = os.getpid()

    def work() -> dict[str, bytes]:
        return {"pid": str(os.getpid()).encode(), "much": b"x" * 1_000_000}

    with aside(work) as wait:
        files = wait()

    assert int(files["pid"]) != here
    assert files["much"] == b"x" * 1_000_000


@pytest.mark.parametrize("is_killed", [True, False])
def test_what_goes_wrong_there_goes_wrong_here(is_killed: bool) -> None:
    """The work is done again in this process, so that its own error is seen."""
    here = os.getpid()

    def work() -> dict[str, bytes]:
        if is_killed and os.getpid() != here:
            os.kill(os.getpid(), 9)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), aside(work) as wait:
        wait()


def test_a_result_that_no_one_waits_for_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error meanwhile does not hang, and leaves no process behind."""
    processes = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: processes.append(fork()) or processes[-1])

    with pytest.raises(KeyError), aside(lambda: {"much": b"x" * 1_000_000}):
        raise KeyError

    with pytest.raises(ChildProcessError):
        os.waitpid(processes[0], os.WNOHANG)
