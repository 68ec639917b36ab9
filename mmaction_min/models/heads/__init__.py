"""Heads: from feature maps to class scores and losses."""

from .base import BaseHead
from .i3d_head import I3DHead
from .tsm_head import TSMHead
from .tsn_head import TSNHead

__all__ = [
    "BaseHead",
    "I3DHead",
    "TSMHead",
    "TSNHead",
]
