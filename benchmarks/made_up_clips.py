"""Made-up data in every form that the configs of MMAction2 0.24.1 read: videos, frames, flow, features, proposals, weights.

It is the same each time, and written once a folder. What is asked for is told to a config by `--cfg-options`, as by a person
whose data lies elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image

FRAMES = 72
"""Of a clip, 340 x 256 each: a little more than the 64 that the longest clips span."""
PLACES, CHANNELS, PROPOSALS, PROPOSAL_CHANNELS = 100, 400, 50, 32
"""The sizes of BSN's and BMN's features of ActivityNet."""


SIZES = ("scale", "input_size", "crop_size", "size")


class MadeUpClips:
    """A folder of made-up data.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def options(self, cfg: Mapping[str, Any], split: str) -> dict[str, str]:
        """Where a data set of a config finds one sample: the values of `--cfg-options`; none for a data set that is unknown.

        Args:
            cfg: the config.
            split: 'train', 'val' or 'test'.
        """
        data, prefix = cfg["data"].get(split), f"data.{split}"
        while isinstance(data, Mapping) and "dataset" in data:  # RepeatDataset
            data, prefix = data["dataset"], f"{prefix}.dataset"
        kind = data.get("type") if isinstance(data, Mapping) else None
        write = {
            "VideoDataset": self._videos,
            "RawframeDataset": self._frames,
            "ImageDataset": self._images,
            "ActivityNetDataset": self._features,
            "SSNDataset": self._proposals_of_frames,
        }.get(str(kind))
        if write is None:
            return {}
        folder, name, text = write(data)
        list_ = folder / name
        list_.write_text(text)
        options = {f"{prefix}.ann_file": list_, f"{prefix}.data_prefix": folder}
        for i, step in enumerate(data["pipeline"]):
            if step["type"] == "LoadProposals":
                for key in ("pgm_proposals_dir", "pgm_features_dir"):
                    options[f"{prefix}.pipeline.{i}.{key}"] = folder
        return {key: str(value) for key, value in options.items()}

    def _videos(self, data: Mapping[str, Any]) -> tuple[Path, str, str]:
        folder = self._new("videos", lambda path: write_video(path / "clip.mp4"))
        return folder, f"{_labels(data)}.txt", f"clip.mp4 {_labels(data)}\n"

    def _images(self, data: Mapping[str, Any]) -> tuple[Path, str, str]:
        def write(path: Path) -> None:
            Image.fromarray(frame(0)).save(path / "image.jpg")

        folder = self._new("images", write)
        return folder, f"{_labels(data)}.txt", f"image.jpg {_labels(data)}\n"

    def _frames(self, data: Mapping[str, Any]) -> tuple[Path, str, str]:
        count = f"0 {FRAMES}" if data.get("with_offset") else f"{FRAMES}"
        line = f"clip {count} {_labels(data)}\n"
        return self._pictures(data), f"{line.strip().replace(' ', '_')}.txt", line

    def _pictures(self, data: Mapping[str, Any]) -> Path:
        """A folder with the folder `clip` of numbered pictures, from 0, as some lists count, to `FRAMES`."""
        template = data.get("filename_tmpl", "img_{:05}.jpg")
        flow = data.get("modality") == "Flow"

        def write(path: Path) -> None:
            (path / "clip").mkdir()
            for i in range(FRAMES + 1):
                picture = frame(i)[:, :, 0] if flow else frame(i)
                for axis in "xy" if flow else "-":
                    name = template.format(*[axis] * flow, i)
                    Image.fromarray(picture).save(path / "clip" / name)

        return self._new(
            f"{template}{'_flow' * flow}".translate({ord(c): "" for c in "{}:"}), write
        )

    def _features(self, data: Mapping[str, Any]) -> tuple[Path, str, str]:
        """Features of a video, and BSN's proposals of it with theirs."""
        rng = np.random.default_rng(0)

        def write(path: Path) -> None:
            columns = [f"f{i}" for i in range(CHANNELS)]
            _write_csv(
                path / "v_clip.csv", columns, rng.standard_normal((PLACES, CHANNELS))
            )

        folder = self._new("features", write)
        if any(step["type"] == "LoadProposals" for step in data["pipeline"]):

            def write(path: Path) -> None:
                start, length = rng.random((2, PROPOSALS)) / 2
                scores = rng.random((5, PROPOSALS))  # of its ends, of it; IoU and IoA
                columns = ["tmin", "tmax", "tmin_score", "tmax_score", "score"]
                columns += ["match_iou", "match_ioa"]
                table = np.stack([start, start + length, *scores], axis=1)
                _write_csv(path / "v_clip.csv", columns, table)
                np.save(
                    path / "v_clip.npy",
                    rng.random((PROPOSALS, PROPOSAL_CHANNELS), np.float32),
                )

            folder = self._new("proposals", write)
        video = {
            "duration_second": 60.0,
            "duration_frame": 1800,
            "feature_frame": 1792,
            "annotations": [
                {"segment": [10.0, 25.0], "label": "a"},
                {"segment": [30.0, 52.0], "label": "b"},
            ],
        }
        return folder, "list.json", json.dumps({"v_clip": video})

    def _proposals_of_frames(self, data: Mapping[str, Any]) -> tuple[Path, str, str]:
        """SSN's list: a segment, and a proposal each that is right, that is a part of it, and that is beside it."""
        lines = ["# 0", "clip", FRAMES, 1, 1, "1 10 30", 3]
        lines += ["1 0.9 0.95 10 29", "1 0.2 1.0 14 18", "0 0.0 0.0 40 66"]
        return self._pictures(data), "list.txt", "".join(f"{x}\n" for x in lines)

    def _new(self, name: str, write: Any) -> Path:
        """The folder of that name, filled by `write(folder)` if it is new."""
        path = self.folder / name
        if not path.exists():
            path.mkdir(parents=True)
            write(path)
        return path


def frame(i: int) -> NDArray[np.uint8]:
    """(256, 340, 3) of blurred noise that moves to the right, 4 pixels a frame."""
    noise = np.random.default_rng(0).integers(0, 255, (32, 43, 3), dtype=np.uint8)
    large = Image.fromarray(noise).resize((340, 256), Image.Resampling.BILINEAR)
    return np.roll(np.asarray(large), 4 * i, axis=1)


def write_video(path: Path) -> None:
    """A file of `FRAMES` frames."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 340, 256
        for i in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame(i))))
        container.mux(stream.encode())


def make_up_weights(model: Mapping[str, Any]) -> dict[str, str]:
    """Random weights where torch looks for torchvision's; the option that takes out those that nobody can make up."""
    cfg = model.get("backbone") or {}
    source = cfg.get("pretrained")
    if source is True and cfg["type"].startswith("torchvision."):
        source = f"torchvision://{cfg['type'].partition('.')[2]}"
    if not str(source).startswith("torchvision://"):
        return {"model.backbone.pretrained": "None"} if source else {}
    name = source.removeprefix("torchvision://")
    url = next(iter(torchvision.models.get_model_weights(name))).url
    file = Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(torchvision.models.get_model(name).state_dict(), file)
    return {}


def shrink(cfg: Mapping[str, Any], split: str) -> dict[str, str]:
    """The options that make the frames of a pipeline a quarter as wide and high."""
    data = cfg["data"].get(split)
    options = {}
    for i, step in enumerate(data["pipeline"] if "pipeline" in (data or ()) else ()):
        for key in SIZES:
            if key in step:
                sizes = (
                    step[key] if isinstance(step[key], list | tuple) else [step[key]]
                )
                small = [int(x) // 4 if 64 < x < 1e6 else x for x in sizes]
                text = str(tuple(small)) if len(small) > 1 else str(small[0])
                options[f"data.{split}.pipeline.{i}.{key}"] = text
    return options


def _labels(data: Mapping[str, Any]) -> str:
    return "0 1" if data.get("multi_class") else "1"


def _write_csv(path: Path, columns: list[str], table: NDArray[Any]) -> None:
    np.savetxt(path, table, "%.5f", ",", header=",".join(columns), comments="")
