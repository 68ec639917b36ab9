"""The hooks, in the places where mmcv has them: `from mmaction_min.runner.hooks.lr_updater import LrUpdaterHook`."""

from .checkpoint import CheckpointHook
from .evaluation import EvalHook, single_gpu_test
from .hook import HOOKS, Hook, StopTraining
from .iter_timer import IterTimerHook
from .logger import LoggerHook, TextLoggerHook
from .lr_updater import (
    CosineAnnealingLrUpdaterHook,
    FixedLrUpdaterHook,
    LrUpdaterHook,
    StepLrUpdaterHook,
)
from .optimizer import GradientCumulativeOptimizerHook, OptimizerHook

__all__ = [
    "HOOKS",
    "CheckpointHook",
    "CosineAnnealingLrUpdaterHook",
    "EvalHook",
    "FixedLrUpdaterHook",
    "GradientCumulativeOptimizerHook",
    "Hook",
    "IterTimerHook",
    "LoggerHook",
    "LrUpdaterHook",
    "OptimizerHook",
    "StepLrUpdaterHook",
    "StopTraining",
    "TextLoggerHook",
    "single_gpu_test",
]
