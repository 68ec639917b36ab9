"""The transforms that a config's `pipeline` may name, one file a theme."""

from .augmentations import Flip, Normalize, RandomRescale, Resize
from .colors import ColorJitter
from .compose import Compose
from .crops import (
    CenterCrop,
    MultiScaleCrop,
    RandomCrop,
    RandomResizedCrop,
)
from .formatting import (
    Collect,
    FormatShape,
    Rename,
    ToDataContainer,
    ToTensor,
    Transpose,
)
from .lazy import Fuse
from .loading import (
    ArrayDecode,
    BuildPseudoClip,
    ImageDecode,
    PyAVDecode,
    PyAVInit,
    RawFrameDecode,
)
from .localization import (
    GenerateLocalizationLabels,
    LoadLocalizationFeature,
    LoadProposals,
    SampleProposalFrames,
)
from .sampling import DenseSampleFrames, SampleFrames, UntrimmedSampleFrames
from .views import TenCrop, ThreeCrop

__all__ = [
    "ArrayDecode",
    "BuildPseudoClip",
    "CenterCrop",
    "Collect",
    "ColorJitter",
    "Compose",
    "DenseSampleFrames",
    "Flip",
    "FormatShape",
    "Fuse",
    "GenerateLocalizationLabels",
    "ImageDecode",
    "LoadLocalizationFeature",
    "LoadProposals",
    "MultiScaleCrop",
    "Normalize",
    "PyAVDecode",
    "PyAVInit",
    "RandomCrop",
    "RandomRescale",
    "RandomResizedCrop",
    "RawFrameDecode",
    "Rename",
    "Resize",
    "SampleFrames",
    "SampleProposalFrames",
    "TenCrop",
    "ThreeCrop",
    "ToDataContainer",
    "ToTensor",
    "Transpose",
    "UntrimmedSampleFrames",
]
