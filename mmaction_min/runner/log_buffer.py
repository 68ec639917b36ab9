"""LogBuffer: what the steps report, kept where it is (on the device too) until somebody prints it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from operator import mul
from typing import Any

import torch
from torch import Tensor

from .dist import gather_objects

Value = float | Tensor


class LogBuffer:
    """Values by name, each with the number of samples that it is a mean over (mmcv/runner/log_buffer.py).

    Args:
        before_read: called before values are read, for what else waits for the device.

    Attributes:
        val_history: what the steps reported, by name, in their order.
        n_history: the numbers of samples, beside it.
        output: what is to be logged next; hooks may put entries of their own into it.
        ready: `output` has new means.
    """

    def __init__(self, before_read: Callable[[], None] = lambda: None) -> None:
        self._before_read = before_read
        self.val_history: defaultdict[str, list[Value]] = defaultdict(list)
        self.n_history: defaultdict[str, list[int]] = defaultdict(list)
        self.output: dict[str, Any] = {}
        self.ready = False
        self.keep = 0
        """How many of the last steps anybody will ask for; 0 keeps them until `clear`."""

    def update(self, vars: Mapping[str, Value], count: int = 1) -> None:
        """Remember one step's values, means over `count` samples. A tensor is not read now, so a GPU is not waited for."""
        for name, value in vars.items():
            if isinstance(value, Tensor) and value.requires_grad:
                value = value.detach()
            self.val_history[name].append(value)
            self.n_history[name].append(count)

    def average(self, n: int = 0) -> None:
        """Put the mean over the last `n` steps (0: over all) and over all processes, weighted by their samples, into `output`.

        Every rank calls it.
        """
        self._before_read()
        own: dict[str, tuple[float, int]] = {}
        for name, history in self.val_history.items():
            values, counts = as_floats(history[-n:]), self.n_history[name][-n:]
            own[name] = (sum(map(mul, values, counts)), sum(counts))
            self.output[name] = values[-1]  # of no samples there is no mean
        everybodys = gather_objects(own)
        for name in own:
            sums = [of_rank[name] for of_rank in everybodys if name in of_rank]
            if total := sum(count for _, count in sums):
                self.output[name] = sum(weighted for weighted, _ in sums) / total
        self.ready = True

    def clear(self) -> None:
        """Forget everything."""
        self.val_history.clear()
        self.n_history.clear()
        self.clear_output()

    def clear_output(self) -> None:
        """Forget what is to be logged next; of the history keep what may be asked for again."""
        self.output.clear()
        self.ready = False
        if self.keep:
            for name in self.val_history:
                del self.val_history[name][: -self.keep]
                del self.n_history[name][: -self.keep]

    def state_dict(self) -> dict[str, list[Any]]:
        """What is not logged yet, as numbers, for a checkpoint: each name's values, and their numbers of samples."""
        return {
            name: [as_floats(history), list(self.n_history[name])]
            for name, history in self.val_history.items()
        }

    def load_state_dict(self, state: Mapping[str, Sequence[list[Any]]]) -> None:
        """Put back what `state_dict` gave."""
        self.clear()
        for name, (values, counts) in state.items():
            for value, count in zip(values, counts, strict=True):
                self.update({name: float(value)}, int(count))


def as_floats(values: list[Value]) -> list[float]:
    """The values on the host; those of a GPU are waited for once, not one by one."""
    if all(isinstance(value, Tensor) and value.is_cuda for value in values):
        stacked = torch.stack([value.double().mean() for value in values])  # type: ignore[union-attr]
        return [float(value) for value in stacked.tolist()]
    return [
        float(value.mean() if isinstance(value, Tensor) and value.dim() else value)
        for value in values
    ]
