"""VideoDataset and ImageDataset: files of video, or of single images, and their labels."""

from __future__ import annotations

from .base import BaseDataset
from .builder import DATASETS


@DATASETS.register_module(name=["VideoDataset", "ImageDataset"])
class VideoDataset(BaseDataset):
    """Video files (or, as `ImageDataset`, images) with their labels; frames count from 0.

    The annotation file has a line `path label` for each video; or, if its name ends in `.json`, it is a list of
    `{"filename": path, "label": label}` (for paths with spaces). With `multi_class` there are any number of labels.

    Args and errors are those of `BaseDataset`.
    """
