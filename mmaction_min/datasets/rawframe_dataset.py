"""RawframeDataset: videos that were extracted to a file a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .base import BaseDataset
from .builder import DATASETS, Results


@DATASETS.register_module()
class RawframeDataset(BaseDataset):
    """Folders of frames with their labels.

    The annotation file has a line `folder total_frames label` for each video, with `with_offset`
    `folder offset total_frames label`; or, if its name ends in `.json`, it is a list of
    `{"frame_dir": folder, "total_frames": number, "label": label}`.

    Args:
        ann_file, pipeline, data_prefix: as in `BaseDataset`.
        filename_tmpl: the name of a frame, from its number; for Flow from "x" or "y" and its number: `"{}_{:05d}.jpg"`.
        with_offset: a line has the number of frames before the video's first too.
        start_index: the number of the first frame, 1 by default.
        **kwargs: as in `BaseDataset`.
    """

    def __init__(
        self,
        ann_file: str | Path,
        pipeline: Sequence[Any],
        data_prefix: str | Path | None = None,
        *,
        filename_tmpl: str = "img_{:05}.jpg",
        with_offset: bool = False,
        start_index: int = 1,
        **kwargs: Any,
    ) -> None:
        self.filename_tmpl = filename_tmpl
        self.with_offset = with_offset
        super().__init__(
            ann_file, pipeline, data_prefix, start_index=start_index, **kwargs
        )

    def columns(self) -> tuple[str, ...]:
        offset = ("offset",) if self.with_offset else ()
        return ("frame_dir", *offset, "total_frames")

    def load_annotations(self) -> list[Results]:
        infos = super().load_annotations()
        return [{**info, "filename_tmpl": self.filename_tmpl} for info in infos]
