"""Broken videos of training are named once, counted and replaced, the same each time, until there are too many."""

from __future__ import annotations

import json
import logging
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from mmaction_min.datasets import VideoDataset, build_dataloader
from mmaction_min.datasets.loader import VideoLoader
from mmaction_min.errors import DataError

PIPELINE = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=3),
    dict(type="PyAVDecode"),
    dict(type="RandomResizedCrop"),
    dict(type="Resize", scale=(16, 16), keep_ratio=False),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
GOOD = 8


def video(path: Path, frames: int = 12) -> Path:
    """A video of noise."""
    rng = np.random.default_rng(frames)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=10, options={"preset": "ultrafast"}
        )
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for _ in range(frames):
            picture = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def audio(path: Path) -> Path:
    """A file that has sound and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), format="s16", layout="mono"
        )
        frame.rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def huge_png() -> bytes:
    """A picture whose header says 20,000 x 20,000."""
    import struct
    import zlib

    head = b"IHDR" + struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (head, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


class Shapes:
    """The files of a folder: eight good videos, and others that are broken in 33 ways.

    Attributes:
        broken: those that cannot be read.
        perhaps: those in which a bit has flipped; some of them FFmpeg reads all the same.
        fine: what looks odd and is a video.
    """

    def __init__(self, folder: Path) -> None:
        self.good = [video(folder / f"good{i}.mp4", 12 + i) for i in range(GOOD)]
        whole = self.good[0].read_bytes()
        self.broken: list[Path] = []
        self.perhaps: list[Path] = []
        self.fine = [video(folder / "one frame.mp4", 1), video(folder / "a\nb.mp4")]

        def write(name: str, content: bytes, group: list[Path] = self.broken) -> None:
            (folder / name).write_bytes(content)
            group.append(folder / name)

        write("empty.mp4", b"")
        for part in (1, 10, 25, 40, 50, 60, 75, 90, 95, 99):
            write(f"cut{part}.mp4", whole[: len(whole) * part // 100])
        draw = random.Random(0)
        for number in range(10):
            flipped = bytearray(whole)
            flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
            write(f"bit{number}.mp4", bytes(flipped), self.perhaps)
        write("page.mp4", b"<!DOCTYPE html><html><body>404</body></html>")
        write("no moov.mp4", whole.replace(b"moov", b"moof"))
        clock = whole.index(b"mdhd") + 16
        write(
            "no clock.mp4", whole[:clock] + bytes(4) + whole[clock + 4 :], self.perhaps
        )
        write("large.y4m", b"YUV4MPEG2 W20000 H20000 F25:1\nFRAME\n" + bytes(1000))
        write("large.png", huge_png())
        write("zeros.mp4", bytes(10_000))
        self.broken.append(audio(folder / "sound.wav"))
        self.broken.append(folder / "vanished.mp4")
        self.broken.append(folder / "folder.mp4")
        self.broken[-1].mkdir()
        self.broken.append(folder / "pipe.mp4")
        os.mkfifo(self.broken[-1])
        if os.geteuid():  # root may read everything
            write("forbidden.mp4", whole)
            self.broken[-1].chmod(0)

    @property
    def every(self) -> list[Path]:
        return self.good + self.broken + self.perhaps + self.fine


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    return Shapes(tmp_path_factory.mktemp("shapes"))


Load = Callable[..., VideoLoader]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load(paths, **kwargs)`: batches of two of these files."""

    def make(paths: list[Path], **kwargs: Any) -> VideoLoader:
        rows = [{"filename": str(path), "label": i} for i, path in enumerate(paths)]
        (tmp_path / "ann.json").write_text(json.dumps(rows))
        dataset = VideoDataset(tmp_path / "ann.json", PIPELINE)
        defaults = dict(videos_per_gpu=2, workers_per_gpu=0, seed=3, shuffle=True)
        return build_dataloader(dataset, **{**defaults, **kwargs})

    return make


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return torch.equal(a["imgs"], b["imgs"]) and torch.equal(a["label"], b["label"])


def test_each_broken_video_is_named_once_and_the_epoch_is_whole(
    shapes: Shapes, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    """With its reason and a count; a worker reads them all, and neither crashes nor waits."""
    loader = load(shapes.every, workers_per_gpu=1, max_bad=100, timeout_s=60)
    batches = []
    with caplog.at_level(logging.WARNING, "mmaction_min"):
        for epoch in range(2):
            loader.sampler.set_epoch(epoch)
            batches += list(loader)
    loader.close()

    assert len(batches) == 2 * len(loader)
    named = [record.getMessage() for record in caplog.records]
    for path in shapes.broken:
        assert sum(f": {path}: " in line for line in named) == 1, path
    for path in shapes.good + shapes.fine:
        assert not any(str(path) in line for line in named), path
    assert len(named) == len(loader.broken) == len(set(named))
    assert named[2].startswith("broken video 3, where 100 are allowed: ")
    assert all(line.endswith("; another clip takes its place") for line in named)


def test_the_clips_that_take_their_places_are_the_same_each_time(
    shapes: Shapes, load: Load
) -> None:
    """For any number of workers, after a resume in the middle, and not for another epoch."""
    paths = shapes.good + shapes.broken[:6]
    alone, shared = load(paths, max_bad=9), load(paths, max_bad=9, workers_per_gpu=2)
    first, second = list(alone), list(shared)
    shared.close()
    alone.sampler.set_epoch(0, start=6)
    rest = list(alone)

    assert all(same(a, b) for a, b in zip(first, second, strict=True))
    assert all(same(a, b) for a, b in zip(first[3:], rest, strict=True))
    alone.sampler.set_epoch(1)
    assert not all(same(a, b) for a, b in zip(first, alone, strict=True))


@pytest.mark.parametrize(("max_bad", "allowed"), [(2, 2), (0.2, 2), (0.01, 1)])
def test_too_many_broken_videos_end_the_run_with_their_list(
    shapes: Shapes, load: Load, max_bad: float, allowed: int
) -> None:
    """A number, or a share of all, of which at least one may be broken."""
    paths = shapes.good + shapes.broken[:4]
    loader = load(paths, max_bad=max_bad)

    with pytest.raises(DataError, match="broken videos, and max_bad=") as caught:
        list(loader)

    lines = str(caught.value).splitlines()
    assert allowed < len(loader.broken) <= allowed + 2
    assert lines[0].startswith(f"{len(loader.broken)} broken videos")
    assert f"allows {allowed}:" in lines[0]
    assert set(loader.broken.values()) <= set(lines)


def test_ten_broken_videos_in_a_row_end_the_run(shapes: Shapes, load: Load) -> None:
    """However many are allowed: it is the folder that is wrong."""
    with pytest.raises(DataError, match="10 broken videos, and they come in a row"):
        list(load(shapes.broken, max_bad=1000))


def test_missing_files_are_named_before_an_epoch_begins(
    shapes: Shapes, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused with the list, as a wrong data_prefix is at once; where so many may be broken, they get a warning."""
    gone = [shapes.good[0].with_name(f"gone_{n}.mp4") for n in range(2)]
    paths = shapes.good + gone

    with pytest.raises(DataError, match=r"(?s)2 of \d+ files .*gone_1.*data_prefix"):
        load(paths, max_bad=0.01).check_files()
    with caplog.at_level(logging.WARNING, "mmaction_min"):
        load(paths, max_bad=2).check_files()

    assert "gone_0.mp4" in caplog.text
    load(shapes.good).check_files()


def test_no_broken_video_is_replaced_in_an_evaluation(
    shapes: Shapes, load: Load
) -> None:
    """A score without it would be of another set, so it ends the run, with its name."""
    paths = shapes.good + shapes.broken[:1]

    with pytest.raises(DataError, match=r"empty\.mp4: the video cannot be read"):
        list(load(paths, shuffle=False))
