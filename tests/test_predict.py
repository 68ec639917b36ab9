"""From a folder of class folders to predictions: `datasets.split`, and `predict` with a model that was never trained."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from mmaction_min import predict
from mmaction_min.assemble import build_loader, prepare_model
from mmaction_min.config import Config
from mmaction_min.datasets import split
from mmaction_min.runner import save_checkpoint
from mmaction_min.runner.arriving import Arriving

CPU = ["--device", "cpu"]


def write_video(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(8):
            picture = np.full((48, 64, 3), grey + index, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of videos; the config that `split` wrote, and a checkpoint of it."""
    root = tmp_path_factory.mktemp("mine")
    for number in range(3):
        write_video(root / "videos" / "dark" / f"{number}.mp4", 20)
        write_video(root / "videos" / "light" / f"a {number}.mp4", 200)
    command = [str(root / "videos"), "--out", str(root / "set"), "--crop", "32"]
    assert split.main(command) == 0
    config, checkpoint = root / "set" / "set.py", root / "latest.pth"
    model = prepare_model(Config.fromfile(config), torch.device("cpu"))
    save_checkpoint(model, checkpoint)
    return root, [str(config), str(checkpoint)]


def test_a_split_is_a_config_that_gives_batches(run: tuple[Path, list[str]]) -> None:
    """Two of three videos a class to train, the third to validate; a path with a space makes a .json."""
    root, (config, _) = run
    cfg = Config.fromfile(config)
    cfg.data.workers_per_gpu = 0
    train, val = (
        build_loader(cfg, name, 0, torch.device("cpu")) for name in ("train", "val")
    )

    assert next(iter(train))["imgs"].shape == (4, 8, 3, 32, 32)
    assert sorted(next(iter(train))["label"].tolist()) == [0, 0, 1, 1]
    assert next(iter(val))["label"].tolist() == [0, 1]
    assert (root / "set" / "classes.txt").read_text() == "dark\nlight\n"
    assert (root / "set" / "train.json").exists()


def test_frames_travel_as_bytes_where_the_config_says_so(
    run: tuple[Path, list[str]],
) -> None:
    """`data.finish_on_device`; by default on a GPU alone. What arrives is what the host would have made."""
    cfg = Config.fromfile(run[1][0])
    cfg.data.workers_per_gpu = 0
    cpu = torch.device("cpu")
    host = next(iter(build_loader(cfg, "train", 0, cpu)))["imgs"]
    cfg.data.finish_on_device = True
    sent = next(iter(build_loader(cfg, "train", 0, cpu)))["imgs"]

    assert isinstance(host, torch.Tensor)
    assert isinstance(sent, Arriving)
    assert torch.allclose(sent.arrive(cpu), host, rtol=0, atol=1e-5)


def test_the_classes_of_a_video_and_of_a_folder(
    run: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and probabilities, the most probable first; the clip is written with its label on it."""
    root, command = run
    video, out = root / "videos" / "dark" / "0.mp4", tmp_path / "new" / "labelled.mp4"

    assert predict.main([*command, str(video), "--out", str(out), *CPU]) == 0
    lines = capsys.readouterr().out.splitlines()
    shares = [float(share) for share in re.findall(r"([\d.]+)%", "\n".join(lines))]
    assert lines[0] == str(video)
    assert {line.split()[-1] for line in lines[1:3]} == {"dark", "light"}
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.2)
    with av.open(str(out)) as container:
        first, *rest = (f.to_ndarray(format="rgb24") for f in container.decode(video=0))
    assert len(rest) == 7
    assert first[:12].max() > 100 > first[-12:].max()  # letters at the top alone

    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "good.mp4", 90)
    (tmp_path / "videos" / "torn.mp4").write_bytes(b"torn")
    folder = [str(tmp_path / "videos"), "--out", str(tmp_path / "all"), "--top", "1"]
    assert predict.main([*command, *folder, *CPU]) == 1
    said = capsys.readouterr()
    assert (tmp_path / "all" / "good.mp4").exists()
    assert said.out.count("%") == 1
    assert "torn.mp4: the video cannot be read" in said.err


@pytest.mark.parametrize(
    ("video", "more", "message"),
    [
        ("none.mp4", [], "none.mp4: there is no such file or folder"),
        (".", [], "there is no video in this folder"),
        ("a.mp4", ["--out", "a.txt"], "a video cannot be written as a.txt"),
    ],
)
def test_what_cannot_be_predicted_is_told_at_once(
    video: str,
    more: list[str],
    message: str,
    run: tuple[Path, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before the model is built, and with the exit code 1."""
    if video == "a.mp4":
        write_video(tmp_path / video, 20)

    assert predict.main([*run[1], str(tmp_path / video), *more, *CPU]) == 1
    assert message in capsys.readouterr().err


def test_raw_frames_of_a_config_are_decoded_from_the_video(
    run: tuple[Path, list[str]],
) -> None:
    """A config for extracted frames predicts videos too; one for flow says that it does not."""
    cfg = Config.fromfile(run[1][0])
    steps = [s for s in cfg.data.test.pipeline if s.type != "PyAVInit"]
    steps = [{"type": "RawFrameDecode"} if s.type == "PyAVDecode" else s for s in steps]
    cfg.merge_from_dict({"data.test.pipeline": steps})
    video = str(run[0] / "videos" / "dark" / "0.mp4")
    sample = {"filename": video, "label": 0, "start_index": 0, "modality": "RGB"}

    assert predict.video_pipeline(cfg)(sample)["imgs"].shape == (8, 3, 32, 32)
    cfg.merge_from_dict({"data.test.modality": "Flow"})
    with pytest.raises(predict.ConfigError, match="no pipeline for RGB"):
        predict.video_pipeline(cfg)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({}, "there are 0 class folders"),
        ({"a": 2}, "there are 1 class folders"),
        ({"a": 2, "b": 0}, "b: there is no video in this folder"),
        ({"a": 2, "b": 1}, "b: the class has 1 video, and 1 would be for validation"),
    ],
)
def test_a_folder_that_cannot_be_split_is_told(
    classes: dict[str, int],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Class folders with at least two videos each; nothing is written otherwise."""
    videos = tmp_path / "videos"
    videos.mkdir()
    for name, count in classes.items():
        (videos / name).mkdir()
        for number in range(count):
            (videos / name / f"{number}.mp4").touch()

    assert split.main([str(videos), "--out", str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
