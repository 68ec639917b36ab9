"""Datasets, and the pipelines that turn a video file into what a model takes."""

from .activitynet_dataset import ActivityNetDataset
from .base import BaseDataset
from .batch import collate
from .builder import (
    DATASETS,
    PIPELINES,
    build_dataloader,
    build_dataset,
)
from .motion_clips import MotionClips
from .motion_proposals import MotionProposals
from .pipelines import Compose
from .pipelines.device import finish_on_device
from .rawframe_dataset import RawframeDataset
from .repeat_dataset import RepeatDataset
from .seeding import EpochSampler, SeededDataset
from .ssn_dataset import SSNDataset
from .video_dataset import VideoDataset

__all__ = [
    "DATASETS",
    "PIPELINES",
    "ActivityNetDataset",
    "BaseDataset",
    "Compose",
    "EpochSampler",
    "MotionClips",
    "MotionProposals",
    "RawframeDataset",
    "RepeatDataset",
    "SSNDataset",
    "SeededDataset",
    "VideoDataset",
    "build_dataloader",
    "build_dataset",
    "collate",
    "finish_on_device",
]
