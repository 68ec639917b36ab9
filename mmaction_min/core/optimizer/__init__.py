"""Optimizers and optimizer constructors of your own, beside those of torch and of the runner."""

from .copy_of_sgd import CopyOfSGD
from .tsm_optimizer_constructor import TSMOptimizerConstructor

__all__ = [
    "CopyOfSGD",
    "TSMOptimizerConstructor",
]
