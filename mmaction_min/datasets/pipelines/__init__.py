"""The transforms that a config's `pipeline` may name, one file a theme."""

from .augmentations import (
    CenterCrop,
    Flip,
    Normalize,
    RandomCrop,
    RandomResizedCrop,
    Resize,
)
from .compose import Compose
from .formatting import Collect, FormatShape, ToTensor
from .loading import PyAVDecode, PyAVInit, SampleFrames

__all__ = [
    "CenterCrop",
    "Collect",
    "Compose",
    "Flip",
    "FormatShape",
    "Normalize",
    "PyAVDecode",
    "PyAVInit",
    "RandomCrop",
    "RandomResizedCrop",
    "Resize",
    "SampleFrames",
    "ToTensor",
]
