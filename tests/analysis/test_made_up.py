"""A batch without data has the shapes of the config's own pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmaction_min.analysis.made_up import made_up_batch
from mmaction_min.config import Config
from mmaction_min.errors import ConfigError
from mmaction_min.models import build_model

REPO = Path(__file__).parents[2]


def dataset(clip_len: int, num_clips: int, form: str, **more: Any) -> dict[str, Any]:
    pipeline = [
        dict(type="DecordInit"),
        dict(type="SampleFrames", clip_len=clip_len, num_clips=num_clips),
        dict(type="DecordDecode"),
        dict(type="RandomResizedCrop"),
        dict(type="Resize", scale=(24, 16), keep_ratio=False),
        dict(type="FormatShape", input_format=form),
        dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
        dict(type="ToTensor", keys=["imgs", "label"]),
    ]
    return {"type": "VideoDataset", "pipeline": pipeline, **more}


@pytest.mark.parametrize(
    ("args", "shape"),
    [((1, 8, "NCHW"), (1, 8, 3, 16, 24)), ((4, 2, "NCTHW"), (1, 2, 3, 4, 16, 24))],
)
def test_segments_and_clips_have_the_places_that_a_model_wants(
    args: tuple[int, int, str], shape: tuple[int, ...]
) -> None:
    """A 2-D model sees frames, a 3-D one clips; the file is not looked for."""
    batch = made_up_batch(dataset(*args), {})

    assert batch["imgs"].shape == shape
    assert batch["label"].shape == (1,)


def test_flow_has_two_planes_a_frame() -> None:
    """As `RawFrameDecode` reads it from x and y."""
    steps = [
        dict(type="SampleFrames", clip_len=5, num_clips=2),
        dict(type="RawFrameDecode"),
        dict(type="Resize", scale=(24, 16), keep_ratio=False),
        dict(type="Normalize", mean=[128.0] * 2, std=[128.0] * 2),
        dict(type="FormatShape", input_format="NCHW_Flow"),
        dict(type="Collect", keys=["imgs", "label"], meta_keys=[]),
        dict(type="ToTensor", keys=["imgs"]),
    ]

    batch = made_up_batch({"pipeline": steps, "modality": "Flow"}, {})

    assert batch["imgs"].shape == (1, 2, 10, 16, 24)


@pytest.mark.parametrize("name", ["bmn", "bsn_tem", "bsn_pem", "ssn"])
def test_a_localizer_learns_from_it(name: str) -> None:
    """Features, proposals of a video, or segments of it: the model's own losses take them."""
    cfg = Config.fromfile(REPO / "configs" / f"{name}_motion.py")

    batch = made_up_batch(cfg.data.train, cfg.model)

    assert build_model(cfg.model).train_step(batch)["loss"].isfinite()


def test_a_step_that_needs_more_is_named() -> None:
    """A pipeline of something else than frames."""
    steps = [{"type": "Collect", "keys": ["proposals"]}]

    with pytest.raises(ConfigError, match=r"Collect \(step 1 of the pipeline\) needs"):
        made_up_batch({"pipeline": steps}, {})
