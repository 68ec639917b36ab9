from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmaction_min.datasets.check import main


@pytest.mark.parametrize("more", [[], ["--quick"]])
def test_the_broken_videos_of_a_list_are_named(
    more: list[str],
    tmp_path: Path,
    make_video: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One is good, one is not there, one has lost its end: the last two are told, and the exit code is 1."""
    data = make_video("good.avi", codec="mjpeg", pix_fmt="yuvj420p").read_bytes()
    (tmp_path / "torn.avi").write_bytes(data[:300])
    ann_file = tmp_path / "ann.txt"
    ann_file.write_text("good.avi 0\nnone.avi 1\ntorn.avi 1\n")

    assert main([str(ann_file), "--data-prefix", str(tmp_path), *more]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{tmp_path}/none.avi: the video cannot be read")
    assert lines[1].startswith(f"{tmp_path}/torn.avi: ")
    assert lines[2:] == ["2 of 3 are broken"]


def test_a_frame_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a list of folders every frame is read; all there is 0."""
    for number in (1, 2):
        picture = Image.fromarray(np.zeros((4, 4, 3), np.uint8))
        picture.save(tmp_path / f"img_{number:05}.jpg")
    ann_file = tmp_path / "ann.txt"
    command = [str(ann_file), "--rawframes", "--data-prefix", str(tmp_path)]

    ann_file.write_text(". 2 0\n")
    assert main(command) == 0
    ann_file.write_text(". 3 0\n")
    assert main(command) == 1
    assert f"{tmp_path}/img_00003.jpg: the frame cannot be read" in (
        capsys.readouterr().out
    )


def test_a_list_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a data set says to it."""
    assert main([str(tmp_path / "none.txt")]) == 1
    assert "the annotation file cannot be read" in capsys.readouterr().err
