"""LogBuffer: what the steps report, kept where it is (on the device too) until somebody prints it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

Value = float | Tensor


class LogBuffer:
    """Values by name, each with the number of samples that it is a mean over.

    `output` is what is to be logged next; hooks may put entries of their own into it.
    """

    def __init__(self) -> None:
        self._history: dict[str, list[tuple[Value, int]]] = {}
        self.output: dict[str, float] = {}

    def update(self, values: Mapping[str, Value], count: int = 1) -> None:
        """Remember one step's values, means over `count` samples. A tensor is not read now, so a GPU is not waited for."""
        for name, value in values.items():
            value = value.detach() if isinstance(value, Tensor) else value
            self._history.setdefault(name, []).append((value, count))

    def average(self, n: int = 0) -> None:
        """Put the mean over the last `n` steps (0: over all), weighted by their samples, into `output`."""
        for name, history in self._history.items():
            last = history[-n:]
            total = sum(count for _, count in last)
            self.output[name] = (
                sum(float(value) * count for value, count in last) / total
            )

    def clear(self) -> None:
        """Forget everything."""
        self._history.clear()
        self.output.clear()
