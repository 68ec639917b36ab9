"""The registries of models, and what builds from them. A model's config is only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from ..registry import Registry
from .backbones.external import build_external, library_of

__all__ = [
    "BACKBONES",
    "BLENDINGS",
    "HEADS",
    "LOCALIZERS",
    "LOSSES",
    "NECKS",
    "RECOGNIZERS",
    "build_backbone",
    "build_blending",
    "build_head",
    "build_localizer",
    "build_loss",
    "build_model",
    "build_neck",
    "build_recognizer",
]

BACKBONES = Registry("backbone", "mmaction_min/models/backbones/__init__.py")
NECKS = Registry("neck", "mmaction_min/models/necks/__init__.py")
HEADS = Registry("head", "mmaction_min/models/heads/__init__.py")
LOSSES = Registry("loss", "mmaction_min/models/losses/__init__.py")
RECOGNIZERS = Registry("recognizer", "mmaction_min/models/recognizers/__init__.py")
BLENDINGS = Registry("blending", "mmaction_min/models/recognizers/__init__.py")
LOCALIZERS = Registry("localizer", "mmaction_min/models/localizers/__init__.py")


def build_backbone(cfg: Mapping[str, Any]) -> nn.Module:
    """The backbone of `dict(type='ResNet', depth=50)`, or of a model of other libraries: `torchvision.NAME`, `timm.NAME`."""
    if library_of(cfg):
        return build_external(cfg)
    backbone: nn.Module = BACKBONES.build(cfg)
    return backbone


def build_neck(cfg: Mapping[str, Any]) -> nn.Module:
    """The neck of a config: what stands between a backbone and a head."""
    neck: nn.Module = NECKS.build(cfg)
    return neck


def build_blending(cfg: Mapping[str, Any]) -> Any:
    """The blending of `dict(type='MixupBlending', num_classes=400, alpha=0.2)`."""
    return BLENDINGS.build(cfg)


def build_head(cfg: Mapping[str, Any]) -> nn.Module:
    """The head of `dict(type='TSNHead', num_classes=400, in_channels=2048)`."""
    head: nn.Module = HEADS.build(cfg)
    return head


def build_loss(cfg: Mapping[str, Any]) -> nn.Module:
    """The loss of `dict(type='CrossEntropyLoss')`."""
    loss: nn.Module = LOSSES.build(cfg)
    return loss


def build_recognizer(cfg: Mapping[str, Any]) -> nn.Module:
    """The recognizer of `dict(type='Recognizer2D', backbone=dict(...), cls_head=dict(...))`."""
    recognizer: nn.Module = RECOGNIZERS.build(cfg)
    return recognizer


def build_localizer(cfg: Mapping[str, Any]) -> nn.Module:
    """The localizer of a config."""
    localizer: nn.Module = LOCALIZERS.build(cfg)
    return localizer


def build_model(cfg: Mapping[str, Any]) -> nn.Module:
    """The model of a config's `model`: a localizer if one has that name, else a recognizer."""
    return (
        build_localizer(cfg) if cfg.get("type") in LOCALIZERS else build_recognizer(cfg)
    )
