"""Update: what a step of training does once it has the outputs of the model."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..errors import ArgumentError, ConfigError
from .finite import FiniteGuard

if TYPE_CHECKING:
    from .base_runner import BaseRunner

LossScale = float | str | Mapping[str, Any] | None


class Update:
    """Is the loss finite?, backward, clip, optimizer: the settings of `optimizer_config`, and the code that follows them.

    Args:
        grad_clip: arguments of `torch.nn.utils.clip_grad_norm_` (`dict(max_norm=20, norm_type=2)`).
        cumulative_iters: the optimizer steps once for so many batches, on the mean of their losses. What is left
            at the end of the run is a mean over the rest, as in mmcv.
        detect_anomalous_params: log the parameters that a loss does not depend on; slow.
        loss_scale: for float16, whose small gradients are lost else: a fixed factor, 'dynamic', or arguments of
            `torch.amp.GradScaler`. Steps in which a scaled gradient overflows are left out.

    Raises:
        ArgumentError: `cumulative_iters` is no positive integer, or `loss_scale` none of these.
    """

    def __init__(
        self,
        grad_clip: Mapping[str, Any] | None = None,
        cumulative_iters: int = 1,
        detect_anomalous_params: bool = False,
        loss_scale: LossScale = None,
    ) -> None:
        if not isinstance(cumulative_iters, int) or cumulative_iters < 1:
            raise ArgumentError(
                f"cumulative_iters is a positive integer, not {cumulative_iters!r}",
                "optimizer_config",
            )
        self.grad_clip = grad_clip
        self.cumulative_iters = cumulative_iters
        self.detect_anomalous_params = detect_anomalous_params
        self.fixed_scale = (
            float(loss_scale) if isinstance(loss_scale, int | float) else None
        )
        self._scaler_args = _scaler_args(loss_scale)
        self._scaler: torch.amp.GradScaler | None = None
        self.guard = FiniteGuard()
        self._params: tuple[nn.Module | None, list[nn.Parameter]] = (None, [])

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
        self.guard.see_loss(runner.iter, outputs, batch, optimizer)
        first, last, size = self.place(runner)
        if first:
            optimizer.zero_grad(set_to_none=True)
        if size > 1:
            loss = loss / size
        if self._scaler_args is not None:
            loss = self.scaler(loss.device).scale(loss)
        torch.autograd.backward(loss)
        if last:
            self._step(runner, optimizer, outputs, batch)
        return last

    def is_last(self, runner: BaseRunner) -> bool:
        """Whether the optimizer steps on the running batch."""
        return self.place(runner)[1]

    def _step(
        self, runner: BaseRunner, optimizer: Any, outputs: Mapping[str, Any], batch: Any
    ) -> None:
        scaler = self._scaler
        if scaler is not None:
            scaler.unscale_(optimizer)
        norm = self._norm(runner.model)
        if self.grad_clip is not None:
            count = outputs.get("num_samples", 1)
            runner.log_buffer.update({"grad_norm": norm}, count)
        if scaler is not None:  # it looks for what is not finite itself
            scaler.step(optimizer)
            scaler.update(self.fixed_scale)
        else:
            self.guard.see_norm(norm, runner.iter, outputs, batch, optimizer)
            _call_step(optimizer)

    def _norm(self, model: nn.Module) -> Tensor:
        """The norm of the gradient of all parameters, which is clipped if `grad_clip` says so."""
        if self._params[0] is not model:
            self._params = (model, list(model.parameters()))
        params = [param for param in self._params[1] if param.grad is not None]
        if self.grad_clip is not None:
            return nn.utils.clip_grad_norm_(params, **self.grad_clip)
        return nn.utils.get_total_norm([param.grad for param in params])  # type: ignore[misc]

    def place(self, runner: BaseRunner) -> tuple[bool, bool, int]:
        """Is the running batch the first of its group, is it the last, and how many are in the group?"""
        if self.cumulative_iters == 1:
            return True, True, 1
        place = runner.iter % self.cumulative_iters
        start = runner.iter - place
        size = min(self.cumulative_iters, runner.max_iters - start)
        return place == 0, place + 1 == size, size

    # ---- what a checkpoint holds of it

    def scaler(self, device: torch.device) -> torch.amp.GradScaler:
        """The scaler of float16's losses; made when the device is known."""
        if self._scaler is None:
            self._scaler = torch.amp.GradScaler(
                device.type, **(self._scaler_args or {})
            )
        return self._scaler

    def state_dict(self, model: nn.Module, *, stepped: bool) -> dict[str, Any]:
        """The scaler's state, and within a group of `cumulative_iters` the gradient so far."""
        state: dict[str, Any] = {}
        if self._scaler is not None:
            state["scaler"] = self._scaler.state_dict()
        if not stepped:
            state["grads"] = {
                name: param.grad.cpu()
                for name, param in model.named_parameters()
                if param.grad is not None
            }
        return state

    def load_state_dict(
        self, state: Mapping[str, Any], model: nn.Module, device: torch.device
    ) -> None:
        """Take what `state_dict` gave."""
        if self._scaler_args is not None and "scaler" in state:
            self.scaler(device).load_state_dict(dict(state["scaler"]))
        for name, param in model.named_parameters():
            if name in state.get("grads", {}):
                param.grad = state["grads"][name].to(param.device)


def _scaler_args(loss_scale: object) -> dict[str, Any] | None:
    if loss_scale is None:
        return None
    if isinstance(loss_scale, Mapping):
        return dict(loss_scale)
    if loss_scale == "dynamic":
        return {}
    if isinstance(loss_scale, int | float):  # mmcv refuses an integer
        return {"init_scale": float(loss_scale)}
    raise ArgumentError(
        f"loss_scale is {loss_scale!r}",
        "fp16",
        "write a number, 'dynamic', or dict(init_scale=..., growth_interval=...)",
    )


def _loss(outputs: Mapping[str, Any]) -> Tensor:
    loss = outputs.get("loss")
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise ConfigError(
            "train_step gave no loss that the weights could learn from",
            hint="it returns dict(loss=a tensor with a gradient, log_vars=..., num_samples=...); is every parameter frozen?",
        )
    return loss


def _call_step(optimizer: Any) -> None:
    try:
        optimizer.step()
    except TypeError as e:
        if "closure" not in str(e):
            raise
        raise ConfigError(
            f"{type(optimizer).__name__} evaluates the loss several times in a step, by a closure, and the runner does it once",
            "optimizer.type",
            "take an optimizer without one; or train in the model's own train_step, with optimizer_config=None",
        ) from e


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
