"""Momentum hooks, in the place where mmcv 1.7 has them: `momentum_config = dict(policy='Cyclic', ...)` finds `CyclicMomentumUpdaterHook`.

Names, parameters and numbers are those of mmcv/runner/hooks/momentum_updater.py; the curves stand in `hooks/curves.py`.
"""

from .base import MomentumUpdaterHook, momentum_of
from .cycles import CyclicMomentumUpdaterHook, OneCycleMomentumUpdaterHook
from .falling import (
    CosineAnnealingMomentumUpdaterHook,
    LinearAnnealingMomentumUpdaterHook,
    StepMomentumUpdaterHook,
)

__all__ = [
    "CosineAnnealingMomentumUpdaterHook",
    "CyclicMomentumUpdaterHook",
    "LinearAnnealingMomentumUpdaterHook",
    "MomentumUpdaterHook",
    "OneCycleMomentumUpdaterHook",
    "StepMomentumUpdaterHook",
    "momentum_of",
]
