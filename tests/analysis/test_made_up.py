"""A batch without data has the shapes of the config's own pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from mmaction_min.analysis.made_up import made_up_batch
from mmaction_min.errors import ConfigError


def pipeline(clip_len: int, num_clips: int, form: str) -> list[dict[str, Any]]:
    return [
        dict(type="DecordInit"),
        dict(type="SampleFrames", clip_len=clip_len, num_clips=num_clips),
        dict(type="DecordDecode"),
        dict(type="RandomResizedCrop"),
        dict(type="Resize", scale=(24, 16), keep_ratio=False),
        dict(type="FormatShape", input_format=form),
        dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
        dict(type="ToTensor", keys=["imgs", "label"]),
    ]


@pytest.mark.parametrize(
    ("args", "shape"),
    [((1, 8, "NCHW"), (1, 8, 3, 16, 24)), ((4, 2, "NCTHW"), (1, 2, 3, 4, 16, 24))],
)
def test_segments_and_clips_have_the_places_that_a_model_wants(
    args: tuple[int, int, str], shape: tuple[int, ...]
) -> None:
    """A 2-D model sees frames, a 3-D one clips; the file is not looked for."""
    batch = made_up_batch(pipeline(*args))

    assert batch["imgs"].shape == shape
    assert batch["label"].shape == (1,)


def test_a_step_that_needs_more_is_named() -> None:
    """A pipeline of something else than frames."""
    steps = [{"type": "Collect", "keys": ["proposals"]}]

    with pytest.raises(ConfigError, match=r"Collect \(step 1 of the pipeline\) needs"):
        made_up_batch(steps)
