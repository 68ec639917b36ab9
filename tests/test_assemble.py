"""From a config to a runner: its kind and length, its precision, and the settings of its step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.assemble import build_runner, length_of, precision
from mmaction_min.config import Config
from mmaction_min.errors import ConfigError
from mmaction_min.runner import EpochBasedRunner, IterBasedRunner

MODEL = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNet", depth=18, pretrained=None),
    cls_head=dict(type="TSNHead", num_classes=2, in_channels=512),
)
CONFIG: dict[str, Any] = dict(
    model=MODEL, optimizer=dict(type="SGD", lr=0.1), total_epochs=3
)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (dict(), (None, None)),
        (dict(amp=None), (None, None)),
        (dict(amp=dict(dtype="bfloat16")), (torch.bfloat16, None)),
        (dict(amp=dict(dtype="float16")), (torch.float16, "dynamic")),
        (dict(amp=dict(dtype="float16", loss_scale=8.0)), (torch.float16, 8.0)),
        (dict(fp16=dict()), (torch.float16, 512.0)),
        (dict(fp16=dict(loss_scale="dynamic")), (torch.float16, "dynamic")),
    ],
    ids=str,
)
def test_precision_is_said_in_our_way_or_in_upstream_s(
    entries: dict[str, Any], expected: tuple[Any, Any]
) -> None:
    """Only float16 has its losses scaled."""
    assert precision(Config(entries)) == expected


@pytest.mark.parametrize(
    "entries",
    [
        dict(amp=dict(dtype="float8")),
        dict(amp=dict(dtype="bfloat16", loss_scale=2.0)),
        dict(amp=dict(dtype="float16"), fp16=dict()),
    ],
    ids=str,
)
def test_a_precision_that_there_is_not_is_refused(entries: dict[str, Any]) -> None:
    """With what to write."""
    with pytest.raises(ConfigError, match="amp"):
        precision(Config(entries))


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (dict(total_epochs=3), dict(max_epochs=3)),
        (dict(runner=dict(type="EpochBasedRunner", max_epochs=4)), dict(max_epochs=4)),
        (
            dict(total_epochs=3, runner=dict(type="IterBasedRunner", max_iters=5)),
            dict(max_iters=5),
        ),
    ],
    ids=str,
)
def test_the_length_is_that_of_runner_or_total_epochs(
    entries: dict[str, Any], expected: dict[str, int]
) -> None:
    """A base config's `total_epochs` does not hinder a run in iterations."""
    assert length_of(Config(entries)) == expected


@pytest.mark.parametrize(
    "entries",
    [dict(), dict(total_epochs=3, runner=dict(max_epochs=4))],
    ids=["none", "two"],
)
def test_a_run_has_one_length(entries: dict[str, Any]) -> None:
    """None, or two that differ, are refused."""
    with pytest.raises(ConfigError, match="total_epochs"):
        length_of(Config(entries))


def test_the_runner_of_a_config_is_obeyed(tmp_path: Path) -> None:
    """Its kind; float16 with a scale, the gradient clipped and accumulated, as the config says it."""
    cfg = Config(
        CONFIG
        | dict(
            runner=dict(type="IterBasedRunner", max_iters=5),
            fp16=dict(loss_scale=512.0),
            optimizer_config=dict(grad_clip=dict(max_norm=40), cumulative_iters=2),
        )
    )
    runner = build_runner(cfg, torch.device("cpu"), tmp_path)

    assert isinstance(runner, IterBasedRunner)
    assert runner.max_iters == 5
    assert runner.amp_dtype is torch.float16
    assert runner.update.fixed_scale == 512.0
    assert runner.update.grad_clip == {"max_norm": 40}
    assert runner.update.cumulative_iters == 2


@pytest.mark.parametrize(
    "kind",
    [
        dict(type="OptimizerHook"),
        dict(type="GradientCumulativeOptimizerHook", cumulative_iters=2),
        dict(type="Fp16OptimizerHook", loss_scale="dynamic"),
        dict(type="GradientCumulativeFp16OptimizerHook", cumulative_iters=2),
    ],
    ids=lambda kind: kind["type"],
)
def test_an_optimizer_hook_in_a_config_is_settings_of_the_step(
    kind: dict[str, Any], tmp_path: Path
) -> None:
    """mmcv's four names; half precision comes with two of them."""
    cfg = Config(
        CONFIG | dict(optimizer_config=kind | dict(grad_clip=dict(max_norm=1)))
    )
    runner = build_runner(cfg, torch.device("cpu"), tmp_path)

    assert isinstance(runner, EpochBasedRunner)
    assert runner.trains
    assert runner.update.grad_clip == {"max_norm": 1}
    assert runner.update.cumulative_iters == kind.get("cumulative_iters", 1)
    assert (runner.amp_dtype is torch.float16) == ("Fp16" in kind["type"])
