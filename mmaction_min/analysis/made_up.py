"""A batch without data: black frames and empty features through a config's own pipeline, so that its shapes are those of training."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import DATASETS, SSNDataset
from ..datasets.batch import collate
from ..datasets.builder import PIPELINES, Results
from ..datasets.pipelines import Compose
from ..errors import ConfigError, EngineError

FRAMES, HEIGHT, WIDTH = 300, 256, 340  # a clip of Kinetics-400 as it is commonly stored
NAME = "a made-up video"
SAMPLE = {
    "filename": NAME,
    "frame_dir": NAME,
    "total_frames": FRAMES,
    "start_index": 0,
    "label": 0,
    # of a localizer
    "video_name": NAME,
    "duration_frame": FRAMES,
    "feature_frame": FRAMES,
    "duration_second": 10.0,
    "annotations": [{"segment": [2.0, 5.0], "label": "something"}],
}
PROPOSALS = f"""\
# 0
{NAME}
{FRAMES}
1
1
1 60 150
3
1 1.0 1.0 60 150
1 0.1 0.1 0 90
0 0.0 0.0 200 290
"""
"""One of each kind that SSN learns from, in the form of its proposal files."""


def made_up_batch(
    dataset: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """A batch of one sample of training; nothing is read.

    The steps of the pipeline that open a video, that decode it, or that load features or proposals are replaced, by
    their names (`...Init`, `...Decode`, `Load...`); all others run.

    Args:
        dataset: a data set's config.
        model: its config, which says how many features a localizer takes.

    Raises:
        ConfigError: there is no pipeline, or a step cannot work on such a sample.
    """
    if not dataset.get("pipeline"):
        raise ConfigError("the config has no data.train.pipeline")
    steps = [_replaced(step, model) for step in dataset["pipeline"]]
    pipeline = Compose([step for step in steps if step])
    kind = DATASETS.get(str(dataset.get("type")))
    try:
        if inspect.isclass(kind) and issubclass(kind, SSNDataset):
            sample = _drawn(dataset, pipeline)
        else:
            sample = pipeline({**SAMPLE, "modality": dataset.get("modality", "RGB")})
        batch = collate([sample])
    except RuntimeError as e:
        raise ConfigError(str(e)) from e
    if isinstance(batch, EngineError):
        raise batch
    return batch


def _drawn(dataset: Mapping[str, Any], pipeline: Compose) -> Any:
    """As many proposals as `SSNDataset` draws of a video, through the pipeline."""
    known = inspect.signature(SSNDataset).parameters
    args = {key: value for key, value in dataset.items() if key in known}
    with tempfile.TemporaryDirectory() as folder:
        ann_file = Path(folder, "proposals.txt")
        ann_file.write_text(PROPOSALS)
        args |= {"ann_file": ann_file, "pipeline": [], "data_prefix": folder}
        made_up = SSNDataset(**args)
    made_up.pipeline = pipeline
    return made_up[0]


def _replaced(step: Mapping[str, Any], model: Mapping[str, Any]) -> Any:
    name = str(step.get("type", ""))
    if name.endswith("Init"):
        return None
    if name.endswith("Decode"):
        return _black_frames
    if name == "LoadLocalizationFeature":
        channels = model.get("feat_dim", model.get("tem_feat_dim"))
        return _zeros(raw_feature=(channels, model.get("temporal_dim")))
    if name == "LoadProposals":
        count = step.get("top_k", 1)
        each = ("tmin", "tmax", "tmin_score", "tmax_score", "reference_temporal_iou")
        features = (count, model.get("pem_feat_dim"))
        return _zeros(bsp_feature=features, **dict.fromkeys(each, (count,)))
    return PIPELINES.build(step)


def _zeros(**shapes: tuple[Any, ...]) -> Callable[[Results], Results]:
    def load(results: Results) -> Results:
        made = {key: np.zeros(shape, np.float32) for key, shape in shapes.items()}
        return {**results, **made}

    return load


def _black_frames(results: Results) -> Results:
    count = len(results["frame_inds"])
    shape: tuple[int, ...] = (count, HEIGHT, WIDTH, 3)
    if results["modality"] == "Flow":
        shape = (2 * count, HEIGHT, WIDTH)
    results["imgs"] = np.zeros(shape, np.uint8)
    results["original_shape"] = results["img_shape"] = (HEIGHT, WIDTH)
    return results
