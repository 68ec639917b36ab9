"""The frames of a video file, by PyAV: how many there are, and those that are asked for.

What is not needed is not decoded: decoding starts at the key frame before a frame that is asked for, and skips the frames that
no other one is built from. The frames are those of decoding from the beginning, to the bit; where a file leaves a doubt of that
(no time stamps, an edit list, groups of pictures that look back beyond their key frame), it is decoded from the beginning.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .key_frames import in_order, start_check

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

KEPT = 64 * 2**20
"""So many bytes of a video are kept between counting its frames and decoding them; of a longer one, none."""

MAX_PIXELS = 2**26
"""Of a frame: 8192 x 8192. A header that says more is wrong, and would take the machine's memory."""

SKIPPING = {"h264", "mpeg1video", "mpeg2video", "mpeg4"}
"""Codecs whose frames say whether another one is built from them; H.265 says it only within a layer of time."""


class VideoReader:
    """A video file: `len()` is how many frames will be shown, `decode` gives some of them.

    Headers lie (an edit list hides frames, a file was cut off) or are silent (Matroska), so the packets are counted; that reads
    the file, but decodes nothing.

    Args:
        path: the video file.

    Raises:
        DataError: the file cannot be read, or has no frames.
    """

    def __init__(self, path: str) -> None:
        import av

        self.path = path
        if os.path.exists(path) and not os.path.isfile(path):
            raise DataError("this is no file", path)  # a pipe would be waited for
        self.packets: list[Packet[Any]] | None = []
        with self._named_errors(), ExitStack() as opened:
            self.container = opened.enter_context(av.open(path))
            if not self.container.streams.video:
                raise DataError("the file has no video stream", path)
            self.stream = _set_up(self.container)
            self._read_packets()
            if not self.total:
                raise DataError("the video has no frames", path)
            opened.pop_all()  # it stays open

    def _read_packets(self) -> None:
        """Note of each packet its time stamp, and whether decoding may start there."""
        times: list[int | None] = []
        keys: list[int] = []
        kept = hidden = 0
        starts_clean = start_check(self.stream)
        for packet in self.container.demux(self.stream):
            if not packet.size:
                continue
            if packet.is_keyframe and starts_clean(packet):
                keys.append(len(times))
            times.append(packet.pts)
            hidden += packet.is_discard
            kept += packet.size
            if self.packets is not None:
                self.packets.append(packet)
                if kept > KEPT:
                    self.packets = None
        self.total = len(times) - hidden
        self.times = times
        # AVI has the order of the file for time stamps, whatever is shown first.
        honest = self.container.format.name != "avi" or len(keys) == len(times)
        self.keys = keys if honest and not hidden and in_order(times, keys) else []

    def __len__(self) -> int:
        return self.total

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the file, the packets and the decoder: PyAV's objects know each other, and would wait for Python's collector."""
        self.packets = None
        self.container.close()

    def decode(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The frames at some indices, in the order asked for, repeats included.

        Args:
            indices: (T,), from 0.

        Returns:
            (T, H, W, 3), RGB.

        Raises:
            DataError: the file cannot be decoded, ends before the last index, or changes its size.
        """
        wanted = sorted(set(indices.tolist()))
        with self._named_errors():
            frames = self._pick(wanted) if self.keys else {}
            if len(frames) < len(wanted):
                frames = self._from_the_start(wanted)
        if wanted[-1] not in frames:
            raise DataError(
                f"frame {wanted[-1]} was asked for, and the video ends before it",
                self.path,
                "the file may be damaged; take it out of the annotation file, or encode it again",
            )
        if len({frame.shape for frame in frames.values()}) > 1:
            raise DataError(
                "the frames are of more than one size", self.path, "encode it again"
            )
        return np.stack([frames[index] for index in indices.tolist()])

    def check(self) -> None:
        """Decode everything, and keep nothing.

        Raises:
            DataError: a frame is damaged, or the video ends before its last frame.
        """
        import av

        count = 0
        with self._named_errors(), av.open(self.path) as container:
            for frame in container.decode(_set_up(container)):
                if frame.is_corrupt:
                    raise DataError(f"frame {count} is damaged", self.path)
                count += 1
        if count < self.total:
            raise DataError(
                f"only {count} of {self.total} frames can be decoded", self.path
            )

    def _pick(self, wanted: list[int]) -> dict[int, NDArray[np.uint8]]:
        """The frames, by time stamp: from the last start before each, without what nobody needs."""
        order = np.argsort(np.array(self.times))  # by index, the place in the file
        if wanted[-1] >= self.total:
            return {}
        places = sorted(order[wanted].tolist())
        index_of = {self.times[order[index]]: index for index in wanted}
        codec = self.stream.codec_context
        skips = codec.name in SKIPPING
        frames: dict[int, NDArray[np.uint8]] = {}
        convert = _converter()

        def take(decoded: Iterable[VideoFrame]) -> None:
            for frame in decoded:
                if (index := index_of.get(frame.pts)) is not None:
                    frames[index] = convert(frame)

        runs = _runs(places, self.keys)
        for place, packet in self._packets_of(runs):
            if place in runs and place:
                take(codec.decode(None))
                codec.flush_buffers()
            if skips:
                needed = packet.pts in index_of
                codec.skip_frame = "DEFAULT" if needed else "NONREF"
            take(codec.decode(packet))
        take(codec.decode(None))
        codec.flush_buffers()
        codec.skip_frame = "DEFAULT"
        return frames

    def _packets_of(self, runs: dict[int, int]) -> Iterator[tuple[int, Packet[Any]]]:
        """The packets of some runs, `{first: last}`, with their places in the file."""
        if self.packets is not None:
            for first, last in runs.items():
                for place in range(first, last + 1):
                    yield place, self.packets[place]
            return
        inside, last = False, -1
        for place, packet in enumerate(self._demux_again()):
            last = runs.get(place, last)
            inside = place <= last
            if inside:
                yield place, packet
            elif place > max(runs.values()):
                return

    def _demux_again(self) -> Iterator[Packet[Any]]:
        self.container.seek(0)
        return (p for p in self.container.demux(self.stream) if p.size)

    def _from_the_start(self, wanted: list[int]) -> dict[int, NDArray[np.uint8]]:
        """The frames, by their number from the beginning."""
        import av

        frames: dict[int, NDArray[np.uint8]] = {}
        convert = _converter()
        asked = set(wanted)
        with av.open(self.path) as container:
            for index, frame in enumerate(container.decode(_set_up(container))):
                if index in asked:
                    frames[index] = convert(frame)
                if index == wanted[-1]:
                    break
        return frames

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """What FFmpeg says against the file becomes a `DataError`."""
        import av

        try:
            yield
        except av.FFmpegError as e:
            raise DataError(
                f"the video cannot be read: {e.strerror}",
                self.path,
                "is the path right (data_prefix, annotation file), and does `ffprobe` read the file?",
            ) from e


def _set_up(container: InputContainer) -> VideoStream:
    """The first video stream, ready to be decoded."""
    stream = container.streams.video[0]
    # The loader's workers are the parallelism: on small frames threads within a video cost more than they give.
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream


def count_frames(path: str) -> int:
    """How many frames of a video will be shown; errors are those of `VideoReader`."""
    with VideoReader(path) as reader:
        return len(reader)


def decode_frames(path: str, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The frames of a video at some indices: see `VideoReader.decode`."""
    with VideoReader(path) as reader:
        return reader.decode(indices)


def _runs(places: list[int], keys: list[int]) -> dict[int, int]:
    """Which packets to decode for the frames at some places: `{first: last}`; each run begins with a key frame."""
    runs: dict[int, int] = {}
    starts = np.array(keys)[np.searchsorted(keys, places, side="right") - 1]
    for start, place in zip(starts.tolist(), places, strict=True):
        runs[start] = place
    return runs


def _converter() -> Any:
    """A function from a frame to (H, W, 3) in RGB. One for all the frames of a video: setting up a conversion costs more than it."""
    import av
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    # PyAV 17 and later convert colours with many threads unless told, four times slower on a small frame.
    threads = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}

    def convert(frame: VideoFrame) -> NDArray[np.uint8]:
        rgb = reformatter.reformat(frame, format="rgb24", **threads)
        pixels: NDArray[Any] = rgb.to_ndarray()
        return pixels

    return convert
