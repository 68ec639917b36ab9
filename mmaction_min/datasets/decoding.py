"""The frames of a video file, by PyAV: how many there are, and those that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


def count_frames(path: str) -> int:
    """How many frames of a video will be shown.

    Headers lie (an edit list hides frames, a file was cut off) or are silent (Matroska), so the packets are counted;
    that reads the file, but decodes nothing.

    Raises:
        DataError: the file cannot be read, or has no frames.
    """
    with open_video(path) as (container, stream):
        total = sum(
            packet.size > 0 and not packet.is_discard
            for packet in container.demux(stream)
        )
    if total == 0:
        raise DataError("the video has no frames", path)
    return total


def decode_frames(path: str, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The frames of a video at some indices, in the order asked for, repeats included.

    Args:
        path: the video file.
        indices: (T,), from 0.

    Returns:
        (T, H, W, 3), RGB.

    Raises:
        DataError: the file cannot be read or decoded, or ends before the last index.
    """
    wanted = set(indices.tolist())
    last = max(wanted)
    frames: dict[int, NDArray[Any]] = {}
    with open_video(path) as (container, stream):
        for index, frame in enumerate(container.decode(stream)):
            if index in wanted:
                frames[index] = frame.to_ndarray(format="rgb24", **_one_thread())
            if index == last:
                break
    if last not in frames:
        raise DataError(
            f"frame {last} was asked for, and the video ends before it",
            path,
            "the file may be damaged; take it out of the annotation file, or encode it again",
        )
    return np.stack([frames[index] for index in indices.tolist()])


@contextmanager
def open_video(path: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A video file and its first video stream; what FFmpeg says against it while it is open becomes a `DataError`."""
    import av

    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise DataError("the file has no video stream", path)
            stream = container.streams.video[0]
            # The loader's workers are the parallelism: on small frames threads within a video cost more than they give.
            stream.codec_context.thread_count = 1
            yield container, stream
    except av.FFmpegError as e:
        raise DataError(
            f"the video cannot be read: {e.strerror}",
            path,
            "is the path right (data_prefix, annotation file), and does `ffprobe` read the file?",
        ) from e


def _one_thread() -> dict[str, Any]:
    """PyAV 17 and later convert colours with many threads unless told, four times slower on a small frame."""
    import av

    return {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}
