"""RelativeStepLrUpdaterHook: the learning rate over a run, as `policy="RelativeStep"` of a config."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from mmaction_min.runner import HOOKS, BaseRunner, LrUpdaterHook


@HOOKS.register_module()
class RelativeStepLrUpdaterHook(LrUpdaterHook):
    """A rate for each stretch of the run: the i-th of `lrs` until the i-th of `steps`, and the last one after.

        lr_config = dict(policy="RelativeStep", steps=[20, 40, 60], lrs=[0.1, 0.01, 0.001])

    Args:
        steps: where each stretch ends, in epochs, or with `by_epoch=False` in iterations; increasing.
        lrs: the rate of each stretch; as many as there are steps.
        **kwargs: of `LrUpdaterHook`: `by_epoch`, `warmup`, `warmup_iters`, `warmup_ratio`, `warmup_by_epoch`.

    Raises:
        ValueError: there is not one rate for each step, or the steps do not increase.
    """

    def __init__(
        self,
        steps: Sequence[int],
        lrs: Sequence[float],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not steps or len(steps) != len(lrs):
            found = f"there are {len(steps)} steps and {len(lrs)} lrs"
            raise ValueError(f"{found}: give one rate for each step")
        if any(after <= before for before, after in pairwise(steps)):
            raise ValueError(f"steps should increase, but they are {list(steps)}")
        self.steps = steps
        self.lrs = lrs

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        """The rate of a param group, before the warm-up.

        Args:
            runner: knows how far the run is: `epoch`, `iter`, `max_epochs`, `max_iters`.
            base_lr: the rate that the optimizer gave the group; not used, `lrs` says all.
        """
        progress = self.progress(runner)  # epochs or iterations, as `by_epoch` says
        # TODO: your schedule goes here.
        for step, lr in zip(self.steps, self.lrs, strict=True):
            if progress < step:
                return lr
        return self.lrs[-1]
