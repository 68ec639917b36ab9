"""Optimizers from a config, in the places where mmcv has them: `mmcv/runner/optimizer/`."""

from .builder import (
    OPTIMIZER_BUILDERS,
    OPTIMIZERS,
    build_optimizer,
    build_optimizer_constructor,
    register_torch_optimizers,
    with_fused,
)
from .default_constructor import DefaultOptimizerConstructor

__all__ = [
    "OPTIMIZERS",
    "OPTIMIZER_BUILDERS",
    "DefaultOptimizerConstructor",
    "build_optimizer",
    "build_optimizer_constructor",
    "register_torch_optimizers",
    "with_fused",
]
