"""What a model said of each sample of a data set, and files of it."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.evaluation import confusion_matrix
from ..errors import ConfigError, DataError

FORMATS = (".json", ".pkl", ".npz", ".npy")


@dataclass(frozen=True)
class Predictions:
    """Scores of N samples over K classes, in the order of the data set.

    Args:
        filenames: N names; the numbers of the samples where the data set has no names.
        labels: (N,) true classes; None where a sample has none, or several.
        scores: (N, K).
        classes: K names; None where nobody knows them.
    """

    filenames: Sequence[str]
    labels: NDArray[np.int64] | None
    scores: NDArray[Any]
    classes: Sequence[str] | None = None

    @property
    def pred(self) -> NDArray[np.int64]:
        """(N,) the class with the highest score; of equal ones the first."""
        best: NDArray[np.int64] = self.scores.argmax(axis=1)
        return best

    def rows(self) -> list[dict[str, Any]]:
        """`filename`, `label`, `pred`, `scores` of each sample; and the classes by name where names are known."""
        columns: dict[str, Sequence[Any]] = {"filename": self.filenames}
        if self.labels is not None:
            columns["label"] = self.labels.tolist()
        columns["pred"] = self.pred.tolist()
        for key in ("label", "pred"):
            if self.classes is not None and key in columns:
                columns[f"{key}_name"] = [self.classes[i] for i in columns[key]]
        columns["scores"] = list(self.scores)
        values = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in values]

    def confusion(self) -> NDArray[np.int64]:
        """(K, K), see `confusion_matrix`.

        Raises:
            DataError: the samples do not have one label each.
        """
        if self.labels is None:
            raise DataError(
                "a confusion matrix needs one label a sample, and the data set has none or several"
            )
        return confusion_matrix(self.pred, self.labels, self.scores.shape[1])


def collect_predictions(
    dataset: Any,
    results: Sequence[NDArray[Any]],
    classes: Sequence[str] | None = None,
) -> Predictions:
    """The scores that a model gave, with what the data set knows of its samples.

    Args:
        dataset: has `video_infos`, dicts with `filename` and `label`, or nothing.
        results: (K,) scores of each sample.
        classes: names of the classes.

    Raises:
        DataError: there are not as many results as samples, or as many names as scores; a result is no row of scores,
            or a label has no score.
    """
    infos: Sequence[Mapping[str, Any]] = getattr(dataset, "video_infos", None) or [
        {}
    ] * len(dataset)
    if len(results) != len(infos):
        raise DataError(f"there are {len(results)} results for {len(infos)} samples")
    if len({np.shape(result) for result in results}) != 1 or np.ndim(results[0]) != 1:
        raise DataError("the results are not scores, one for each class")
    scores = np.stack([np.asarray(result) for result in results])
    if classes is not None and len(classes) != scores.shape[1]:
        raise DataError(
            f"there are {len(classes)} names of classes and {scores.shape[1]} scores"
        )
    found = [info.get("label") for info in infos]
    single = [label for label in found if isinstance(label, int | np.integer)]
    labels = np.array(single, np.int64) if len(single) == len(found) else None
    if labels is not None and labels.max() >= scores.shape[1]:
        raise DataError(
            f"there is a label {labels.max()}, and the model has {scores.shape[1]} scores"
        )
    return Predictions(
        [str(info.get("filename", i)) for i, info in enumerate(infos)],
        labels,
        scores,
        classes,
    )


def read_label_map(path: str | Path) -> list[str]:
    """The names of the classes, one a line, as upstream's `label_map_k400.txt` has them.

    Raises:
        DataError: the file cannot be read, or has no names.
    """
    try:
        names = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(
            f"the names of the classes cannot be read: {getattr(e, 'strerror', None) or e}",
            str(path),
        ) from e
    while names and not names[-1].strip():
        names.pop()
    if not names:
        raise DataError("the file has no names", str(path), "write one a line")
    return [name.strip() for name in names]


def class_names(
    cfg: Mapping[str, Any],
    dataset: Any,
    path: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> list[str]:
    """The names of the classes; an empty list where nobody knows them.

    Args:
        cfg: its `label_map` is a file of names.
        dataset: may have `CLASSES`.
        path: the file that the command line says, which goes first.
        meta: of a checkpoint, which goes last.

    Raises:
        DataError: the file cannot be read, or has no names.
    """
    if path or cfg.get("label_map"):
        return read_label_map(path or cfg["label_map"])
    return list(getattr(dataset, "CLASSES", None) or (meta or {}).get("CLASSES") or ())


def check_out(path: str | Path) -> Path:
    """The path, if predictions can be saved under it; asked before the hours of a test, not after.

    Raises:
        ConfigError: its ending is unknown, or its folder cannot be made or written.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(
            f"predictions cannot be a {path.suffix or 'file without an ending'}",
            str(path),
            f"let the name end in {', '.join(FORMATS)}",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ConfigError(f"its folder cannot be made: {e.strerror}", str(path)) from e
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError("no file can be written there", str(path))
    return path


def save_predictions(predictions: Predictions, path: str | Path) -> None:
    """Write a file, whole or not at all.

    `.json` and `.pkl` are the list of `Predictions.rows()`, `.npz` has the arrays `filename`, `pred`, `label`, `scores` and
    `classes`, `.npy` the scores alone. (Upstream's `--out` has the scores alone in every format.)
    """
    path = check_out(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        _write(predictions, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write(predictions: Predictions, path: Path) -> None:
    match path.suffix.lower():
        case ".json":
            rows = [
                {**row, "scores": row["scores"].tolist()} for row in predictions.rows()
            ]
            path.write_text(json.dumps(rows) + "\n", encoding="utf-8")
        case ".pkl":
            path.write_bytes(pickle.dumps(predictions.rows()))
        case ".npz":
            arrays: dict[str, Any] = {
                "filename": predictions.filenames,
                "label": predictions.labels,
                "pred": predictions.pred,
                "scores": predictions.scores,
                "classes": predictions.classes,
            }
            known = {k: v for k, v in arrays.items() if v is not None}
            np.savez(path, **known)
        case ".npy":
            np.save(path, predictions.scores)
