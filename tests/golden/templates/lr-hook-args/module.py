"""WarmLrUpdaterHook: the learning rate over a run, as `policy="Warm"` of a config."""

from __future__ import annotations

from typing import Any

from mmaction_min.runner import HOOKS, BaseRunner, LrUpdaterHook


@HOOKS.register_module()
class WarmLrUpdaterHook(LrUpdaterHook):
    """A straight line from the base rate to 0 over the run: `lr_config = dict(policy="Warm", ...)`.

    Args:
        gamma: yours; kept as `self.gamma`, and not used yet.
        **kwargs: of `LrUpdaterHook`: `by_epoch`, `warmup`, `warmup_iters`, `warmup_ratio`, `warmup_by_epoch`.
    """

    def __init__(
        self,
        gamma: float = 0.9,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.gamma = gamma

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        """The rate of a param group, before the warm-up.

        Args:
            runner: knows how far the run is: `epoch`, `iter`, `max_epochs`, `max_iters`.
            base_lr: the rate that the optimizer gave the group.
        """
        progress = self.progress(runner)  # epochs or iterations, as `by_epoch` says
        # TODO: your schedule goes here.
        return base_lr * (1 - progress / self.max_progress(runner))
