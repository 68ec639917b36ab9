"""MotionProposals: the embedded data set of SSN, untrimmed videos as files of frames, with windows of all lengths as proposals."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..argument_types import Positive
from ..core.evaluation import pairwise_temporal_iou
from ..errors import ConfigError
from .builder import DATASETS
from .motion_clips import FRAME_RATE, SPLITS, cache_folder, write_once
from .ssn_dataset import SSNDataset
from .untrimmed_clips import UntrimmedRecipe, draw_video

NUM_VIDEOS = {"train": 160, "val": 40}
LENGTHS = (12, 14, 17, 20, 24, 29)  # frames of a window
STRIDE = 0.25  # from one window to the next, as a part of its length
VERSION = 1  # raise it when the files change and no number does
PROPOSALS = "proposals.txt"


@DATASETS.register_module()
class MotionProposals(SSNDataset):
    """The videos of `UntrimmedMotion`, in grey, written at first use; there is one class, that something moves.

    Args:
        pipeline: the transforms of a sample, as configs.
        train_cfg: as in `SSNDataset`.
        test_cfg: as in `SSNDataset`.
        split: "train" or "val"; no motion is in both.
        num_videos: how many; 160 and 40 by default.
        size: height and width of the frames in pixels, a multiple of 16.
        seed: of the videos, not of the training.
        root: the cache folder, as for `MotionClips`.
        **kwargs: as in `SSNDataset`.
    """

    def __init__(
        self,
        pipeline: Sequence[Any],
        train_cfg: Mapping[str, Any],
        test_cfg: Mapping[str, Any],
        split: str = "train",
        *,
        num_videos: Positive | None = None,
        size: Positive = 64,
        seed: int = 0,
        root: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        if split not in SPLITS:
            raise ConfigError(
                f"MotionProposals has no split {split!r}",
                hint=f"one of {', '.join(SPLITS)}",
            )
        num_videos = NUM_VIDEOS[split] if num_videos is None else num_videos
        if size % 16:
            raise ConfigError(
                f"MotionProposals has no size={size}", hint="a multiple of 16"
            )
        recipe = UntrimmedRecipe(split, num_videos, size, seed)
        name = recipe.folder_name("proposals", LENGTHS, STRIDE, VERSION)
        folder = write_once(
            (cache_folder() if root is None else Path(root)) / name,
            lambda draft: write_proposals(recipe, draft),
            f"MotionProposals: writing {num_videos} {split} videos and their proposals",
        )
        super().__init__(
            folder / PROPOSALS, pipeline, train_cfg, test_cfg, folder, **kwargs
        )


def write_proposals(recipe: UntrimmedRecipe, folder: Path) -> None:
    """Write `NAME/img_NNNNN.jpg` of each video, and `proposals.txt`, as `SSNDataset` reads it, into a folder."""
    from PIL import Image
    from tqdm import tqdm

    lines: list[str] = []
    for number in tqdm(
        range(recipe.num_videos), unit="video", disable=not sys.stderr.isatty()
    ):
        frames, annotations = draw_video(recipe, number)
        name = f"v_{recipe.split}_{number:04d}"
        (folder / name).mkdir()
        for index, frame in enumerate(frames[:, : recipe.size], 1):  # the brightness
            picture = Image.fromarray(frame)
            picture.save(folder / name / f"img_{index:05d}.jpg", quality=95)
        segments = np.array([each["segment"] for each in annotations]) * FRAME_RATE
        segments = segments.round().astype(int)
        rows = windows(len(frames), segments)
        lines += [f"# {number}", name, str(len(frames)), "1", str(len(segments))]
        lines += [f"1 {start} {end}" for start, end in segments.tolist()]
        lines += [str(len(rows)), *rows]
    (folder / PROPOSALS).write_text("\n".join(lines) + "\n")


def windows(num_frames: int, segments: NDArray[np.int64]) -> list[str]:
    """The lines of a video's proposals: windows of `LENGTHS` all over it.

    Args:
        num_frames: of the video.
        segments: (n, 2), annotated.
    """
    spans = np.array(
        [
            (start, start + length)
            for length in LENGTHS
            for start in range(0, num_frames - length + 1, int(STRIDE * length))
        ]
    )
    iou = pairwise_temporal_iou(spans, segments).max(axis=0)
    first, last = np.maximum.outer(segments[:, 0], spans[:, 0]), np.minimum.outer(
        segments[:, 1], spans[:, 1]
    )
    inside = (last - first).clip(0).max(axis=0) / (spans[:, 1] - spans[:, 0])
    return [
        f"1 {best:.4f} {part:.4f} {start} {end}"
        for best, part, (start, end) in zip(iou, inside, spans.tolist(), strict=True)
    ]
