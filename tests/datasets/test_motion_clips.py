from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mmaction_min.datasets import MotionClips
from mmaction_min.datasets import motion_clips as module
from mmaction_min.datasets.motion_clips import (
    CLASSES,
    Recipe,
    cache_folder,
    generate_clips,
    write_clips,
)
from mmaction_min.datasets.motion_drawing import draw_shape
from mmaction_min.errors import ConfigError, DataError

Build = Callable[..., MotionClips]

TINY = Recipe("train", num_clips=8, size=16, seed=0)


def decode(num_frames: int) -> list[dict[str, Any]]:
    return [
        {"type": "PyAVInit"},
        {
            "type": "SampleFrames",
            "clip_len": 1,
            "num_clips": num_frames,
            "test_mode": True,
        },
        {"type": "PyAVDecode"},
    ]


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_twin_is_the_clip_backwards_to_the_bit(
    split: str, motion_clips: Build
) -> None:
    """Decoded, the frames of a pair are the same in opposite order, so compression does not tell the direction of time."""
    dataset = motion_clips(decode(24), split=split)
    for index in range(0, len(dataset), 2):
        clip, twin = dataset[index], dataset[index + 1]

        assert clip["imgs"].shape == (24, 64, 64, 3)
        assert np.array_equal(clip["imgs"], twin["imgs"][::-1])
        assert not np.array_equal(clip["imgs"], twin["imgs"])
        assert twin["label"] == clip["label"] ^ 1


def test_a_model_that_ignores_order_sees_twins_as_the_same(motion_clips: Build) -> None:
    """The 8 frames that testing samples of a clip and of its twin are one multiset: equal scores, one of two right."""
    dataset = motion_clips(decode(8), split="val")
    for index in range(0, len(dataset), 2):
        clip, twin = (
            sorted(frame.tobytes() for frame in dataset[i]["imgs"])
            for i in (index, index + 1)
        )

        assert clip == twin


def test_every_class_has_as_many_clips(motion_clips: Build) -> None:
    """Guessing is right once in eight."""
    assert np.bincount(motion_clips().labels).tolist() == [2] * len(CLASSES)


def test_frames_are_coded_one_by_one(motion_clips: Build) -> None:
    """The files are H.264 and every packet is a key frame."""
    with av.open(motion_clips().video_infos[0]["filename"]) as container:
        stream = container.streams.video[0]
        keys = [packet.is_keyframe for packet in container.demux(stream) if packet.size]

        assert stream.codec_context.name == "h264"
        assert keys == [True] * 24


def test_the_splits_share_no_clip(motion_clips: Build) -> None:
    """Train and val come from streams of their own."""
    frames = {
        frame.tobytes()
        for split in ("train", "val")
        for clip in (motion_clips(decode(24), split=split)[i] for i in range(16))
        for frame in clip["imgs"]
    }

    assert len(frames) == 2 * 8 * 24  # twins share theirs


def shift_of(before: NDArray[Any], after: NDArray[Any], axis: int) -> int:
    """The roll along an axis, in pixels, that makes `before` most like `after`."""
    shifts = range(-8, 9)
    errors = [np.abs(np.roll(before, shift, axis) - after).mean() for shift in shifts]
    return shifts[int(np.argmin(errors))]


@pytest.mark.parametrize(
    ("label", "axis", "sign"), [(0, 1, -1), (1, 1, 1), (2, 0, -1), (3, 0, 1)]
)
def test_what_is_called_left_goes_left(
    label: int, axis: int, sign: int, motion_clips: Build
) -> None:
    """Decoded frames 3 apart are 4 to 6 pixels apart, towards where the class says, around the edge too."""
    dataset = motion_clips(decode(24))
    for index in np.flatnonzero(dataset.labels == label):
        imgs = dataset[int(index)]["imgs"].astype(float)
        imgs -= np.median(imgs, axis=0)  # noise that stands still would say "no motion"
        for time in (0, 9, 20):

            assert 4 <= sign * shift_of(imgs[time], imgs[time + 3], axis) <= 6


@pytest.mark.parametrize("seed", range(3))
def test_what_is_called_clockwise_goes_around_clockwise(seed: int) -> None:
    """From frame to frame the shape's way turns by 8 to 10 degrees, as the hands of a clock do; y points down."""
    cover, _ = draw_shape("clockwise", 64, np.random.default_rng(seed))
    around = np.exp(2j * np.pi * np.arange(64) / 64)  # the frame is a torus
    x = np.unwrap(np.angle(cover.sum(1) @ around))
    y = np.unwrap(np.angle(cover.sum(2) @ around))

    headings = np.unwrap(np.arctan2(np.diff(y), np.diff(x)))
    turns = np.degrees(np.diff(headings))

    assert (turns > 6).all() and (turns < 12).all()
    assert 8 < turns.mean() < 10


@pytest.mark.parametrize("seed", range(3))
def test_what_is_called_growing_grows(seed: int) -> None:
    """The shape covers more in every frame, at least twice as much at the end."""
    cover, _ = draw_shape("growing", 64, np.random.default_rng(seed))
    areas = cover.sum((1, 2))

    assert (np.diff(areas) > 0).all()
    assert areas[-1] > 2 * areas[0]


def test_clips_are_the_same_everywhere() -> None:
    """The pixels of a recipe are known: another sum means other clips, and asks for another VERSION."""
    digest = hashlib.sha256()
    for _, frames in generate_clips(TINY):
        digest.update(frames.tobytes())

    assert digest.hexdigest()[:16] == "b4eb677cb074111d"


def test_more_clips_start_with_the_same_ones() -> None:
    """A clip depends on seed, split and its number, not on how many there are."""
    more = list(generate_clips(Recipe("train", num_clips=16, size=16, seed=0)))
    other = list(generate_clips(Recipe("train", num_clips=8, size=16, seed=1)))
    for (label, frames), (more_label, more_frames), (_, other_frames) in zip(
        generate_clips(TINY), more[:8], other, strict=True
    ):
        assert label == more_label
        assert np.array_equal(frames, more_frames)
        assert not np.array_equal(frames, other_frames)


def test_writing_is_announced_once(
    private_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first use names the folder, without a bar where there is no terminal; the second finds the clips and is silent."""
    MotionClips([], num_clips=8, size=16)
    first = capsys.readouterr().err
    MotionClips([], num_clips=8, size=16)

    assert first.startswith(f"MotionClips: writing 8 train clips into {private_cache}")
    assert len(first.splitlines()) == 1 and "\r" not in first
    assert capsys.readouterr().err == ""


def test_other_contents_have_other_folders(tmp_path: Path) -> None:
    """Each number of the recipe is part of the folder's name."""
    recipes = [
        TINY,
        Recipe("val", 8, 16, 0),
        Recipe("train", 16, 16, 0),
        Recipe("train", 8, 32, 0),
        Recipe("train", 8, 16, 1),
    ]

    assert len({recipe.folder_name for recipe in recipes}) == len(recipes)


def test_two_writers_at_once_leave_one_whole_folder(tmp_path: Path) -> None:
    """Both get the same folder; nothing else is left in the cache."""
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: write_clips(TINY, tmp_path), range(2)))

    assert folders[0] == folders[1]
    assert list(tmp_path.iterdir()) == [folders[0]]
    assert len(list(folders[0].iterdir())) == 9


def test_the_slower_of_two_writers_uses_the_faster_ones_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that appears while the clips are written is taken as it is."""
    theirs = tmp_path / TINY.folder_name

    def overtaken(recipe: Recipe, folder: Path) -> None:
        theirs.mkdir()
        (theirs / "train.txt").write_text("a.mp4 0\n")

    monkeypatch.setattr(module, "_write_files", overtaken)

    assert write_clips(TINY, tmp_path) == theirs
    assert list(tmp_path.iterdir()) == [theirs]
    assert (theirs / "train.txt").read_text() == "a.mp4 0\n"


def test_an_interrupted_writer_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a data set is never found by the next run."""

    def interrupt(path: Path, frames: NDArray[np.uint8]) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_mp4", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_clips(TINY, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error has the folder and says how to choose another."""
    (tmp_path / "file").touch()

    with pytest.raises(
        DataError, match=r"cannot be written.*\nhint: .*MMACTION_MIN_CACHE"
    ):
        write_clips(TINY, tmp_path / "file" / "cache")


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"MMACTION_MIN_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/mmaction_min"),
        (
            {"MMACTION_MIN_CACHE": "", "XDG_CACHE_HOME": ""},
            "/home/me/.cache/mmaction_min",
        ),
    ],
)
def test_where_the_cache_is(
    variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own variable comes first, then the desktop's, then the home folder."""
    for name in ("MMACTION_MIN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert cache_folder() == Path(folder)


@pytest.mark.parametrize(
    "arguments", [{"split": "test"}, {"num_clips": 12}, {"num_clips": 0}, {"size": 40}]
)
def test_clips_that_cannot_be_made_are_refused(
    arguments: dict[str, Any], private_cache: Path
) -> None:
    """Unbalanced classes, odd sizes and unknown splits are a config's mistake, and write nothing."""
    with pytest.raises(ConfigError, match="MotionClips"):
        MotionClips([], **arguments)
    assert not private_cache.exists()
