"""A batch without data: black frames through a config's own pipeline, so that its shapes are those of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..datasets.batch import collate
from ..datasets.builder import PIPELINES, Results
from ..datasets.pipelines import Compose
from ..errors import ConfigError, EngineError

FRAMES, HEIGHT, WIDTH = 300, 256, 340  # a clip of Kinetics-400 as it is commonly stored


def made_up_batch(pipeline: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A batch of one sample; nothing is read.

    The steps that open a video and those that decode it are replaced, by their names (`...Init`, `...Decode`); all
    others run.

    Args:
        pipeline: of a data set's config.

    Raises:
        ConfigError: a step cannot work on such a sample.
    """
    steps = [_replaced(step) for step in pipeline]
    sample = {
        "filename": "a made-up video",
        "frame_dir": "a made-up video",
        "total_frames": FRAMES,
        "start_index": 0,
        "label": 0,
        "modality": "RGB",
    }
    try:
        batch = collate([Compose([step for step in steps if step])(sample)])
    except RuntimeError as e:
        raise ConfigError(str(e)) from e
    if isinstance(batch, EngineError):
        raise batch
    return batch


def _replaced(step: Mapping[str, Any]) -> Any:
    name = str(step.get("type", ""))
    if name.endswith("Init"):
        return None
    return _black_frames if name.endswith("Decode") else PIPELINES.build(step)


def _black_frames(results: Results) -> Results:
    count = len(results["frame_inds"])
    results["imgs"] = np.zeros((count, HEIGHT, WIDTH, 3), np.uint8)
    results["original_shape"] = results["img_shape"] = (HEIGHT, WIDTH)
    return results
