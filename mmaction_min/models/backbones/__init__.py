"""Backbones: from frames or clips to feature maps."""

from .bn_inception import BNInception
from .resnet import ResNet
from .resnet3d import ResNet3d
from .resnet3d_slowonly import ResNet3dSlowOnly
from .resnet_tsm import ResNetTSM

__all__ = [
    "BNInception",
    "ResNet",
    "ResNet3d",
    "ResNet3dSlowOnly",
    "ResNetTSM",
]
