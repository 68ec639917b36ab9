"""MotionClips: the embedded data set, in which only the order of the frames tells the class.

A textured shape moves over noise, in one of eight ways: four motions, and each of them backwards. The texture tells
the motion, but not its direction. The clips are real H.264 files, written at first use. Every clip has a twin in the same split: its frames in reverse, under the
opposite label. So a model that forgets the order of the frames gives both the same answer, and is right at most
half of the time, however well it learns.

What could tell the direction of time besides the motion is ruled out:
- Compression: each frame is coded on its own (all intra) with one quantiser, so a twin's decoded frames are the
  clip's, bit for bit. Prediction between frames, or rate control, would mark the first frame.
- Position and size: a shape leaves on one side and comes in on the other, from a random place.
- Sampling: 24 frames give 8 segments the middles 1, 4, ... 22, which are their own mirror image.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError
from .base import BaseDataset
from .builder import DATASETS
from .motion_drawing import NUMBERS, draw_clip

# A class and its reversal stand side by side, so the label of a twin is `label ^ 1`.
PAIRS = (
    ("left", "right"),
    ("up", "down"),
    ("clockwise", "counter-clockwise"),
    ("growing", "shrinking"),
)
CLASSES = tuple(name for pair in PAIRS for name in pair)
SPLITS = ("train", "val")
NUM_CLIPS = {"train": 480, "val": 160}

# One quantiser, no prediction between frames. More threads would cut a frame in slices, as many as there are cores.
H264_OPTIONS = {"preset": "ultrafast", "qp": "18", "g": "1", "bf": "0", "threads": "1"}
FRAME_RATE = 12


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the clips of a split."""

    split: str
    num_clips: int
    size: int
    seed: int

    @property
    def folder_name(self) -> str:
        """A name of its own for each content."""
        key = repr((self, NUMBERS, H264_OPTIONS, FRAME_RATE)).encode()
        digest = hashlib.sha256(key).hexdigest()[:10]
        return f"motion_clips-{self.split}-{self.num_clips}x{self.size}px-{digest}"


@DATASETS.register_module()
class MotionClips(BaseDataset):
    """Eight classes of motion, written as .mp4 files at first use, then read like any video.

    Args:
        pipeline: the transforms of a sample, as configs.
        split: "train" or "val"; no clip is in both.
        num_clips: how many clips, a multiple of 8; 480 and 160 by default.
        size: height and width of the frames in pixels, a multiple of 16.
        seed: of the clips, not of the training.
        root: the cache folder. By default the environment's MMACTION_MIN_CACHE, or `mmaction_min` in XDG_CACHE_HOME
            or in `~/.cache`.
        test_mode: as in `BaseDataset`.
    """

    CLASSES = CLASSES

    def __init__(
        self,
        pipeline: Sequence[Any],
        split: str = "train",
        *,
        num_clips: int | None = None,
        size: int = 64,
        seed: int = 0,
        root: str | Path | None = None,
        test_mode: bool = False,
    ) -> None:
        if split not in SPLITS:
            raise ConfigError(
                f"MotionClips has no split {split!r}",
                hint=f"one of {', '.join(SPLITS)}",
            )
        num_clips = NUM_CLIPS[split] if num_clips is None else num_clips
        if num_clips < 8 or num_clips % 8 or size < 16 or size % 16:
            raise ConfigError(
                f"MotionClips cannot make num_clips={num_clips} of size={size}",
                hint="num_clips is a multiple of 8 (as many for each class), size of 16",
            )
        recipe = Recipe(split, num_clips, size, seed)
        folder = write_clips(recipe, cache_folder() if root is None else Path(root))
        super().__init__(
            folder / f"{split}.txt",
            pipeline,
            folder,
            test_mode=test_mode,
            num_classes=len(CLASSES),
        )


def cache_folder() -> Path:
    """Where clips are kept if nobody says otherwise."""
    if folder := os.environ.get("MMACTION_MIN_CACHE"):
        return Path(folder)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "mmaction_min")


def write_clips(recipe: Recipe, root: Path) -> Path:
    """The folder of a recipe's clips and its annotation file; written if it is not there.

    Raises:
        DataError: the cache folder cannot be written.
    """
    what = f"MotionClips: writing {recipe.num_clips} {recipe.split} clips"
    return write_once(root / recipe.folder_name, partial(_write_files, recipe), what)


def write_once(folder: Path, write: Callable[[Path], None], what: str) -> Path:
    """A folder of a cache; written if it is not there.

    Written beside and renamed, so the folder is complete if it is there, and two processes may do this at once.

    Args:
        folder: its place; the name stands for the content.
        write: puts the content into an empty folder.
        what: is said before.

    Raises:
        DataError: the cache cannot be written.
    """
    if folder.is_dir():
        return folder
    root = folder.parent
    print(f"{what} into {folder}", file=sys.stderr)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=root) as draft:
            content = Path(draft, "content")
            content.mkdir()
            write(content)
            content.rename(folder)
    except OSError as e:
        if (
            not folder.is_dir()
        ):  # else another process was faster, with the same content
            raise DataError(
                f"{folder.name} cannot be written: {e.strerror}",
                str(root),
                "set the environment's MMACTION_MIN_CACHE to a folder of yours",
            ) from e
    return folder


def _write_files(recipe: Recipe, folder: Path) -> None:
    from tqdm import tqdm

    lines = []
    clips = enumerate(generate_clips(recipe))
    quiet = not sys.stderr.isatty()
    for number, (label, frames) in tqdm(
        clips, total=recipe.num_clips, unit="clip", disable=quiet
    ):
        name = f"{number:04d}_{CLASSES[label]}.mp4"
        write_mp4(folder / name, frames)
        lines.append(f"{name} {label}\n")
    (folder / f"{recipe.split}.txt").write_text("".join(lines))


def generate_clips(recipe: Recipe) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Labels and frames, a clip and its twin, then the next; clip by clip the same whatever `num_clips` is.

    Yields:
        The label, and the frames (NUM_FRAMES, size * 3 / 2, size): YUV 4:2:0, as the file has it.
    """
    for pair in range(recipe.num_clips // 2):
        rng = np.random.default_rng((recipe.seed, SPLITS.index(recipe.split), pair))
        label = 2 * (pair % len(PAIRS))
        frames = draw_clip(CLASSES[label], recipe.size, rng)
        yield label, frames
        yield label ^ 1, frames[::-1]


def write_mp4(path: Path, frames: NDArray[np.uint8]) -> None:
    """Write an H.264 file in which each frame is coded on its own, with one quantiser.

    Args:
        path: the file.
        frames: (T, height * 3 / 2, width), YUV 4:2:0.
    """
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE, options=H264_OPTIONS)
        stream.height, stream.width = frames.shape[1] * 2 // 3, frames.shape[2]
        stream.pix_fmt = "yuv420p"
        for array in frames:
            frame = av.VideoFrame.from_ndarray(array, format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
