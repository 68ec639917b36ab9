"""Ctrl-C and SIGTERM: the step that runs ends, a checkpoint is written, and the run ends. A second one ends at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""What a shell reports for a process that the signal ended."""


class StopRequest:
    """Which signal asked to stop, if one did."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: note it, and let the next one do what it always did."""
        self.signal = signal.Signals(number)
        for caught in EXIT_CODES:
            signal.signal(caught, signal.SIG_DFL)


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """Within the block, the first SIGINT or SIGTERM only sets the request; only the main thread may enter."""
    request = StopRequest()
    before = {caught: signal.signal(caught, request) for caught in EXIT_CODES}
    try:
        yield request
    finally:
        for caught, handler in before.items():
            signal.signal(caught, handler)
