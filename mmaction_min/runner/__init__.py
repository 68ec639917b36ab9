"""The names of `mmcv.runner`, one import away: `from mmaction_min.runner import HOOKS, Hook, LrUpdaterHook`."""

from .base_runner import BaseRunner
from .checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from .hooks import (
    HOOKS,
    CheckpointHook,
    CosineAnnealingLrUpdaterHook,
    EvalHook,
    FixedLrUpdaterHook,
    GradientCumulativeOptimizerHook,
    Hook,
    IterTimerHook,
    LoggerHook,
    LrUpdaterHook,
    OptimizerHook,
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
from .priority import Priority, get_priority
from .runner import RUNNERS, EpochBasedRunner, IterBasedRunner, build_runner
from .state import set_random_seed
from .workflow import IterLoader

__all__ = [
    "HOOKS",
    "OPTIMIZERS",
    "OPTIMIZER_BUILDERS",
    "RUNNERS",
    "BaseRunner",
    "CheckpointHook",
    "CosineAnnealingLrUpdaterHook",
    "DefaultOptimizerConstructor",
    "EpochBasedRunner",
    "EvalHook",
    "FixedLrUpdaterHook",
    "GradientCumulativeOptimizerHook",
    "Hook",
    "IterBasedRunner",
    "IterLoader",
    "IterTimerHook",
    "LogBuffer",
    "LoggerHook",
    "LrUpdaterHook",
    "OptimizerHook",
    "Priority",
    "StepLrUpdaterHook",
    "StopTraining",
    "TextLoggerHook",
    "build_optimizer",
    "build_runner",
    "get_priority",
    "get_root_logger",
    "load_checkpoint",
    "read_checkpoint",
    "save_checkpoint",
    "set_random_seed",
    "single_gpu_test",
]
