"""Heads: from feature maps to class scores and losses."""

from .base import BaseHead
from .i3d_head import I3DHead
from .ssn_head import SSNHead
from .stpp import STPPTest, STPPTrain
from .tsm_head import TSMHead
from .tsn_head import TSNHead

__all__ = [
    "BaseHead",
    "I3DHead",
    "SSNHead",
    "STPPTest",
    "STPPTrain",
    "TSMHead",
    "TSNHead",
]
