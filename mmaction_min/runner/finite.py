"""FiniteGuard: a loss or a gradient that is NaN or infinite ends the run, with the weights of the last good step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import NotFiniteError

MOST_STEPS = 1000
"""So many steps are remembered at most until they are looked at, if nobody logs."""


@dataclass
class _Seen:
    """A step whose numbers may still be on the device."""

    iteration: int
    log_vars: Mapping[str, Any]
    loss: Tensor
    metas: list[Any]
    norm: Tensor | None = None

    def is_finite(self) -> bool:
        return all(
            bool(value.isfinite().all())
            for value in (self.loss, self.norm)
            if value is not None
        )

    def error(self) -> NotFiniteError:
        values = dict(self.log_vars)
        if self.norm is not None:
            values["grad_norm"] = self.norm
        text = ", ".join(f"{name} {float(value):g}" for name, value in values.items())
        which = "gradient" if bool(self.loss.isfinite().all()) else "loss"
        clips = ", ".join(str(_name(meta)) for meta in self.metas)
        return NotFiniteError(
            f"the {which} is not finite in iteration {self.iteration + 1}: {text}{clips and f'; the clips are {clips}'}",
            hint="a lower rate, grad_clip or a longer warm-up may help; the weights are those before this step",
        )


def _seen(iteration: int, outputs: Mapping[str, Any], batch: Any) -> _Seen:
    metas = batch.get("img_metas") if isinstance(batch, Mapping) else None
    values = {"loss": outputs["loss"], **outputs.get("log_vars", {})}
    values = {  # whose graphs are not kept
        name: value.detach() if isinstance(value, Tensor) else value
        for name, value in values.items()
    }
    return _Seen(iteration, values, outputs["loss"].detach(), list(metas or []))


def _name(meta: Any) -> Any:
    return meta.get("filename", meta) if isinstance(meta, Mapping) else meta


class FiniteGuard:
    """Looks at the loss and the gradient's norm of each step.

    On the CPU, and for optimizers that cannot skip a step on the device, both are read before the step. On a GPU that
    would wait for the device, so a fused optimizer gets a flag there, with which it skips this step and all later ones
    by itself (as under a GradScaler); the flag is read when the run logs or saves.

    Args:
        deferred: use the flag on the CPU too, whose fused optimizers know it as well.
    """

    def __init__(self, deferred: bool = False) -> None:
        self.deferred = deferred
        self._waiting: list[_Seen] = []
        self._bad: Tensor | None = None  # 0 or 1, where the loss is

    def defers(self, loss: Tensor, optimizer: Any) -> bool:
        """Whether the optimizer can skip a step on the device, so that the host need not look now."""
        return (loss.is_cuda or self.deferred) and getattr(
            optimizer, "_step_supports_amp_scaling", False
        )

    def see_loss(
        self, iteration: int, outputs: Mapping[str, Any], batch: Any, optimizer: Any
    ) -> None:
        """Look at the loss, before the backward pass.

        Raises:
            NotFiniteError: it is not finite, and the host looks now.
        """
        if len(self._waiting) >= MOST_STEPS:
            self.check()
        loss = outputs["loss"]
        if not self.defers(loss, optimizer):
            if not math.isfinite(loss.item()):
                raise _seen(iteration, outputs, batch).error()
            return
        seen = _seen(iteration, outputs, batch)
        self._note(seen.loss)
        self._waiting.append(seen)

    def see_norm(
        self,
        norm: Tensor,
        iteration: int,
        outputs: Mapping[str, Any],
        batch: Any,
        optimizer: Any,
    ) -> None:
        """Look at the norm of the gradient, before the optimizer's step.

        Raises:
            NotFiniteError: it is not finite, and the host looks now.
        """
        if self.defers(outputs["loss"], optimizer):
            self._waiting[-1].norm = norm
            self._note(norm)
            optimizer.found_inf = self._bad
        elif not math.isfinite(norm.item()):
            seen = _seen(iteration, outputs, batch)
            seen.norm = norm
            raise seen.error()

    def check(self) -> None:
        """Read the flag.

        Raises:
            NotFiniteError: a step since the last look was not finite; the message has its losses and its clips.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting or self._bad is None or not bool(self._bad):
            return
        for seen in waiting:
            if not seen.is_finite():
                raise seen.error()

    def _note(self, value: Tensor) -> None:
        """Set the flag if the value is not finite: only then its difference to itself is NaN."""
        bad = (value - value).isnan().float().reshape(())
        self._bad = bad if self._bad is None else torch.maximum(self._bad, bad)
