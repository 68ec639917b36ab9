"""EMAHook: a running mean of the weights, which is what gets evaluated and saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...errors import ArgumentError
from ..parallel import unwrap
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

SWAPPED = "ema_swapped"
"""The message in a checkpoint's `meta.hook_msgs`: the mean stands under the model's names, and the weights under `ema_*`."""


@HOOKS.register_module()
class EMAHook(Hook):
    """Keeps `mean = (1 - m) * mean + m * weights` of every parameter, in a buffer `ema_<name>` of the model.

    Between the steps of training the model has its own weights. When it is evaluated or saved, and after the last epoch,
    it has the mean, so that a checkpoint is what was scored; its `ema_*` entries are then the weights with which a
    resumed run goes on. Batch norm's statistics are those of training.

    Two things are not as in mmcv (mmcv/runner/hooks/ema.py): with an `interval` the mean forgets as fast as without
    (m is 1 - (1 - momentum)^interval; mmcv's momentum^interval hardly moves), and `IterBasedRunner` evaluates the mean too.

    Args:
        momentum: m, the part of the new weights, in (0, 1).
        interval: iterations between two updates of the mean.
        warm_up: in iteration t, m is at most (1 + t) / (warm_up + t), so that the mean leaves the first weights soon.
        resume_from: a checkpoint to go on from, for a runner that is not told to resume.

    Raises:
        ArgumentError: the interval is no positive integer, or the momentum is not in (0, 1).
    """

    default_priority = "ABOVE_NORMAL"  # a checkpoint of an iteration has its mean

    def __init__(
        self,
        momentum: float = 0.0002,
        interval: int = 1,
        warm_up: int = 100,
        resume_from: str | None = None,
    ) -> None:
        if not isinstance(interval, int) or interval < 1:
            raise ArgumentError(f"interval is a positive integer, not {interval!r}")
        if not 0 < momentum < 1:
            raise ArgumentError(f"momentum is between 0 and 1, not {momentum}")
        self.momentum = 1 - (1 - momentum) ** interval
        self.interval = interval
        self.warm_up = warm_up
        self.resume_from = resume_from
        self.swapped = False
        self._model: nn.Module | None = None
        self._params: list[Tensor] = []
        self._means: list[Tensor] = []

    @property
    def is_attached(self) -> bool:
        """Whether the model has the buffers."""
        return self._model is not None

    def before_resume(self, runner: BaseRunner) -> None:
        self._attach(runner)

    def before_run(self, runner: BaseRunner) -> None:
        self._attach(runner)
        if self.resume_from is not None:
            runner.resume(self.resume_from)
        messages = runner.meta.setdefault("hook_msgs", {})
        # mmcv writes no message: its files of an epoch's end have the mean under the model's names.
        self.swapped = messages.get(SWAPPED, runner.epoch > 0 and not runner.inner_iter)
        self.swap(runner, to_mean=False)

    def before_train_epoch(self, runner: BaseRunner) -> None:
        self.swap(runner, to_mean=False)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        self.swap(runner, to_mean=True)

    def after_run(self, runner: BaseRunner) -> None:
        self.swap(runner, to_mean=True)

    @torch.no_grad()
    def after_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter % self.interval:
            return
        start = self.warm_up + runner.iter
        m = min(self.momentum, (1 + runner.iter) / start) if start else self.momentum
        torch._foreach_lerp_(self._means, self._params, m)

    @torch.no_grad()
    def swap(self, runner: BaseRunner, *, to_mean: bool) -> None:
        """Put the mean into the model, and the weights aside, or back."""
        if self.swapped == to_mean:
            return
        weights = [param.clone() for param in self._params]
        torch._foreach_copy_(self._params, self._means)
        torch._foreach_copy_(self._means, weights)
        self.swapped = to_mean
        runner.meta.setdefault("hook_msgs", {})[SWAPPED] = to_mean

    def _attach(self, runner: BaseRunner) -> None:
        model: Any = unwrap(runner.model)
        if self._model is model:
            return
        self._model = model
        self._params = [param.detach() for _, param in model.named_parameters()]
        self._means = []
        for name, param in list(model.named_parameters()):
            buffer = f"ema_{name.replace('.', '_')}"
            model.register_buffer(buffer, param.detach().clone())
            self._means.append(model.get_buffer(buffer))


@contextmanager
def averaged(runner: BaseRunner) -> Iterator[None]:
    """Within the block the model has the mean of its weights, if an EMAHook keeps one."""
    with ExitStack() as stack:
        for hook in runner.hooks:
            if isinstance(hook, EMAHook) and not hook.swapped and hook.is_attached:
                hook.swap(runner, to_mean=True)
                stack.callback(hook.swap, runner, to_mean=False)
        yield
