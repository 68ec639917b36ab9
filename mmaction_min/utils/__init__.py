"""The names of `mmcv.utils` that the engine has: for code that was written for mmcv, and for that alone."""

from torch import __version__ as TORCH_VERSION
from torch.nn import SyncBatchNorm
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from ..config import Config, ConfigDict, DictAction
from ..registry import Registry, build_from_cfg
from .logging import get_logger, print_log
from .path import scandir

__all__ = [
    "TORCH_VERSION",
    "Config",
    "ConfigDict",
    "DictAction",
    "Registry",
    "SyncBatchNorm",
    "_BatchNorm",
    "_ConvNd",
    "build_from_cfg",
    "get_logger",
    "print_log",
    "scandir",
]
