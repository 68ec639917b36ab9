"""Update: what a step of training does once it has the outputs of the model."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..errors import ArgumentError, ConfigError, NotFiniteError

if TYPE_CHECKING:
    from .base_runner import BaseRunner


class Update:
    """Is the loss finite?, backward, clip, optimizer: the settings of `optimizer_config`, and the code that follows them.

    Args:
        grad_clip: arguments of `torch.nn.utils.clip_grad_norm_` (`dict(max_norm=20, norm_type=2)`).
        cumulative_iters: the optimizer steps once for so many batches, on the mean of their losses. What is left
            at the end of the run is a mean over the rest, as in mmcv.
        detect_anomalous_params: log the parameters that a loss does not depend on; slow.

    Raises:
        ArgumentError: `cumulative_iters` is no positive integer.
    """

    def __init__(
        self,
        grad_clip: Mapping[str, Any] | None = None,
        cumulative_iters: int = 1,
        detect_anomalous_params: bool = False,
    ) -> None:
        if not isinstance(cumulative_iters, int) or cumulative_iters < 1:
            raise ArgumentError(
                f"cumulative_iters is a positive integer, not {cumulative_iters!r}",
                "optimizer_config",
            )
        self.grad_clip = grad_clip
        self.cumulative_iters = cumulative_iters
        self.detect_anomalous_params = detect_anomalous_params

    def __call__(
        self, runner: BaseRunner, outputs: Mapping[str, Any], batch: Any = None
    ) -> bool:
        """One update of the weights, or one part of it.

        Args:
            runner: has the model, the optimizer, and the counters.
            outputs: of the model's `train_step`: `loss`, and `log_vars` and `num_samples` for the log.
            batch: for the names of its clips.

        Returns:
            Whether the optimizer has stepped: not within a group of `cumulative_iters`.

        Raises:
            NotFiniteError: the loss or the gradient is not finite; the weights are still those of the last good step.
            ConfigError: there is no loss to train with.
        """
        loss, optimizer = _loss(outputs), runner.optimizer
        if self.detect_anomalous_params:
            report_unused(runner.model, loss, runner.logger)
        check_finite(loss, outputs, batch)
        first, last, size = self._place(runner)
        if first:
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss / size if size > 1 else loss)
        if not last:
            return False
        if self.grad_clip is not None:
            params = [p for p in runner.model.parameters() if p.grad is not None]
            norm = nn.utils.clip_grad_norm_(params, **self.grad_clip)
            runner.log_buffer.update({"grad_norm": norm}, outputs["num_samples"])
        optimizer.step()
        return True

    def _place(self, runner: BaseRunner) -> tuple[bool, bool, int]:
        """Is this batch the first of its group, is it the last, and how many are in the group?"""
        if self.cumulative_iters == 1:
            return True, True, 1
        place = runner.iter % self.cumulative_iters
        start = runner.iter - place
        size = min(self.cumulative_iters, runner.max_iters - start)
        return place == 0, place + 1 == size, size


def _loss(outputs: Mapping[str, Any]) -> Tensor:
    loss = outputs.get("loss")
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise ConfigError(
            "train_step gave no loss that the weights could learn from",
            hint="it returns dict(loss=a tensor with a gradient, log_vars=..., num_samples=...); is every parameter frozen?",
        )
    return loss


def check_finite(loss: Tensor, outputs: Mapping[str, Any], batch: Any) -> None:
    """Raise a NotFiniteError that names the losses and the clips, unless the loss is finite."""
    if math.isfinite(loss.detach().sum().item()):
        return
    values = ", ".join(
        f"{name} {float(value):g}"
        for name, value in outputs.get("log_vars", {"loss": loss}).items()
    )
    metas = batch.get("img_metas", []) if isinstance(batch, Mapping) else []
    clips = [str(meta.get("filename", meta)) for meta in metas]
    raise NotFiniteError(
        f"the loss is not finite: {values}",
        ", ".join(clips),
        "a lower rate, grad_clip or a longer warm-up may help; the weights are those before this step",
    )


def report_unused(model: nn.Module, loss: Tensor, logger: logging.Logger) -> None:
    """Log every parameter that takes a gradient and that the loss does not depend on."""
    used = {id(param) for param in _leaves(loss)}
    for name, param in model.named_parameters():
        if param.requires_grad and id(param) not in used:
            logger.log(
                level=logging.ERROR,
                msg=f"{name} with shape {tuple(param.shape)} is not in the graph of the loss\n",
            )


def _leaves(loss: Tensor) -> Iterator[Tensor]:
    """The leaf tensors of the graph, without recursion: a graph may be deeper than Python's stack."""
    waiting: list[Any] = [loss.grad_fn]
    seen: set[Any] = {None}
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting.extend(parent for parent, _ in node.next_functions)
