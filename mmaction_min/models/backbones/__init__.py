"""Backbones: from frames to feature maps."""

from .resnet import ResNet
from .resnet_tsm import ResNetTSM

__all__ = [
    "ResNet",
    "ResNetTSM",
]
