"""Recognizers: a backbone and a head that tell what happens."""

from .base import BaseRecognizer
from .blending import BaseMiniBatchBlending, CutmixBlending, MixupBlending
from .recognizer2d import Recognizer2D
from .recognizer3d import Recognizer3D

__all__ = [
    "BaseMiniBatchBlending",
    "BaseRecognizer",
    "CutmixBlending",
    "MixupBlending",
    "Recognizer2D",
    "Recognizer3D",
]
