from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mmaction_min.datasets import PIPELINES
from mmaction_min.datasets.pipelines import PyAVDecode, PyAVInit, SampleFrames
from mmaction_min.datasets.pipelines.loading import count_frames, decode_frames
from mmaction_min.errors import ConfigError, DataError

MakeVideo = Callable[..., Path]
FrameNumbers = Callable[[Any], list[int]]


def sample(total_frames: int, start_index: int = 0, **arguments: Any) -> list[int]:
    results = {"total_frames": total_frames, "start_index": start_index}
    inds: list[int] = SampleFrames(**arguments)(results)["frame_inds"].tolist()
    return inds


@pytest.mark.parametrize(
    ("total", "arguments", "expected"),
    [
        (24, {"clip_len": 1, "num_clips": 8}, [1, 4, 7, 10, 13, 16, 19, 22]),
        (10, {"clip_len": 1, "num_clips": 3}, [1, 5, 8]),
        (10, {"clip_len": 2, "num_clips": 2, "frame_interval": 2}, [1, 3, 5, 7]),
        (3, {"clip_len": 1, "num_clips": 6}, [0, 0, 1, 1, 2, 2]),
        (5, {"clip_len": 4, "frame_interval": 2}, [0, 2, 4, 1]),
        (
            5,
            {"clip_len": 4, "frame_interval": 2, "out_of_bound_opt": "repeat_last"},
            [0, 2, 4, 4],
        ),
        (
            4,
            {"clip_len": 3, "frame_interval": 3, "out_of_bound_opt": "repeat_last"},
            [0, 3, 3],
        ),
        (1, {"clip_len": 2, "num_clips": 2}, [0, 0, 0, 0]),
    ],
)
def test_test_mode_takes_the_middle_of_each_share(
    total: int, arguments: dict[str, Any], expected: list[int]
) -> None:
    """Without random numbers, clips start in the middle of equal shares; what lies beyond the end loops or repeats."""
    assert sample(total, **arguments, test_mode=True) == expected


def test_indices_start_where_the_dataset_counts_from() -> None:
    """Frames that are files named from 1 have start_index 1."""
    assert sample(3, start_index=1, clip_len=3, test_mode=True) == [1, 2, 3]


def test_training_draws_one_start_in_each_share() -> None:
    """Upstream's draws: i * share + randint(share), for one state of NumPy's generator."""
    np.random.seed(3)
    inds = sample(24, clip_len=1, num_clips=8)
    np.random.seed(3)
    expected = np.arange(8) * 3 + np.random.randint(3, size=8)

    assert inds == expected.tolist()


def test_training_on_a_video_with_less_room_than_clips() -> None:
    """Between one start a clip and none, the starts are drawn anywhere and sorted."""
    np.random.seed(0)
    starts = np.array(sample(12, clip_len=8, num_clips=8)).reshape(8, 8)[:, 0]

    assert starts.tolist() == sorted(starts)
    assert starts.max() <= 12 - 8
    assert len(set(starts.tolist())) > 1


@pytest.mark.parametrize(
    ("total", "arguments", "expected"),
    [
        (5, {"clip_len": 1, "num_clips": 8}, [0, 1, 1, 2, 2, 3, 4, 4]),
        (3, {"clip_len": 8, "num_clips": 2}, [0, 1, 2, 0, 1, 2, 0, 1] * 2),
    ],
)
def test_training_on_a_video_shorter_than_its_clips(
    total: int, arguments: dict[str, Any], expected: list[int]
) -> None:
    """Too short for random starts: spread evenly, or all from the first frame."""
    assert sample(total, **arguments) == expected


def test_temporal_jitter_moves_each_frame_by_less_than_the_interval() -> None:
    """Every frame of a clip is moved on its own."""
    np.random.seed(0)
    inds = np.array(
        sample(100, clip_len=20, frame_interval=4, temporal_jitter=True, test_mode=True)
    )
    steps = inds - np.array(sample(100, clip_len=20, frame_interval=4, test_mode=True))

    assert set(steps.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "arguments",
    [
        {"clip_len": 0},
        {"clip_len": 1, "num_clips": 0},
        {"clip_len": 1, "out_of_bound_opt": "stop"},
    ],
)
def test_sampling_without_a_meaning_is_refused(arguments: dict[str, Any]) -> None:
    """Empty clips and unknown options are a config's mistake."""
    with pytest.raises(ConfigError, match="SampleFrames"):
        SampleFrames(**arguments)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264_b_frames.mp4", {"g": "6", "bf": "3"}),
        ("h264_no_header_count.mkv", {"g": "5"}),
        ("h264_10_bit.mp4", {"pix_fmt": "yuv420p10le"}),
        (
            "h265.mp4",
            # x265's cu-tree writes beyond its buffers on pictures as small as these.
            {"codec": "libx265", "x265-params": "log-level=none:cutree=0"},
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


@pytest.mark.parametrize("decoder", ["PyAV", "Decord", "OpenCV"])
def test_upstreams_decoders_all_mean_this_one(
    decoder: str, make_video: MakeVideo, frame_numbers: FrameNumbers
) -> None:
    """Init counts the frames, Decode brings them, under each of upstream's names."""
    assert PIPELINES.get(f"{decoder}Init") is PyAVInit
    assert PIPELINES.get(f"{decoder}Decode") is PyAVDecode

    results = PyAVInit()({"filename": str(make_video())})
    results = PyAVDecode()({**results, "frame_inds": np.array([3, 1])})

    assert results["total_frames"] == 12
    assert frame_numbers(results["imgs"]) == [3, 1]
    assert results["img_shape"] == results["original_shape"] == (32, 48)


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
