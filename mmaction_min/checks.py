"""What is looked at before a run begins: do the labels, the evaluation and the model go together?"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np
from torch.utils.data import DataLoader

from .building import check_arguments
from .config import Config
from .errors import ConfigError
from .runner import DistEvalHook, EvalHook


def innermost_dataset(loader: DataLoader[Any]) -> Any:
    """The data set that the loader, or another data set, wraps."""
    dataset: Any = loader.dataset
    while hasattr(dataset, "dataset"):
        dataset = dataset.dataset
    return dataset


def check_labels(loader: DataLoader[Any], cfg: Config) -> None:
    """Refuse a class number that the head has no score for, before torch does, in a step and without a name.

    Raises:
        ConfigError: there is one, with its video; or the list and the head have another number of classes.
    """
    num_classes = (cfg.model.get("cls_head") or {}).get("num_classes")
    if num_classes is None:
        return
    dataset = innermost_dataset(loader)
    if hasattr(dataset, "check_classes"):
        dataset.check_classes(num_classes)  # SSN's are counted from 1
        return
    if getattr(dataset, "multi_class", False):
        if dataset.num_classes == num_classes:
            return
        what, most = f"num_classes={dataset.num_classes}", dataset.num_classes
    else:
        labels = np.asarray(getattr(dataset, "labels", ()))
        if labels.max(initial=0) < num_classes:
            return
        what, most = f"class {labels.max()}", labels.max() + 1
        if infos := getattr(dataset, "video_infos", None):
            info = infos[labels.argmax()]
            what += f" ({info.get('filename') or info.get('frame_dir')})"
    raise ConfigError(
        f"the list has {what}, and the head num_classes={num_classes}, so 0 to {num_classes - 1}",
        str(getattr(dataset, "ann_file", "")),
        f"mend the list, or write num_classes={most} in model.cls_head",
    )


def eval_kwargs(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """What of a config's `evaluation` is for the data set's `evaluate`; the rest, the hook's own, says when and where."""
    own = {*signature(EvalHook).parameters, *signature(DistEvalHook).parameters}
    return {key: value for key, value in evaluation.items() if key not in own}


def check_evaluation(
    dataset: Any, arguments: Mapping[str, Any], cfg: Mapping[str, Any]
) -> None:
    """Refuse what a data set's `evaluate` does not take, before anything is trained.

    Args:
        dataset: the one that evaluates.
        arguments: of its `evaluate`.
        cfg: the config's `evaluation`, that they come from; `save_best` is looked at too.

    Raises:
        ConfigError: there is no `evaluate`, a wrong argument, a metric that there is not, or a `save_best` that no
            metric gives.
    """
    if not hasattr(dataset, "evaluate"):
        raise ConfigError(
            f"{type(dataset).__name__} has no evaluate",
            "evaluation",
            "write its evaluate(results, logger=None) -> dict of names and numbers; or take evaluation out",
        )
    args = {"results": [], **arguments}
    check_arguments("evaluate", dataset.evaluate, args, cfg)
    known = getattr(dataset, "metric_names", None)
    names = known(**arguments) if known else None
    best = cfg.get("save_best", "auto")
    if names and best not in (None, "auto", *names):
        raise ConfigError(
            f"there is no metric {best!r}",
            "evaluation.save_best",
            f"there are {', '.join(names)}",
        )
