"""The loggers, in the place where mmcv 1.7 has them (mmcv/runner/hooks/logger/)."""

from .base import EVAL_ITERS, LoggerHook
from .pavi import PaviLoggerHook
from .services import (
    ClearMLLoggerHook,
    DvcliveLoggerHook,
    MlflowLoggerHook,
    NeptuneLoggerHook,
    SegmindLoggerHook,
    WandbLoggerHook,
)
from .tensorboard import TensorboardLoggerHook
from .text import TextLoggerHook

__all__ = [
    "EVAL_ITERS",
    "ClearMLLoggerHook",
    "DvcliveLoggerHook",
    "LoggerHook",
    "MlflowLoggerHook",
    "NeptuneLoggerHook",
    "PaviLoggerHook",
    "SegmindLoggerHook",
    "TensorboardLoggerHook",
    "TextLoggerHook",
    "WandbLoggerHook",
]
