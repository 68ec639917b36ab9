"""Losses: from scores and labels to one number."""

from .bce_loss_with_logits import BCELossWithLogits
from .binary_logistic_regression_loss import BinaryLogisticRegressionLoss
from .bmn_loss import BMNLoss
from .cross_entropy_loss import CrossEntropyLoss

__all__ = [
    "BCELossWithLogits",
    "BMNLoss",
    "BinaryLogisticRegressionLoss",
    "CrossEntropyLoss",
]
