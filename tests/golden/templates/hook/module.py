"""MyHook: looks on while a model trains."""

from __future__ import annotations

import torch

from mmaction_min.runner import HOOKS, EpochBasedRunner, Hook


@HOOKS.register_module()
class MyHook(Hook):
    """Logs the norm of all weights as `weight_norm`, beside the losses.

        custom_hooks = [dict(type="MyHook", interval=10)]

    With `priority="LOW"` or another of mmcv's names in that dict, it comes after, or before, other hooks.

    Args:
        interval: iterations between two looks.
    """

    def __init__(
        self,
        interval: int = 10,
    ) -> None:
        self.interval = interval

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        """After a step; `Hook` has the other moments, and shows the loop that they are in."""
        if not self.every_n_iters(runner, self.interval):
            return
        # TODO: your idea goes here; `runner` has `model`, `optimizer`, `outputs`, `epoch` and `iter`.
        norms = [p.detach().norm() for p in runner.model.parameters()]
        runner.log_buffer.update({"weight_norm": torch.stack(norms).norm()})
