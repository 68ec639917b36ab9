"""What backbones, necks and heads are made of: a convolution with its norm, residual blocks, non-local blocks."""

from .conv_module import ConvModule, build_activation, build_conv, build_norm
from .init import init_network
from .non_local import NonLocal3d
from .norms import batch_norms, freeze, keep_norms
from .residual import Residual
from .temporal import NL3DWrapper, TemporalPool, TemporalShift

__all__ = [
    "ConvModule",
    "NL3DWrapper",
    "NonLocal3d",
    "Residual",
    "TemporalPool",
    "TemporalShift",
    "batch_norms",
    "build_activation",
    "build_conv",
    "build_norm",
    "freeze",
    "init_network",
    "keep_norms",
]
