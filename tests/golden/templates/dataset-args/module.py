"""MyDataset: from an annotation file to samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .builder import DATASETS, Results
from .motion_clips import MotionClips
from .video_dataset import VideoDataset


@DATASETS.register_module()
class MyDataset(VideoDataset):
    """Videos with one label each; without an annotation file those of MotionClips.

    Args:
        pipeline: the transforms of a sample, as configs.
        ann_file: the annotation file; None for the bundled clips.
        data_prefix: the folder that its paths start from; the current one if None.
        split: "train" or "val", of the bundled clips.
        must: yours; kept as `self.must`, and not used yet.
        names: yours; kept as `self.names`, and not used yet.
        **kwargs: of `VideoDataset`: `test_mode`, `num_classes`.

    Raises:
        DataError: the annotation file is missing or wrong; the message has the line.
    """

    def __init__(
        self,
        pipeline: Sequence[Any],
        ann_file: str | Path | None = None,
        data_prefix: str | Path | None = None,
        *,
        split: str = "train",
        must: float,
        names: list[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.must = must
        self.names = ["a"] if names is None else names
        if ann_file is None:
            clips = MotionClips([], split)
            ann_file, data_prefix = clips.ann_file, clips.data_prefix
        super().__init__(ann_file, pipeline, data_prefix, **kwargs)

    def load_annotations(self) -> list[Results]:
        """Read `self.ann_file`: a dict with `filename` and `label` for each video."""
        infos = super().load_annotations()  # of lines `path label`
        # TODO: your annotations go here; what else a dict has, the pipeline sees.
        return infos
