"""Untrimmed videos of MotionClips' motions: each motion between two stretches in which nothing moves.

Where one motion's stillness meets the next one's, the picture is cut: a change that is no boundary of a motion. Every frame has
fresh noise, so that two still frames are never equal.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .motion_clips import CLASSES, FRAME_RATE, H264_OPTIONS, PAIRS, SPLITS, write_mp4
from .motion_drawing import NUM_FRAMES, NUMBERS, draw_clip

MOTIONS = (1, 2)  # in a video
MOVING = (14, NUM_FRAMES)  # frames of a motion
LENGTH = (72, 108)  # frames of a video
STILL = 6  # frames before a motion and after it, at least
NOISE = 4.0  # grey levels
VERSION = 1  # raise it when the videos change and no number does
ANNOTATIONS, VIDEOS = "annotations.json", "videos"


@dataclass(frozen=True)
class UntrimmedRecipe:
    """Everything that decides the videos of a split."""

    split: str
    num_videos: int
    size: int
    seed: int

    def folder_name(self, *more: object) -> str:
        """A name of its own for each content; `more` is what else decides it."""
        numbers = (MOTIONS, MOVING, LENGTH, STILL, NOISE, VERSION, NUMBERS)
        key = repr((self, numbers, H264_OPTIONS, FRAME_RATE, more)).encode()
        digest = hashlib.sha256(key).hexdigest()[:10]
        return f"untrimmed_motion-{self.split}-{self.num_videos}x{self.size}px-{digest}"


def write_videos(recipe: UntrimmedRecipe, folder: Path) -> None:
    """Write `videos/v_SPLIT_NNNN.mp4` and `annotations.json`, as `ActivityNetDataset` reads it, into a folder."""
    from tqdm import tqdm

    (folder / VIDEOS).mkdir()
    database = {}
    for number in tqdm(
        range(recipe.num_videos), unit="video", disable=not sys.stderr.isatty()
    ):
        name = f"v_{recipe.split}_{number:04d}"
        frames, annotations = draw_video(recipe, number)
        write_mp4(folder / VIDEOS / f"{name}.mp4", frames)
        database[name] = {
            "duration_second": len(frames) / FRAME_RATE,
            "duration_frame": len(frames),
            "feature_frame": len(frames),
            "annotations": annotations,
        }
    (folder / ANNOTATIONS).write_text(json.dumps(database, indent=1))


def draw_video(
    recipe: UntrimmedRecipe, number: int
) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """One video.

    Args:
        recipe: of its split.
        number: which one; the videos are the same whatever `num_videos` is.

    Returns:
        The frames (T, size * 3 / 2, size), YUV 4:2:0; and the annotations, `segment` in seconds and `label`.
    """
    rng = np.random.default_rng((recipe.seed, SPLITS.index(recipe.split), number))
    moving = rng.integers(
        *MOVING, size=rng.integers(*MOTIONS, endpoint=True), endpoint=True
    )
    places = 2 * len(moving)
    spare = rng.integers(*LENGTH, endpoint=True) - moving.sum() - places * STILL
    still = STILL + rng.multinomial(spare, np.full(places, 1 / places)).reshape(-1, 2)
    parts: list[NDArray[np.uint8]] = []
    annotations, length = [], 0
    for count, around in zip(moving, still, strict=True):
        label = int(rng.integers(len(CLASSES)))
        clip = draw_clip(PAIRS[label // 2][0], recipe.size, rng)[:count]
        clip = clip[::-1] if label % 2 else clip  # the second of a pair runs backwards
        parts.append(np.pad(clip, (tuple(around), (0, 0), (0, 0)), mode="edge"))
        ends = length + around[0] + np.array([0, count])
        annotations.append(
            {"segment": (ends / FRAME_RATE).tolist(), "label": CLASSES[label]}
        )
        length += len(parts[-1])
    frames = np.concatenate(parts).astype(np.float64)
    frames += rng.uniform(-NOISE, NOISE, frames.shape)
    return np.round(frames.clip(0, 255)).astype(np.uint8), annotations
