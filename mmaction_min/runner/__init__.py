"""The names of `mmcv.runner`, one import away: `from mmaction_min.runner import HOOKS, Hook, LrUpdaterHook`."""

from .checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from .hooks import (
    HOOKS,
    CheckpointHook,
    CosineAnnealingLrUpdaterHook,
    EvalHook,
    FixedLrUpdaterHook,
    Hook,
    IterTimerHook,
    LrUpdaterHook,
    StepLrUpdaterHook,
    StopTraining,
    TextLoggerHook,
    single_gpu_test,
)
from .log_buffer import LogBuffer
from .logging import get_root_logger
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
