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
from .formatting import Collect, FormatShape, ToDataContainer, ToTensor
from .loading import PyAVDecode, PyAVInit, SampleFrames
from .localization import (
    GenerateLocalizationLabels,
    LoadLocalizationFeature,
    LoadProposals,
)

__all__ = [
    "CenterCrop",
    "Collect",
    "Compose",
    "Flip",
    "FormatShape",
    "GenerateLocalizationLabels",
    "LoadLocalizationFeature",
    "LoadProposals",
    "Normalize",
    "PyAVDecode",
    "PyAVInit",
    "RandomCrop",
    "RandomResizedCrop",
    "Resize",
    "SampleFrames",
    "ToDataContainer",
    "ToTensor",
]
