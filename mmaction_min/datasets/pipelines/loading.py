"""From a file name to frames: which frames (SampleFrames), and their pixels (PyAVInit, PyAVDecode)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, DataError
from ..builder import PIPELINES, Results

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_PIXELS = 2**26
"""Of a frame: 8192 x 8192. A header that says more is wrong, and would take the machine's memory."""

OUT_OF_BOUND = ("loop", "repeat_last")


@PIPELINES.register_module()
class SampleFrames:
    """Choose the frames: `num_clips` clips of `clip_len` frames, spread over the video.

    Needs `total_frames` and `start_index`; makes `frame_inds` (num_clips * clip_len,), clip after clip.
    In training each clip starts at a random place of its share of the video, in testing in the middle of it.

    Args:
        clip_len: frames in a clip.
        frame_interval: the step from one frame of a clip to the next.
        num_clips: clips of a video; the segments of TSN and TSM.
        temporal_jitter: move each frame on by less than `frame_interval`, at random.
        out_of_bound_opt: where a clip is longer than the video: `"loop"` starts again at its first frame,
            `"repeat_last"` repeats the clip's last frame that is there.
        test_mode: no random numbers.
    """

    def __init__(
        self,
        clip_len: int,
        frame_interval: int = 1,
        num_clips: int = 1,
        *,
        temporal_jitter: bool = False,
        out_of_bound_opt: str = "loop",
        test_mode: bool = False,
    ) -> None:
        if min(clip_len, frame_interval, num_clips) < 1:
            raise ConfigError(
                f"SampleFrames needs clip_len, frame_interval and num_clips of at least 1, not {clip_len}, {frame_interval} and {num_clips}"
            )
        if out_of_bound_opt not in OUT_OF_BOUND:
            raise ConfigError(
                f"SampleFrames has no out_of_bound_opt={out_of_bound_opt!r}",
                hint=f"one of {', '.join(OUT_OF_BOUND)}",
            )
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.num_clips = num_clips
        self.temporal_jitter = temporal_jitter
        self.out_of_bound_opt = out_of_bound_opt
        self.test_mode = test_mode

    def __call__(self, results: Results) -> Results:
        total = results["total_frames"]
        choose = self._test_starts if self.test_mode else self._train_starts
        steps = np.arange(self.clip_len) * self.frame_interval
        inds = choose(total)[:, None] + steps  # (num_clips, clip_len)
        if self.temporal_jitter:
            inds += np.random.randint(self.frame_interval, size=inds.shape)
        if self.out_of_bound_opt == "loop":
            inds %= total
        else:
            last = np.where(inds < total, inds, 0).max(axis=1, keepdims=True)
            inds = np.minimum(inds, last)
        results["frame_inds"] = inds.ravel() + results["start_index"]
        results["clip_len"] = self.clip_len
        results["frame_interval"] = self.frame_interval
        results["num_clips"] = self.num_clips
        return results

    def _train_starts(self, total: int) -> NDArray[np.int64]:
        """A random start in each clip's share; upstream's draws for one state of `np.random`."""
        span = self.clip_len * self.frame_interval
        room = total - span + 1  # places where a clip may start
        share = room // self.num_clips
        clips = np.arange(self.num_clips)
        if share > 0:
            return clips * share + np.random.randint(share, size=self.num_clips)
        if total > max(self.num_clips, span):
            return np.sort(np.random.randint(room, size=self.num_clips))
        if share == 0:
            return np.around(clips * (room / self.num_clips)).astype(np.int64)
        return np.zeros(self.num_clips, np.int64)

    def _test_starts(self, total: int) -> NDArray[np.int64]:
        """The middle of each clip's share."""
        room = total - self.clip_len * self.frame_interval + 1
        share = max(room, 0) / self.num_clips
        return (np.arange(self.num_clips) * share + share / 2).astype(np.int64)


@PIPELINES.register_module(name=["PyAVInit", "DecordInit", "OpenCVInit"])
class PyAVInit:
    """Count the frames of the video `filename`, exactly; makes `total_frames`.

    The names of upstream's other decoders mean this one too.
    """

    def __call__(self, results: Results) -> Results:
        results["total_frames"] = count_frames(results["filename"])
        return results


@PIPELINES.register_module(name=["PyAVDecode", "DecordDecode", "OpenCVDecode"])
class PyAVDecode:
    """Decode the frames `frame_inds` of the video `filename`.

    Makes `imgs`, one uint8 array (T, H, W, 3) in RGB, and `original_shape` and `img_shape`, both (H, W).
    """

    def __call__(self, results: Results) -> Results:
        imgs = decode_frames(results["filename"], results["frame_inds"])
        results["imgs"] = imgs
        results["original_shape"] = results["img_shape"] = imgs.shape[1:3]
        return results


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

    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError("this is no file", path)  # a pipe would be waited for
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise DataError("the file has no video stream", path)
            stream = container.streams.video[0]
            # The loader's workers are the parallelism: on small frames threads within a video cost more than they give.
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
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
