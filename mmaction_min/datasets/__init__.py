"""Datasets, and the pipelines that turn a video file into what a model takes."""

from .activitynet_dataset import ActivityNetDataset
from .builder import (
    DATASETS,
    PIPELINES,
    build_dataloader,
    build_dataset,
    collate,
)
from .motion_clips import MotionClips
from .pipelines import Compose
from .seeding import EpochSampler, SeededDataset
from .video_dataset import VideoDataset

__all__ = [
    "DATASETS",
    "PIPELINES",
    "ActivityNetDataset",
    "Compose",
    "EpochSampler",
    "MotionClips",
    "SeededDataset",
    "VideoDataset",
    "build_dataloader",
    "build_dataset",
    "collate",
]
