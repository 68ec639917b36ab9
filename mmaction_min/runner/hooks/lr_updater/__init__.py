"""Learning-rate hooks, in the place where mmcv 1.7 has them: each policy is a function of progress.

Names, parameters and numbers are those of mmcv/runner/hooks/lr_updater.py; the curves stand in `hooks/curves.py`.
"""

from ..curves import (
    annealing_cos,
    annealing_linear,
    format_param,
    get_position_from_periods,
    warmup_factor,
)
from .annealings import (
    CosineAnnealingLrUpdaterHook,
    CosineRestartLrUpdaterHook,
    FlatCosineAnnealingLrUpdaterHook,
    LinearAnnealingLrUpdaterHook,
)
from .base import LrUpdaterHook
from .cycles import CyclicLrUpdaterHook, OneCycleLrUpdaterHook
from .decays import (
    ExpLrUpdaterHook,
    FixedLrUpdaterHook,
    InvLrUpdaterHook,
    PolyLrUpdaterHook,
    StepLrUpdaterHook,
)

__all__ = [
    "CosineAnnealingLrUpdaterHook",
    "CosineRestartLrUpdaterHook",
    "CyclicLrUpdaterHook",
    "ExpLrUpdaterHook",
    "FixedLrUpdaterHook",
    "FlatCosineAnnealingLrUpdaterHook",
    "InvLrUpdaterHook",
    "LinearAnnealingLrUpdaterHook",
    "LrUpdaterHook",
    "OneCycleLrUpdaterHook",
    "PolyLrUpdaterHook",
    "StepLrUpdaterHook",
    "annealing_cos",
    "annealing_linear",
    "format_param",
    "get_position_from_periods",
    "warmup_factor",
]
