"""UntrimmedMotion: the embedded data set of localizers, untrimmed videos with TSN's features of them.

    python -m mmaction_min.train configs/bmn_motion.py

It stands above `datasets`, which know no models: it writes videos and their features at first use.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from .datasets.activitynet_dataset import ActivityNetDataset
from .datasets.builder import DATASETS
from .datasets.motion_clips import SPLITS, cache_folder, write_once
from .datasets.pipelines import Compose
from .datasets.untrimmed_clips import (
    ANNOTATIONS,
    VIDEOS,
    UntrimmedRecipe,
    write_videos,
)
from .errors import ConfigError
from .models import build_model

NUM_VIDEOS = {"train": 160, "val": 40}
FEATURES = "features"
VERSION = 1  # raise it when the features change and nothing else here does
TSN = {
    "type": "Recognizer2D",
    "backbone": {"type": "ResNet", "depth": 18},
    "test_cfg": {"feature_extraction": True},
}
"""Without training: what random filters see of the difference of two frames is stronger where something moves."""

FRAME_PIPELINE: list[dict[str, Any]] = [
    {"type": "PyAVDecode"},
    {"type": "Resize", "scale": (32, 32), "keep_ratio": False},
    {"type": "Normalize", "mean": [127.5] * 3, "std": [64.0] * 3},
    {"type": "FormatShape", "input_format": "NCHW"},
]


@DATASETS.register_module()
class UntrimmedMotion(ActivityNetDataset):
    """Videos in which things stand still and, once or twice, move; written with their features at first use.

    Args:
        pipeline: the transforms of a sample, as configs; `LoadLocalizationFeature(raw_feature_ext=".npy")` reads the features,
            (512, temporal_dim).
        split: "train" or "val"; no motion is in both.
        num_videos: how many; 160 and 40 by default.
        temporal_dim: features of a video, at equal distances.
        size: height and width of the frames in pixels, a multiple of 16.
        seed: of the videos, not of the training.
        root: the cache folder, as for `MotionClips`.
        test_mode: as in `ActivityNetDataset`.
    """

    def __init__(
        self,
        pipeline: Sequence[Any],
        split: str = "train",
        *,
        num_videos: int | None = None,
        temporal_dim: int = 64,
        size: int = 64,
        seed: int = 0,
        root: str | Path | None = None,
        test_mode: bool = False,
    ) -> None:
        if split not in SPLITS:
            raise ConfigError(
                f"UntrimmedMotion has no split {split!r}",
                hint=f"one of {', '.join(SPLITS)}",
            )
        num_videos = NUM_VIDEOS[split] if num_videos is None else num_videos
        if min(num_videos, temporal_dim) < 1 or size < 16 or size % 16:
            raise ConfigError(
                f"UntrimmedMotion cannot make num_videos={num_videos} of size={size} with temporal_dim={temporal_dim}",
                hint="size is a multiple of 16, the others at least 1",
            )
        recipe = UntrimmedRecipe(split, num_videos, size, seed)

        def write(folder: Path) -> None:
            write_videos(recipe, folder)
            write_features(folder, temporal_dim)

        folder = write_once(
            (cache_folder() if root is None else Path(root))
            / recipe.folder_name(temporal_dim, TSN, FRAME_PIPELINE, VERSION),
            write,
            f"UntrimmedMotion: writing {num_videos} {split} videos and their features",
        )
        super().__init__(folder / ANNOTATIONS, pipeline, folder / FEATURES, test_mode)


def write_features(folder: Path, temporal_dim: int) -> None:
    """Write `features/NAME.npy`, (temporal_dim, 512) float32, for each video of a folder."""
    (folder / FEATURES).mkdir()
    sample = {
        "type": "SampleFrames",
        "clip_len": 2,
        "num_clips": temporal_dim,
        "test_mode": True,
    }
    pipeline = Compose([{"type": "PyAVInit"}, sample, *FRAME_PIPELINE])
    with torch.random.fork_rng():  # the run's own random numbers stay as they are
        torch.manual_seed(0)
        model = build_model(TSN).eval()
    videos = sorted((folder / VIDEOS).iterdir())
    for video in tqdm(videos, unit="video", disable=not sys.stderr.isatty()):
        results = {"filename": str(video), "start_index": 0, "modality": "RGB"}
        imgs = torch.from_numpy(pipeline(results)["imgs"])  # (2 T, 3, H, W)
        steps = imgs[1::2] - imgs[::2]  # TSN's RGB difference
        features: NDArray[Any] = model(steps[:, None], return_loss=False)  # (T, 512)
        np.save(folder / FEATURES / f"{video.stem}.npy", features / features.std())
