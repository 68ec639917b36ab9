"""OptimizerHook and its kin: mmcv's names for the settings of the runner's step.

The update itself is `mmaction_min/runner/update.py`. A hook of these classes that is registered gives the runner its
settings; a subclass that overrides `after_train_iter` does the update in its own way, and the step leaves it to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..fp16_utils import wrap_fp16_model
from ..update import LossScale, Update, report_unused
from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class OptimizerHook(Hook):
    """One update for each batch.

    Args:
        grad_clip: arguments of `torch.nn.utils.clip_grad_norm_`.
        detect_anomalous_params: log the parameters that a loss does not depend on; slow.
    """

    amp_dtype: torch.dtype | None = None
    """What the forward pass is to be computed in, if the runner was told nothing."""

    def __init__(
        self,
        grad_clip: Mapping[str, Any] | None = None,
        detect_anomalous_params: bool = False,
    ) -> None:
        self.update = Update(grad_clip, detect_anomalous_params=detect_anomalous_params)
        self.grad_clip = grad_clip
        self.detect_anomalous_params = detect_anomalous_params

    @property
    def is_settings(self) -> bool:
        """Whether the runner's step may stand for this hook: no subclass does the update in its own way."""
        return type(self).after_train_iter is OptimizerHook.after_train_iter

    def before_run(self, runner: BaseRunner) -> None:
        self._init(runner)

    def _init(self, runner: BaseRunner) -> None:
        if self.update.cumulative_iters > 1 and self.has_batch_norm(runner.model):
            runner.logger.info(
                "the statistics of batch norm are of one batch, not of the %d that an update is over",
                self.update.cumulative_iters,
            )

    def _get_loss_factor(self, runner: BaseRunner) -> int:
        """What the running batch's loss is divided by, under the name that subclasses written for mmcv call."""
        return self.update.place(runner)[2]

    def has_batch_norm(self, module: nn.Module) -> bool:
        """Whether the model has a batch norm layer."""
        return any(isinstance(child, _BatchNorm) for child in module.modules())

    def after_train_iter(self, runner: BaseRunner) -> None:
        """The update, unless the runner's step has done it."""
        if runner.update is not self.update:
            self.update(runner, runner.outputs)

    def clip_grads(self, params: Iterable[nn.Parameter]) -> Tensor | None:
        """Clip, and give the norm that the gradients had; None if there are none."""
        params = [p for p in params if p.requires_grad and p.grad is not None]
        return (
            nn.utils.clip_grad_norm_(params, **(self.grad_clip or {}))
            if params
            else None
        )

    def detect_anomalous_parameters(self, loss: Tensor, runner: BaseRunner) -> None:
        """Log the parameters that the loss does not depend on."""
        report_unused(runner.model, loss, runner.logger)


@HOOKS.register_module()
class GradientCumulativeOptimizerHook(OptimizerHook):
    """One update for `cumulative_iters` batches.

    Args:
        cumulative_iters: how many.
        **kwargs: of `OptimizerHook`.

    Raises:
        ArgumentError: `cumulative_iters` is no positive integer.
    """

    def __init__(self, cumulative_iters: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cumulative_iters = cumulative_iters
        self.update = Update(
            self.grad_clip, cumulative_iters, self.detect_anomalous_params
        )


@HOOKS.register_module()
class Fp16OptimizerHook(OptimizerHook):
    """One update for each batch, with the forward pass in float16 and a scaled loss (mmcv's `fp16 = dict(loss_scale=512.)`).

    Args:
        grad_clip: arguments of `torch.nn.utils.clip_grad_norm_`.
        coalesce, bucket_size_mb, distributed: accepted for upstream's configs; DDP sees to what they were for.
        loss_scale: a fixed factor, 'dynamic', or arguments of `torch.amp.GradScaler`.

    Raises:
        ArgumentError: `loss_scale` is none of these.
    """

    amp_dtype = torch.float16

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        wrap_fp16_model(runner.model)

    def __init__(
        self,
        grad_clip: Mapping[str, Any] | None = None,
        coalesce: bool = True,
        bucket_size_mb: int = -1,
        loss_scale: LossScale = 512.0,
        distributed: bool = True,
    ) -> None:
        super().__init__(grad_clip=grad_clip)
        self.update = Update(grad_clip, loss_scale=loss_scale)


@HOOKS.register_module()
class GradientCumulativeFp16OptimizerHook(Fp16OptimizerHook):
    """One update for `cumulative_iters` batches, in float16.

    Args:
        cumulative_iters: how many.
        loss_scale: a fixed factor, 'dynamic', or arguments of `torch.amp.GradScaler`.
        **kwargs: of `Fp16OptimizerHook`.
    """

    def __init__(
        self, cumulative_iters: int = 1, loss_scale: LossScale = 512.0, **kwargs: Any
    ) -> None:
        super().__init__(loss_scale=loss_scale, **kwargs)
        self.update = Update(self.grad_clip, cumulative_iters, loss_scale=loss_scale)
