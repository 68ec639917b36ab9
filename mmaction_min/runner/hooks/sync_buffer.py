"""SyncBuffersHook: the same buffers in all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import distributed

from .hook import HOOKS, Hook

if TYPE_CHECKING:
    from ..base_runner import BaseRunner


@HOOKS.register_module()
class SyncBuffersHook(Hook):
    """After each epoch the buffers that are fractions (batch norm's statistics) become their mean over the processes.

    Args:
        distributed: there may be several processes.
    """

    def __init__(self, distributed: bool = True) -> None:
        self.distributed = distributed

    @torch.no_grad()
    def after_epoch(self, runner: BaseRunner) -> None:
        if not self.distributed or runner.world_size == 1:
            return
        for buffer in runner.model.buffers():
            if buffer.is_floating_point():
                distributed.all_reduce(buffer)
                buffer /= runner.world_size
