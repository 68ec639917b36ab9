"""The names of `mmcv.runner`, one import away: `from mmaction_min.runner import HOOKS, Hook, LrUpdaterHook`."""

from .checkpoint import (
    CheckpointHook,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
)
from .evaluation import EvalHook, single_gpu_test
from .hook import HOOKS, Hook, StopTraining
from .log_buffer import LogBuffer
from .logging import IterTimerHook, TextLoggerHook, get_root_logger
from .lr_updater import (
    CosineAnnealingLrUpdaterHook,
    FixedLrUpdaterHook,
    LrUpdaterHook,
    StepLrUpdaterHook,
)
from .optimizer import (
    OPTIMIZER_BUILDERS,
    OPTIMIZERS,
    DefaultOptimizerConstructor,
    build_optimizer,
)
from .runner import EpochBasedRunner
from .state import set_random_seed

__all__ = [
    "HOOKS",
    "OPTIMIZERS",
    "OPTIMIZER_BUILDERS",
    "CheckpointHook",
    "CosineAnnealingLrUpdaterHook",
    "DefaultOptimizerConstructor",
    "EpochBasedRunner",
    "EvalHook",
    "FixedLrUpdaterHook",
    "Hook",
    "IterTimerHook",
    "LogBuffer",
    "LrUpdaterHook",
    "StepLrUpdaterHook",
    "StopTraining",
    "TextLoggerHook",
    "build_optimizer",
    "get_root_logger",
    "load_checkpoint",
    "read_checkpoint",
    "save_checkpoint",
    "set_random_seed",
    "single_gpu_test",
]
