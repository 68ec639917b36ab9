"""Ctrl-C and SIGTERM: the step that runs ends, a checkpoint is written, and the run ends. A second one ends at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""What a shell reports for a process that the signal ended."""
NOTED = (
    "the step ends and is saved; a second {} ends at once, "
    "and `--resume auto` goes on from what was saved last"
)


class StopRequest:
    """Which signal asked to stop, if one did."""

    lasting = False
    """Whether the process that was asked to stop ends undisturbed by later signals."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._process = os.getpid()

    def __bool__(self) -> bool:
        return self.signal is not None

    def after_step(self) -> None:
        """Called after each step, before it is asked whether to stop."""

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: note it, and let the next one do what it always did.

        What that one means is said now: it ends the process in whatever C code it waits, and nothing can speak then.
        """
        self.signal = signal.Signals(number)
        for caught in EXIT_CODES:
            signal.signal(caught, signal.SIG_DFL)
        if os.getpid() == self._process:  # a worker inherits the handler
            # Not by print: the signal may have come within one.
            with suppress(OSError):  # stderr may be closed
                os.write(2, f"\n{NOTED.format(self.signal.name)}\n".encode())


@contextmanager
def stop_on_signal(request: StopRequest | None = None) -> Iterator[StopRequest]:
    """Within the block, the first SIGINT or SIGTERM only sets the request; only the main thread may enter."""
    request = StopRequest() if request is None else request  # an unset one is false
    before = {caught: signal.signal(caught, request) for caught in EXIT_CODES}
    try:
        yield request
    finally:
        ends = request and request.lasting
        for caught, handler in before.items():
            signal.signal(caught, signal.SIG_IGN if ends else handler)
