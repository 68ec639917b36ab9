"""Losses: from scores and labels to one number."""

from .bce_loss_with_logits import BCELossWithLogits
from .binary_logistic_regression_loss import BinaryLogisticRegressionLoss
from .bmn_loss import BMNLoss
from .cross_entropy_loss import CrossEntropyLoss
from .ohem_hinge_loss import OHEMHingeLoss
from .ssn_loss import SSNLoss

__all__ = [
    "BCELossWithLogits",
    "BMNLoss",
    "BinaryLogisticRegressionLoss",
    "CrossEntropyLoss",
    "OHEMHingeLoss",
    "SSNLoss",
]
