"""ActivityNetDataset: segments of untrimmed videos, from an annotation file; their features come with the pipeline."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from ..core.evaluation import average_recall_at_avg_proposals, check_metrics
from ..errors import ConfigError, DataError
from .builder import DATASETS, Results
from .pipelines import Compose

SLACK_S = 1.0
"""How many seconds beyond the video a segment may end: annotators round, and ActivityNet's own file has such ones."""
AVERAGE_NUMBERS = (1, 5, 10, 100)
TEM_COLUMNS = "action,start,end,tmin,tmax"


@DATASETS.register_module()
class ActivityNetDataset:
    """Videos with the segments in which something happens (mmaction/datasets/activitynet_dataset.py).

    The annotation file is a JSON object with an entry for each video:

        "v_--1DO2V4K74": {
            "duration_second": 211.53, "duration_frame": 6337, "feature_frame": 6336,
            "annotations": [{"segment": [30.03, 205.23], "label": "Rock climbing"}]
        }

    with segments in seconds; `feature_frame` is how many frames the features cover. A video may have no segments.

    Args:
        ann_file: the annotation file.
        pipeline: the transforms of a sample, as configs.
        data_prefix: the folder of the features.
        test_mode: the data is for testing; the recipe of that is the pipeline's.

    Raises:
        DataError: the file is missing, or an entry is wrong; the message has its name.
    """

    def __init__(
        self,
        ann_file: str | Path,
        pipeline: Sequence[Any],
        data_prefix: str | Path | None = None,
        test_mode: bool = False,
    ) -> None:
        self.ann_file = str(ann_file)
        self.data_prefix = str(data_prefix or "")
        self.test_mode = test_mode
        self.pipeline = Compose(pipeline)
        self.video_infos = load_video_infos(self.ann_file)

    def __len__(self) -> int:
        return len(self.video_infos)

    def __getitem__(self, index: int) -> Results:
        results = deepcopy(self.video_infos[index])
        return self.pipeline({**results, "data_prefix": self.data_prefix})

    def evaluate(
        self,
        results: Sequence[Mapping[str, Any]],
        metrics: str | Sequence[str] = "AR@AN",
        metric_options: Mapping[str, Mapping[str, Any]] | None = None,
        logger: logging.Logger | None = None,
    ) -> dict[str, float]:
        """Average recall of the proposals over the average number of them (AR@AN).

        Args:
            results: what a localizer says of each video: `video_name`, and a `proposal_list` of `segment` and `score`.
            metrics: "AR@AN".
            metric_options: `{"AR@AN": dict(max_avg_proposals=100, temporal_iou_thresholds=[...])}`.
            logger: of the run that evaluates; nothing is said to it.

        Returns:
            `auc` in percent, and `AR@1`, `AR@5`, `AR@10`, `AR@100` in 0..1. (Upstream reads them at fixed points of the curve, which
            stand for these numbers only if `max_avg_proposals` is 100.)

        Raises:
            ConfigError: an unknown metric.
            DataError: not as many results as videos.
        """
        names = self.metric_names(metrics)[1:]
        if len(results) != len(self):
            raise DataError(
                f"there are {len(results)} results for {len(self)} videos",
                self.ann_file,
            )
        truth = {
            info["video_name"]: [each["segment"] for each in info["annotations"]]
            for info in self.video_infos
        }
        proposals = {
            result["video_name"]: [
                (*proposal["segment"], proposal["score"])
                for proposal in result["proposal_list"]
            ]
            for result in results
        }
        curve = average_recall_at_avg_proposals(
            truth, proposals, **(metric_options or {}).get("AR@AN", {})
        )
        recalls = np.interp(
            AVERAGE_NUMBERS, curve.proposals_per_video, curve.average_recall
        )
        return {"auc": curve.auc, **dict(zip(names, recalls.tolist(), strict=True))}

    def metric_names(
        self, metrics: str | Sequence[str] = "AR@AN", **_: Any
    ) -> list[str]:
        """What `evaluate` with these arguments gives, by name.

        Raises:
            ConfigError: an unknown metric.
        """
        check_metrics(metrics, ("AR@AN",))
        return ["auc", *(f"AR@{number}" for number in AVERAGE_NUMBERS)]

    def timeline(self, results: Sequence[Any]) -> tuple[list[Any], list[Any], str]:
        """What a picture shows: the videos with their segments, the proposals of each, and the unit of time."""
        infos = [
            {**info, "duration": info["duration_second"]} for info in self.video_infos
        ]
        return infos, list(results), "seconds"

    def dump_results(
        self,
        results: Sequence[Any],
        out: str | Path,
        output_format: str = "json",
        version: str = "VERSION 1.3",
    ) -> None:
        """Write results as ActivityNet's server takes them, or TEM's scores as BSN's next step takes them.

        Args:
            results: of a model, for each video.
            out: a file for "json", a folder for "csv".
            output_format: "json": `{"version", "results": {id: [{"score", "segment"}]}, "external_data"}`, where an id is a video's
                name without the `v_`; "csv": a file NAME.csv for each video.
            version: of ActivityNet.

        Raises:
            ConfigError: an unknown format.
        """
        if output_format not in ("json", "csv"):
            raise ConfigError(
                f"the results cannot be written as {output_format!r}",
                "output_config.output_format",
                "json, or csv for TEM",
            )
        out = Path(out)
        if output_format == "csv":
            out.mkdir(parents=True, exist_ok=True)
            for name, rows in results:
                path = out / f"{name}.csv"
                np.savetxt(path, rows, header=TEM_COLUMNS, delimiter=",", comments="")
            return
        proposals = {
            result["video_name"][2:]: result["proposal_list"] for result in results
        }
        out.parent.mkdir(parents=True, exist_ok=True)
        content = {"version": version, "results": proposals, "external_data": {}}
        out.write_text(json.dumps(content), encoding="utf-8")


def load_video_infos(ann_file: str | Path) -> list[Results]:
    """The entries of an annotation file, each with its `video_name`.

    Raises:
        DataError: as `ActivityNetDataset` says.
    """
    try:
        database = json.loads(Path(ann_file).read_text(encoding="utf-8-sig"))
    except OSError as e:
        raise DataError(
            f"the annotation file cannot be read: {e.strerror}",
            str(ann_file),
            "set ann_file to a JSON file of videos and their segments",
        ) from e
    except ValueError as e:
        raise DataError(f"the file is not JSON: {e}", str(ann_file)) from e
    if not isinstance(database, dict) or not database:
        raise DataError(
            "the annotation file has no videos",
            str(ann_file),
            'write {"v_NAME": {"duration_second": 10.0, "duration_frame": 300, "feature_frame": 288, "annotations": []}, ...}',
        )
    for name, info in database.items():
        _check_entry(info, f"{ann_file}: {name}")
    return [{**info, "video_name": name} for name, info in database.items()]


def _check_entry(info: Any, where: str) -> None:
    if not isinstance(info, dict):
        raise DataError(f"the entry is not an object but {info!r}", where)
    for key in ("duration_second", "duration_frame", "feature_frame"):
        value = info.get(key)
        if not isinstance(value, int | float) or not value > 0:
            raise DataError(f"{key} is {value!r}, and no number above 0", where)
    annotations = info.get("annotations")
    if not isinstance(annotations, list):
        raise DataError(
            "the entry has no list of annotations", where, "write [] for none"
        )
    for number, annotation in enumerate(annotations):
        try:
            start, end = map(float, annotation["segment"])
        except (KeyError, TypeError, ValueError):
            raise DataError(
                f"the annotation is {annotation!r}",
                f"{where}, annotation {number}",
                'write {"segment": [start, end], "label": ...}, in seconds',
            ) from None
        _check_segment(
            start, end, info["duration_second"], f"{where}, annotation {number}"
        )


def _check_segment(start: float, end: float, duration: float, where: str) -> None:
    if not start < end:
        raise DataError(f"the segment ends at {end} s and starts at {start} s", where)
    if start < 0 or start >= duration or end > duration + SLACK_S:
        raise DataError(
            f"the segment from {start} to {end} s is beyond the video, which has {duration} s",
            where,
            "segments are in seconds, not in frames",
        )
