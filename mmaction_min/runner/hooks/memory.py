"""EmptyCacheHook: give the GPU's unused memory back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class EmptyCacheHook(Hook):
    """Calls `torch.cuda.empty_cache()`; it waits for the GPU, so it is for what shares a GPU or fragments its memory.

    Args:
        before_epoch: before each epoch.
        after_epoch: after each epoch.
        after_iter: after each iteration.
    """

    def __init__(
        self,
        before_epoch: bool = False,
        after_epoch: bool = True,
        after_iter: bool = False,
    ) -> None:
        self._before_epoch = before_epoch
        self._after_epoch = after_epoch
        self._after_iter = after_iter

    def before_epoch(self, runner: BaseRunner) -> None:
        if self._before_epoch:
            torch.cuda.empty_cache()

    def after_epoch(self, runner: BaseRunner) -> None:
        if self._after_epoch:
            torch.cuda.empty_cache()

    def after_iter(self, runner: BaseRunner) -> None:
        if self._after_iter:
            torch.cuda.empty_cache()
