"""Small videos for the tests, made on the spot; and no way to write into anybody's real cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mmaction_min.datasets import MotionClips


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this test alone."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MMACTION_MIN_CACHE", str(folder))
    return folder


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """`make_video(name, num_frames=.., ...)` writes a video whose frame `i` is all of the grey `10 + 8 * i`."""

    def make(
        name: str = "clip.mp4",
        *,
        num_frames: int = 12,
        height: int = 32,
        width: int = 48,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        **options: str,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=10, options=options)
            assert isinstance(stream, av.VideoStream)
            stream.height, stream.width, stream.pix_fmt = height, width, pix_fmt
            for index in range(num_frames):
                picture = np.full((height, width, 3), 10 + 8 * index, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture(scope="session")
def frame_numbers() -> Callable[[NDArray[Any]], list[int]]:
    """Frames (T, H, W, 3) of a `make_video` -> their numbers in the video, read off their greys."""

    def read(imgs: NDArray[Any]) -> list[int]:
        return [round((float(img.mean()) - 10) / 8) for img in imgs]

    return read


@pytest.fixture(scope="session")
def motion_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that all tests share, for `motion_clips`."""
    return tmp_path_factory.mktemp("motion")


@pytest.fixture
def motion_clips(motion_root: Path) -> Callable[..., MotionClips]:
    """`motion_clips(pipeline, **kwargs)`: 16 clips of motion, written once a session."""

    def build(pipeline: Sequence[Any] = (), **kwargs: Any) -> MotionClips:
        return MotionClips(pipeline, root=motion_root, num_clips=16, **kwargs)

    return build
