"""What the data sets of labelled videos share."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core.evaluation import evaluate_scores
from ..errors import ConfigError, DataError
from .annotations import Format, Info, read_annotations
from .builder import Results
from .pipelines import Compose

MODALITIES = ("RGB", "Flow")


class BaseDataset:
    """Samples with labels, from an annotation file; a subclass says what its lines have.

    Args:
        ann_file: the annotation file.
        pipeline: the transforms of a sample, as configs.
        data_prefix: the folder that the paths start from; the current one if None.
        test_mode: the data is for testing; the recipe of that is the pipeline's.
        multi_class: a sample has any number of labels; the pipeline gets them as (num_classes,) float32 of 0 and 1.
        num_classes: a label must be below it; `multi_class` needs it.
        start_index: the number of the first frame.
        modality: "RGB" or "Flow".
        sample_by_class: in training, each sample is drawn: first a class, then one of its samples, so that an epoch has rare
            classes more often.
        power: a class is drawn in proportion to its size to this power; 0: all classes alike.
        dynamic_length: must be False; upstream's epochs of another length are not made.

    Raises:
        DataError: the annotation file is missing or wrong; the message has the line.
        ConfigError: arguments that do not go together.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ("filename",)

    def __init__(
        self,
        ann_file: str | Path,
        pipeline: Sequence[Any],
        data_prefix: str | Path | None = None,
        *,
        test_mode: bool = False,
        multi_class: bool = False,
        num_classes: int | None = None,
        start_index: int = 0,
        modality: str = "RGB",
        sample_by_class: bool = False,
        power: float = 0.0,
        dynamic_length: bool = False,
    ) -> None:
        name = type(self).__name__
        if multi_class and num_classes is None:
            raise ConfigError(f"{name} with multi_class=True needs num_classes")
        if multi_class and sample_by_class:
            raise ConfigError(f"{name} with multi_class=True has no sample_by_class")
        if dynamic_length:
            raise ConfigError(
                f"{name} has no epochs of another length",
                hint="leave dynamic_length out",
            )
        if modality not in MODALITIES:
            raise ConfigError(
                f"{name} has no modality={modality!r}",
                hint=f"one of {', '.join(MODALITIES)}",
            )
        self.ann_file = str(ann_file)
        self.data_prefix = Path(data_prefix or "")
        self.test_mode = test_mode
        self.multi_class = multi_class
        self.num_classes = num_classes
        self.start_index = start_index
        self.modality = modality
        self.power = power
        self.pipeline = Compose(pipeline)
        self.video_infos = self.load_annotations()
        self.members: list[NDArray[np.int64]] = []
        if sample_by_class and not test_mode:
            labels = self.labels
            self.members = [np.flatnonzero(labels == each) for each in set(labels)]

    def __len__(self) -> int:
        return len(self.video_infos)

    def __getitem__(self, index: int) -> Results:
        if self.members:
            index = self._draw()
        results = deepcopy(self.video_infos[index])
        if self.multi_class:
            results["label"] = self._one_hot([results["label"]])[0]
        return self.pipeline(
            {**results, "modality": self.modality, "start_index": self.start_index}
        )

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,), the label of each sample; for `multi_class` (N, num_classes) of 0 and 1."""
        labels = [info["label"] for info in self.video_infos]
        return (
            self._one_hot(labels).astype(np.int64)
            if self.multi_class
            else np.array(labels, np.int64)
        )

    def load_annotations(self) -> list[Info]:
        """Read the annotation file: a dict for each sample, its path below `data_prefix`."""
        form = Format(self.columns(), self.multi_class, self.num_classes)
        infos = read_annotations(self.ann_file, form)
        path = form.columns[0]
        return [{**info, path: str(self.data_prefix / info[path])} for info in infos]

    def columns(self) -> tuple[str, ...]:
        """The fields of a line of the annotation file, before the labels."""
        return self.COLUMNS

    def evaluate(
        self,
        results: Sequence[NDArray[Any]],
        metrics: str | Sequence[str] = "top_k_accuracy",
        metric_options: Mapping[str, Mapping[str, Any]] | None = None,
        logger: logging.Logger | None = None,
        topk: int | Sequence[int] | None = None,
    ) -> dict[str, float]:
        """Metrics of a model's scores for the whole dataset.

        Args:
            results: (num_classes,) scores for each sample, in the dataset's order.
            metrics: "top_k_accuracy", "mean_class_accuracy", "mean_average_precision", "mmit_mean_average_precision", or a list.
            metric_options: `dict(top_k_accuracy=dict(topk=(1, 5)))` is the default.
            logger: of the run that evaluates; nothing is said to it.
            topk: upstream's older word for `metric_options=dict(top_k_accuracy=dict(topk=...))`.

        Returns:
            `{"top1_acc": .., "top5_acc": .., "mean_class_accuracy": ..}`, what was asked for.

        Raises:
            ConfigError: an unknown metric, or one that does not go with these labels.
            DataError: not as many results as samples.
        """
        if len(results) != len(self):
            raise DataError(
                f"there are {len(results)} results for {len(self)} videos",
                self.ann_file,
            )
        scores = np.stack([np.asarray(result) for result in results])
        options = dict(metric_options or {})
        if topk is not None:
            options["top_k_accuracy"] = {"topk": topk}
        return evaluate_scores(scores, self.labels, metrics, options)

    def metric_names(self, **eval_kwargs: Any) -> list[str] | None:
        """What `evaluate` with these arguments gives, by name; what it would refuse is refused here, before there are scores.

        None for a subclass that evaluates in its own way.

        Raises:
            ConfigError: as `evaluate`.
        """
        if type(self).evaluate is not BaseDataset.evaluate:
            return None
        one = copy(self)
        one.video_infos = self.video_infos[:1]
        num_classes = one.labels.size if self.multi_class else int(one.labels[0]) + 1
        return list(one.evaluate([np.zeros(num_classes)], **eval_kwargs))

    def _one_hot(self, labels: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        hot = np.zeros((len(labels), self.num_classes or 0), np.float32)
        for row, classes in zip(hot, labels, strict=True):
            row[classes] = 1
        return hot

    def _draw(self) -> int:
        sizes = np.array([len(each) for each in self.members], np.float64)
        weights = sizes**self.power
        number = np.random.choice(len(self.members), p=weights / weights.sum())
        return int(np.random.choice(self.members[number]))
