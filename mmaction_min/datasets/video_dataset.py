"""VideoDataset: video files and their labels, from an annotation file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.evaluation import mean_class_accuracy, top_k_accuracy
from ..errors import ConfigError, DataError
from .builder import DATASETS, Results
from .pipelines import Compose

METRICS = ("top_k_accuracy", "mean_class_accuracy")


@DATASETS.register_module()
class VideoDataset:
    """Video files with one label each.

    The annotation file has a line `path label` for each video; or, if its name ends in `.json`, it is a list of
    `{"filename": path, "label": label}` (for paths with spaces).

    Args:
        ann_file: the annotation file.
        pipeline: the transforms of a sample, as configs.
        data_prefix: the folder that the paths start from; the current one if None.
        test_mode: the data is for testing; the recipe of that is the pipeline's.
        num_classes: if given, a label must be below it.

    Raises:
        DataError: the annotation file is missing or wrong; the message has the line.
    """

    def __init__(
        self,
        ann_file: str | Path,
        pipeline: Sequence[Any],
        data_prefix: str | Path | None = None,
        *,
        test_mode: bool = False,
        num_classes: int | None = None,
    ) -> None:
        self.ann_file = str(ann_file)
        self.data_prefix = Path(data_prefix or "")
        self.test_mode = test_mode
        self.num_classes = num_classes
        self.pipeline = Compose(pipeline)
        self.video_infos = self.load_annotations()

    def __len__(self) -> int:
        return len(self.video_infos)

    def __getitem__(self, index: int) -> Results:
        results = deepcopy(self.video_infos[index])
        return self.pipeline({**results, "modality": "RGB", "start_index": 0})

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,), the label of each video."""
        return np.array([info["label"] for info in self.video_infos], np.int64)

    def load_annotations(self) -> list[Results]:
        """Read the annotation file: one dict with `filename` and `label` for each video."""
        try:
            text = Path(self.ann_file).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as e:
            raise DataError(
                f"the annotation file cannot be read: {getattr(e, 'strerror', None) or e}",
                self.ann_file,
                "set ann_file to a text file of lines `path label`",
            ) from e
        is_json = self.ann_file.endswith(".json")
        rows = self._json_rows(text) if is_json else self._text_rows(text)
        if not rows:
            raise DataError("the annotation file has no videos", self.ann_file)
        return [
            {
                "filename": str(self.data_prefix / path),
                "label": self._label(label, where),
            }
            for path, label, where in rows
        ]

    def _text_rows(self, text: str) -> list[tuple[str, object, str]]:
        rows: list[tuple[str, object, str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            where = f"{self.ann_file}:{number}"
            fields = line.split()
            if not fields:
                raise DataError("the line is empty", where, "delete it")
            if len(fields) != 2:
                raise DataError(
                    f"the line has {len(fields)} fields, not a path and a label: {line!r}",
                    where,
                    "write `path label`; if a path has spaces, use a .json list of {filename, label}",
                )
            rows.append((fields[0], fields[1], where))
        return rows

    def _json_rows(self, text: str) -> list[tuple[str, object, str]]:
        try:
            return [
                (item["filename"], item["label"], f"{self.ann_file}, item {number}")
                for number, item in enumerate(json.loads(text))
            ]
        except (ValueError, KeyError, TypeError) as e:
            raise DataError(
                f"the file is not a list of videos: {e!r}",
                self.ann_file,
                'write [{"filename": "a.mp4", "label": 0}, ...]',
            ) from e

    def _label(self, text: object, where: str) -> int:
        try:
            label = int(str(text))
        except ValueError:
            raise DataError(
                f"the label is not an integer: {text!r}",
                where,
                "write the class's number, from 0",
            ) from None
        if label < 0:
            raise DataError(f"the label {label} is negative", where, "count from 0")
        if self.num_classes is not None and label >= self.num_classes:
            raise DataError(
                f"the label {label} is not below num_classes={self.num_classes}",
                where,
                "labels count from 0",
            )
        return label

    def evaluate(
        self,
        results: Sequence[NDArray[Any]],
        metrics: str | Sequence[str] = "top_k_accuracy",
        metric_options: Mapping[str, Mapping[str, Any]] | None = None,
        logger: logging.Logger | None = None,
    ) -> dict[str, float]:
        """Metrics of a model's scores for the whole dataset.

        Args:
            results: (num_classes,) scores for each video, in the dataset's order.
            metrics: "top_k_accuracy", "mean_class_accuracy", or a list of them.
            metric_options: `dict(top_k_accuracy=dict(topk=(1, 5)))` is the default.
            logger: of the run that evaluates; nothing is said to it.

        Returns:
            `{"top1_acc": .., "top5_acc": .., "mean_class_accuracy": ..}`, what was asked for.

        Raises:
            ConfigError: an unknown metric.
            DataError: not as many results as videos.
        """
        if len(results) != len(self):
            raise DataError(
                f"there are {len(results)} results for {len(self)} videos",
                self.ann_file,
            )
        scores = np.stack([np.asarray(result) for result in results])
        values: dict[str, float] = {}
        for metric in [metrics] if isinstance(metrics, str) else metrics:
            options = (metric_options or {}).get(metric, {})
            values.update(self._measure(metric, scores, **options))
        return values

    def _measure(
        self, metric: str, scores: NDArray[Any], topk: int | Sequence[int] = (1, 5)
    ) -> dict[str, float]:
        if metric == "top_k_accuracy":
            ks = [topk] if isinstance(topk, int) else topk
            accuracies = top_k_accuracy(scores, self.labels, ks)
            return {f"top{k}_acc": a for k, a in zip(ks, accuracies, strict=True)}
        if metric == "mean_class_accuracy":
            return {metric: mean_class_accuracy(scores, self.labels)}
        raise ConfigError(
            f"there is no metric {metric!r}", hint=f"one of {', '.join(METRICS)}"
        )
