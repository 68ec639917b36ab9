"""Heads: from feature maps to class scores and losses."""

from .base import BaseHead
from .tsm_head import TSMHead
from .tsn_head import TSNHead

__all__ = [
    "BaseHead",
    "TSMHead",
    "TSNHead",
]
