from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmaction_min.datasets import PIPELINES
from mmaction_min.datasets.pipelines import (
    ArrayDecode,
    BuildPseudoClip,
    ImageDecode,
    PyAVDecode,
    PyAVInit,
    RawFrameDecode,
)
from mmaction_min.errors import ConfigError, DataError

MakeVideo = Callable[..., Path]
FrameNumbers = Callable[[Any], list[int]]


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


def test_a_decoder_refuses_what_it_cannot_do() -> None:
    """Another storage, an unknown mode or argument is a config's mistake."""
    for cfg in (
        {"type": "DecordInit", "io_backend": "petrel"},
        {"type": "DecordInit", "threads": 2},
        {"type": "PyAVDecode", "mode": "fast"},
        {"type": "RawFrameDecode", "io_backend": "lmdb"},
        {"type": "ImageDecode", "decoding_backend": "cv3"},
    ):
        with pytest.raises(ConfigError, match=cfg["type"].replace("Decord", "PyAV")):
            PIPELINES.build(cfg)
    for cfg in (
        {"type": "DecordInit", "num_threads": 1},
        {"type": "PIMSInit", "mode": "efficient"},
        {"type": "PyAVDecode", "multi_thread": True},
        {"type": "RawFrameDecode", "decoding_backend": "turbojpeg"},
    ):
        PIPELINES.build(cfg)


@pytest.fixture
def write_frame(tmp_path: Path) -> Callable[..., Path]:
    """`write_frame(name, grey, size)` writes a .png of one grey."""

    def write(name: str, grey: int, size: tuple[int, int] = (6, 8)) -> Path:
        path = tmp_path / name
        Image.fromarray(np.full((*size, 3), grey, np.uint8)).save(path)
        return path

    return write


def raw(folder: Path, inds: list[int], **more: Any) -> dict[str, Any]:
    results = {
        "frame_dir": str(folder),
        "filename_tmpl": "img_{:05}.png",
        "modality": "RGB",
        "frame_inds": np.array(inds),
    }
    return RawFrameDecode()({**results, **more})


def test_frames_are_read_by_their_numbers(
    write_frame: Callable[..., Path], tmp_path: Path
) -> None:
    """In any order, repeats included, and moved on by an offset."""
    for number in range(1, 6):
        write_frame(f"img_{number:05}.png", 10 * number)

    results = raw(tmp_path, [3, 1, 3])
    assert results["imgs"][:, 0, 0, 0].tolist() == [30, 10, 30]
    assert results["imgs"].shape == (3, 6, 8, 3)
    assert results["img_shape"] == results["original_shape"] == (6, 8)
    assert raw(tmp_path, [1], offset=4)["imgs"][0, 0, 0, 0] == 50


def test_flow_is_read_as_two_planes_a_frame(
    write_frame: Callable[..., Path], tmp_path: Path
) -> None:
    """x and y of each frame in turn, in greys."""
    for axis, grey in (("x", 50), ("y", 90)):
        for number in (1, 2):
            write_frame(f"{axis}_{number:05}.png", grey + number)
    results = raw(tmp_path, [2, 1], modality="Flow", filename_tmpl="{}_{:05}.png")

    assert results["imgs"].shape == (4, 6, 8)
    assert results["imgs"][:, 0, 0].tolist() == [52, 92, 51, 91]


def test_what_is_wrong_with_a_frame_is_named(
    write_frame: Callable[..., Path], tmp_path: Path
) -> None:
    """A missing, a broken and a smaller file: each error has its path."""
    write_frame("img_00001.png", 1)
    write_frame("img_00002.png", 1, (3, 4))
    (tmp_path / "img_00003.png").write_bytes(b"torn")
    for number, message in (
        (2, r"is \(3, 4\), and img_00001.png is \(6, 8\)"),
        (3, "cannot be decoded"),
        (4, "cannot be read: No such file"),
    ):
        with pytest.raises(DataError, match=message) as error:
            raw(tmp_path, [1, number])
        assert error.value.where == str(tmp_path / f"img_0000{number}.png")


def test_an_image_becomes_a_clip(write_frame: Callable[..., Path]) -> None:
    """One frame, repeated; of more there is no telling which."""
    image = str(write_frame("a.png", 7))
    results = BuildPseudoClip(4)(ImageDecode()({"filename": image}))

    assert results["imgs"].shape == (4, 6, 8, 3)
    assert (results["clip_len"], results["num_clips"]) == (4, 1)
    with pytest.raises(ConfigError, match="repeats one image, and there are 4"):
        BuildPseudoClip(4)(results)


def test_an_array_is_a_video_that_is_read_already() -> None:
    """RGB as it is, Flow as planes in turn."""
    array = np.arange(3 * 2 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2, 2)
    inds = {"frame_inds": np.array([2, 0]), "array": array}
    rgb = ArrayDecode()({**inds, "modality": "RGB"})["imgs"]
    flow = ArrayDecode()({**inds, "modality": "Flow"})["imgs"]

    assert np.array_equal(rgb, array[[2, 0]])
    assert np.array_equal(flow[1], array[2, ..., 1])
    assert flow.shape == (4, 2, 2)
