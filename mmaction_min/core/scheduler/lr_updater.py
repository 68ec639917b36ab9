"""TINLrUpdaterHook: the schedule with which TIN was trained."""

from __future__ import annotations

from typing import Any

from mmaction_min.errors import ConfigError
from mmaction_min.runner import HOOKS, BaseRunner, LrUpdaterHook
from mmaction_min.runner.hooks.lr_updater import annealing_cos


@HOOKS.register_module()
class TINLrUpdaterHook(LrUpdaterHook):
    """Half a cosine from the base rate to `min_lr` over what the warm-up leaves of the run.

    Names and numbers are those of mmaction2 0.24.1 (mmaction/core/scheduler/lr_updater.py, arXiv 2001.06499); during the
    warm-up, too, the cosine is followed, backwards from the warm-up's end. By epoch, the warm-up is counted in epochs here
    (upstream takes its iterations from the epochs).

        lr_config = dict(policy='TIN', min_lr=0, warmup='linear', warmup_iters=1, warmup_by_epoch=True)

    Args:
        min_lr: the smallest rate.
        **kwargs: of `LrUpdaterHook`.

    Raises:
        ConfigError: in the first iteration: the warm-up takes the whole run.
    """

    def __init__(self, min_lr: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_lr = min_lr

    def get_lr(self, runner: BaseRunner, base_lr: float) -> float:
        warmup: float = self.warmup_length(runner)
        if self.by_epoch:
            warmup /= len(runner.data_loader)
        left = self.max_progress(runner) - warmup
        if left <= 0:
            raise ConfigError(
                "the warm-up takes the whole run",
                type(self).__name__,
                "shorten warmup_iters",
            )
        done = (self.progress(runner) - warmup) / left
        return annealing_cos(base_lr, self.min_lr, done)
