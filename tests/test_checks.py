"""What is looked at before a run begins; tests/test_bad_configs.py has more of it, as the command says it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mmaction_min.checks import check_evaluation, check_labels, eval_kwargs
from mmaction_min.config import Config
from mmaction_min.errors import ConfigError


def test_the_classes_of_the_list_are_those_of_the_head() -> None:
    """Class numbers must be below the head's number, and several labels a sample be as many as its scores."""

    def check(num_classes: int, /, **dataset: Any) -> None:
        loader: Any = SimpleNamespace(dataset=SimpleNamespace(**dataset))
        cfg = Config(dict(model=dict(cls_head=dict(num_classes=num_classes))))
        check_labels(loader, cfg)

    infos = [{"filename": "a.mp4"}, {"filename": "b.mp4"}]
    check(3, labels=np.array([0, 2]))
    check(3, multi_class=True, num_classes=3)
    with pytest.raises(
        ConfigError,
        match=r"a.txt: the list has class 2 \(b.mp4\), and the head(?s:.)*or write num_classes=3",
    ):
        check(2, labels=np.array([0, 2]), ann_file="a.txt", video_infos=infos)
    with pytest.raises(ConfigError, match="has num_classes=3, and the head num_class"):
        check(4, multi_class=True, num_classes=3)


def test_what_the_hook_knows_is_not_handed_to_the_data_set() -> None:
    """Neither its own arguments nor those of mmcv's DistEvalHook."""
    evaluation = dict(interval=2, save_best=None, gpu_collect=True, metrics=["a"], k=1)

    assert eval_kwargs(evaluation) == dict(metrics=["a"], k=1)


def test_a_data_set_that_cannot_evaluate_is_told() -> None:
    """Before a training that would end in it."""
    with pytest.raises(ConfigError, match=r"SimpleNamespace has no evaluate\nhint: w"):
        check_evaluation(SimpleNamespace(), {}, {})
