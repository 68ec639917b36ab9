"""SharedStop: a signal to one of several processes stops all of them, after the same step."""

from __future__ import annotations

import signal
from types import FrameType

import torch
import torch.distributed as dist

from .dist import get_dist_info
from .signals import StopRequest


class SharedStop(StopRequest):
    """A signal to one process stops all of them, after the same step.

    After each step a flag goes round, and is looked at after the next one: nobody waits for it, and everybody sees the
    same. It is set on the ranks that have got a signal; `signal` is what all have agreed on.
    """

    lasting = True  # the first to end makes torchrun send SIGTERM to the others

    def __init__(self) -> None:
        super().__init__()
        self._received = 0
        self._flag = torch.zeros(1, dtype=torch.int32)
        self._under_way: dist.Work | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note the signal. Later ones change nothing: Slurm sends one to the ranks, and torchrun passes its own on; after 30 s it kills."""
        self._received = self._received or number

    def after_step(self) -> None:
        """Look at the flag of the step before, and send this one's round. Every rank calls it after every step."""
        if self._under_way is not None:
            self._under_way.wait()
            if number := int(self._flag.item()):
                self.signal = signal.Signals(number)
        self._flag = torch.tensor([self._received], dtype=torch.int32)
        self._under_way = dist.all_reduce(self._flag, dist.ReduceOp.MAX, async_op=True)


def stop_request() -> StopRequest:
    """What a signal sets: shared where there are several processes."""
    return SharedStop() if get_dist_info()[1] > 1 else StopRequest()
