from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mmaction_min.datasets.decoding import VideoReader, count_frames, decode_frames
from mmaction_min.errors import DataError

MakeVideo = Callable[..., Path]
FrameNumbers = Callable[[Any], list[int]]
# x265's cu-tree writes beyond its buffers on pictures as small as these.
X265 = "log-level=none:cutree=0"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264_b_frames.mp4", {"g": "6", "bf": "3"}),
        ("h264_no_header_count.mkv", {"g": "5"}),
        ("h264_10_bit.mp4", {"pix_fmt": "yuv420p10le"}),
        (
            "h265.mp4",
            {"codec": "libx265", "x265-params": X265},
        ),
        ("mpeg4.avi", {"codec": "mpeg4"}),
        (
            "odd_size.avi",
            {"codec": "ffv1", "height": 31, "width": 45, "pix_fmt": "yuv444p"},
        ),
    ],
)
def test_the_frames_asked_for_are_the_frames_that_come(
    name: str,
    options: dict[str, Any],
    make_video: MakeVideo,
    frame_numbers: FrameNumbers,
) -> None:
    """In every format the count is exact and each index gives its own frame, in any order, repeats included."""
    video = str(make_video(name, num_frames=20, **options))
    imgs = decode_frames(video, np.array([7, 0, 19, 7]))

    assert count_frames(video) == 20
    assert imgs.shape == (4, options.get("height", 32), options.get("width", 48), 3)
    assert imgs.dtype == np.uint8
    assert frame_numbers(imgs) == [7, 0, 19, 7]


def test_frames_that_an_edit_list_hides_do_not_count(
    make_video: MakeVideo, frame_numbers: FrameNumbers, tmp_path: Path
) -> None:
    """A clip cut out without encoding holds frames before its start; index 0 is the first one shown."""
    whole, cut = make_video(num_frames=20, bf="0", g="20"), tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts is not None and packet.duration:
                shift = 5 * packet.duration
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = stream
                target.mux(packet)

    assert count_frames(str(cut)) == 15
    assert frame_numbers(decode_frames(str(cut), np.array([0, 14]))) == [5, 19]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "the video cannot be read"),
        (b"not a video\n" * 100, "the video cannot be read"),
    ],
)
def test_a_file_that_is_no_video_is_named(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    """Missing, empty or something else: the error has the file, FFmpeg's reason and a hint."""
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=message) as error:
        count_frames(str(path))
    assert error.value.where == str(path)
    assert error.value.hint


def test_a_file_without_pictures_is_named(tmp_path: Path) -> None:
    """A sound file is no video."""
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 80), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))

    with pytest.raises(DataError, match=r"sound\.wav: the file has no video stream"):
        count_frames(str(path))


def test_a_video_without_frames_is_named(tmp_path: Path) -> None:
    """A header alone is nothing to sample from."""
    video = tmp_path / "empty.avi"
    with av.open(str(video), "w") as container:
        container.add_stream("mpeg4", rate=10)
        container.start_encoding()

    with pytest.raises(DataError, match=r"empty\.avi: the video has no frames"):
        count_frames(str(video))


def test_a_video_that_was_cut_off_says_which_frame_is_not_there(
    make_video: MakeVideo,
) -> None:
    """A frame beyond the end is an error that names the file, not another frame instead."""
    video = make_video(num_frames=12)

    with pytest.raises(
        DataError, match=r"clip\.mp4: frame 12 was asked for.*ends before"
    ):
        decode_frames(str(video), np.array([0, 12]))


def from_the_start(video: Path) -> list[Any]:
    """All frames, decoded in order."""
    with av.open(str(video)) as container:
        frames = container.decode(video=0)
        return [f.to_ndarray(format="rgb24") for f in frames]


@pytest.mark.parametrize(
    ("name", "skips", "options"),
    [
        (
            "b_pyramid.mkv",
            True,
            {"g": "8", "sc_threshold": "0", "x264-params": "bframes=5:b-adapt=0"},
        ),
        (
            "open_groups.mp4",
            True,
            {
                "g": "8",
                "sc_threshold": "0",
                "x264-params": "open-gop=1:bframes=3:b-adapt=0",
            },
        ),
        (
            "recovers.ts",
            True,
            {"g": "8", "sc_threshold": "0", "x264-params": "intra-refresh=1"},
        ),
        ("no_stamps.h264", False, {"g": "8", "bf": "2"}),
        ("stamps_of_the_file.avi", False, {"g": "8", "bf": "2"}),
        ("mpeg4_open_groups.mp4", False, {"codec": "mpeg4", "g": "8", "bf": "2"}),
        ("vp9.webm", True, {"codec": "libvpx-vp9", "g": "8"}),
        ("h265.mp4", True, {"codec": "libx265", "x265-params": X265 + ":keyint=8"}),
        (
            "h265_10_bit.mkv",
            True,
            {
                "codec": "libx265",
                "pix_fmt": "yuv420p10le",
                "x265-params": X265 + ":keyint=8:open-gop=0",
            },
        ),
        ("h264_10_bit.mp4", True, {"pix_fmt": "yuv420p10le", "g": "8"}),
        (
            "odd_size.mp4",
            True,
            {"pix_fmt": "yuv444p", "height": 31, "width": 45, "g": "8"},
        ),
        # SVT-AV1 draws pictures of 64 x 64 at least.
        (
            "av1.mp4",
            True,
            {
                "codec": "libsvtav1",
                "height": 64,
                "width": 64,
                "svtav1-params": "keyint=8:preset=12:irefresh-type=2",
            },
        ),
        ("motion.avi", True, {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_what_is_skipped_changes_no_bit(
    name: str, skips: bool, options: dict[str, Any], make_video: MakeVideo
) -> None:
    """From key frames, without frames that nobody needs, kept or read again: the pixels of decoding it all; or it is all decoded."""
    if (codec := options.get("codec", "libx264")) not in av.codecs_available:
        pytest.skip(f"PyAV was built without {codec}")
    video = make_video(name, num_frames=25, **options)
    expected = from_the_start(video)
    reader = VideoReader(str(video))
    for inds in ([24], [3, 4, 17], [20, 1], list(range(25))):
        frames = reader.decode(np.array(inds))
        assert all(
            np.array_equal(expected[i], f) for i, f in zip(inds, frames, strict=True)
        )
    reader.packets = None  # as of a file too long to keep
    again = reader.decode(np.array([2, 23]))

    assert bool(reader.keys) == skips
    assert np.array_equal(again, np.stack([expected[2], expected[23]]))


def test_sound_before_the_pictures_changes_nothing(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    """The first stream of the file is sound: its packets are no frames, and decoding still starts at key frames."""
    silent, video = make_video(num_frames=25, g="8", bf="2"), tmp_path / "sound.mp4"
    with av.open(str(silent)) as source, av.open(str(video), "w") as target:
        sound = target.add_stream("aac", rate=8000, layout="mono")
        assert isinstance(sound, av.AudioStream)
        pictures = target.add_stream_from_template(source.streams.video[0])
        for start in range(0, 16 * 1024, 1024):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), "fltp", "mono"
            )
            frame.sample_rate, frame.pts = 8000, start
            target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = pictures
                target.mux(packet)
    with av.open(str(video)) as container:
        assert container.streams[0].type == "audio"
    expected = from_the_start(video)
    reader = VideoReader(str(video))

    assert reader.keys and len(reader) == len(expected) == 25
    assert np.array_equal(
        reader.decode(np.array([20, 9])), np.stack([expected[20], expected[9]])
    )


def test_only_what_is_needed_is_decoded(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two frames of 30, with a key frame every ten: two runs of packets, each from its key frame."""
    reader = VideoReader(
        str(make_video(num_frames=30, g="10", bf="0", sc_threshold="0"))
    )
    sent: list[int] = []
    packets_of = reader._packets_of

    def watch(runs: dict[int, int]) -> Any:
        for place, packet in packets_of(runs):
            sent.append(place)
            yield place, packet

    monkeypatch.setattr(reader, "_packets_of", watch)
    reader.decode(np.array([22, 11]))

    assert sent == [10, 11, 20, 21, 22]


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
def test_a_video_is_closed_without_pythons_collector(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    """No file stays open, of a good video, of one without frames, and of one that breaks off before a frame that is asked for."""
    video, empty = str(make_video()), tmp_path / "empty.avi"
    with av.open(str(empty), "w") as container:
        container.add_stream("mpeg4", rate=10)
        container.start_encoding()
    gc.disable()
    try:
        before = len(os.listdir("/proc/self/fd"))
        decode_frames(video, np.array([3, 7]))
        count_frames(video)
        with pytest.raises(DataError, match="no frames"):
            count_frames(str(empty))
        with pytest.raises(DataError, match="ends before"):
            decode_frames(video, np.array([99]))

        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        gc.enable()
