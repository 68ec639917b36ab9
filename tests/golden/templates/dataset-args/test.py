"""MyDataset is built from its config, reads its annotations, and gives what a model trains on."""

# Made by: scaffold add dataset MyDataset --arg must:float --arg 'names:list=['"'"'a'"'"']'

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.assemble import build_loader
from mmaction_min.config import Config
from mmaction_min.datasets import MyDataset
from mmaction_min.datasets.builder import build_dataset
from mmaction_min.datasets.motion_clips import MotionClips
from mmaction_min.errors import DataError
from mmaction_min.models.builder import build_model
from mmaction_min.runner import EpochBasedRunner, build_optimizer

CONFIG = Path(__file__).parents[2] / "configs/datasets/my_dataset.py"


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Any]:
    """The annotation file and the folder of eight short videos."""
    clips = MotionClips([], num_clips=8, size=32, root=tmp_path)
    return {"ann_file": clips.ann_file, "data_prefix": clips.data_prefix}


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_the_config_builds_the_dataset(clips: dict[str, Any], part: str) -> None:
    """The registry finds MyDataset, with the arguments of the config."""
    dataset = build_dataset({**Config.fromfile(CONFIG).data[part], **clips})

    assert type(dataset) is MyDataset
    assert len(dataset) == 8
    assert dataset.must == 1.0
    assert dataset.names == ["a"]


def test_each_sample_is_a_video_with_its_label(clips: dict[str, Any]) -> None:
    """The pipeline gets the file's name, which exists, and the number of its class."""
    cfg = Config.fromfile(CONFIG).data.train
    dataset = build_dataset({**cfg, **clips, "pipeline": []})

    assert sorted(dataset[i]["label"] for i in range(8)) == [*range(8)]
    assert all(Path(dataset[i]["filename"]).is_file() for i in range(8))


def test_a_missing_annotation_file_is_named(tmp_path: Path) -> None:
    """There is a sentence with the path, not a traceback."""
    cfg = Config.fromfile(CONFIG).data.train

    with pytest.raises(DataError, match=r"missing\.txt"):
        build_dataset({**cfg, "ann_file": str(tmp_path / "missing.txt")})


def test_the_model_of_the_config_trains_on_it(clips: dict[str, Any]) -> None:
    """A batch of its samples goes through a training step."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict({"data.workers_per_gpu": 0, "data.videos_per_gpu": 2})
    model = build_model(cfg.model)
    runner = EpochBasedRunner(model, optimizer=build_optimizer(model, cfg.optimizer))
    loader = build_loader(cfg, "train", 0, torch.device("cpu"), **clips)

    outputs = runner.step(next(iter(loader)))

    assert outputs["loss"].isfinite()
    assert outputs["num_samples"] == 2
