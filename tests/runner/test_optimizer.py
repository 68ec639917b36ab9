"""From a config to param groups: DefaultOptimizerConstructor and build_optimizer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import ConfigError, NotRegisteredError
from mmaction_min.runner import OPTIMIZERS, build_optimizer


class Net(nn.Module):
    """A parameter of its own, a convolution, a depth-wise one, a norm and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.conv = nn.Conv2d(3, 4, 1)
        self.dw = nn.Conv2d(4, 4, 1, groups=4)
        self.bn = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)


NAMES = [
    "scale",
    "conv.weight",
    "conv.bias",
    "dw.weight",
    "dw.bias",
    "bn.weight",
    "bn.bias",
    "fc.weight",
    "fc.bias",
]


def rates(
    paramwise_cfg: dict[str, Any], model: nn.Module | None = None
) -> dict[str, tuple[float, float]]:
    """Each parameter's rate and decay, relative to the base ones (rate 1, decay 0.1)."""
    cfg = dict(type="SGD", lr=1.0, weight_decay=0.1, paramwise_cfg=paramwise_cfg)
    groups = build_optimizer(model or Net(), cfg).param_groups
    assert all(len(group["params"]) == 1 for group in groups)
    values = [(group["lr"], round(group["weight_decay"] / 0.1, 9)) for group in groups]
    return dict(zip(NAMES, values, strict=True))


def changed(paramwise_cfg: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Those that differ from the base."""
    return {
        name: value for name, value in rates(paramwise_cfg).items() if value != (1, 1)
    }


def test_without_paramwise_cfg_there_is_one_group() -> None:
    """All parameters in the model's order, and the config unchanged."""
    cfg = dict(type="Adam", lr=0.01)
    model = Net()

    optimizer = build_optimizer(model, cfg)

    assert type(optimizer) is torch.optim.Adam
    assert [id(p) for p in optimizer.param_groups[0]["params"]] == [
        id(p) for p in model.parameters()
    ]
    assert cfg == dict(type="Adam", lr=0.01)


@pytest.mark.parametrize(
    ("paramwise_cfg", "expected"),
    [
        (
            dict(bias_lr_mult=2),
            {"conv.bias": (2, 1), "dw.bias": (2, 1), "fc.bias": (2, 1)},
        ),
        (dict(bias_decay_mult=0), {"conv.bias": (1, 0), "fc.bias": (1, 0)}),
        (dict(norm_decay_mult=0), {"bn.weight": (1, 0), "bn.bias": (1, 0)}),
        (dict(dwconv_decay_mult=0), {"dw.weight": (1, 0), "dw.bias": (1, 0)}),
        (
            dict(custom_keys={"fc": dict(lr_mult=5)}),
            {"fc.weight": (5, 1), "fc.bias": (5, 1)},
        ),
        (
            dict(
                custom_keys={"fc": dict(lr_mult=5), "fc.bias": dict(decay_mult=0)},
                bias_lr_mult=3,
            ),
            {
                "fc.weight": (5, 1),
                "fc.bias": (1, 0),
                "conv.bias": (3, 1),
                "dw.bias": (3, 1),
            },
        ),
        (dict(custom_keys={".scale": dict(lr_mult=2)}), {"scale": (2, 1)}),
    ],
    ids=lambda value: ",".join(value),
)
def test_rules_of_paramwise_cfg(
    paramwise_cfg: dict[str, Any], expected: dict[str, tuple[float, float]]
) -> None:
    """Each rule changes the parameters that mmcv 1.7 says, and no other; the longest custom key counts alone."""
    assert changed(paramwise_cfg) == expected


def test_a_frozen_parameter_keeps_the_base_rates() -> None:
    """Its group is there, so that indices do not shift when it thaws."""
    model = Net()
    model.fc.bias.requires_grad_(False)

    assert rates(dict(bias_lr_mult=2), model)["fc.bias"] == (1, 1)


def test_a_shared_parameter_is_taken_once_if_asked() -> None:
    """`bypass_duplicate` warns; without it torch refuses."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    cfg = dict(type="SGD", lr=1.0, paramwise_cfg=dict(bias_lr_mult=1))

    with pytest.raises(ConfigError, match="more than one parameter group"):
        build_optimizer(model, cfg)
    cfg["paramwise_cfg"] = dict(bypass_duplicate=True)
    with pytest.warns(UserWarning, match=r"1\.weight is shared"):
        assert len(build_optimizer(model, cfg).param_groups) == 3


@pytest.mark.parametrize(
    ("cfg", "error", "message"),
    [
        (dict(type="Sgd", lr=1.0), NotRegisteredError, "did you mean SGD"),
        (dict(type="SGD", lr=1.0, momentun=0.9), ConfigError, "momentun"),
        (dict(type="SGD", lr=-1.0), ConfigError, "SGD: Invalid learning rate"),
        (
            dict(type="SGD", lr=1.0, constructor="Mine"),
            NotRegisteredError,
            "core/optimizer/__init__.py",
        ),
        (
            dict(type="SGD", lr=1.0, paramwise_cfg=dict(bias_mult=1)),
            ConfigError,
            "does not know bias_mult",
        ),
        (
            dict(type="SGD", lr=1.0, paramwise_cfg=dict(norm_decay_mult=0)),
            ConfigError,
            "nothing to multiply",
        ),
        (
            dict(
                type="SGD",
                lr=1.0,
                paramwise_cfg=dict(custom_keys={"fc": dict(decay_mult=0)}),
            ),
            ConfigError,
            "nothing to multiply",
        ),
    ],
)
def test_a_wrong_config_says_what_is_wrong(
    cfg: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Near names, unknown arguments, values that torch refuses, and rules without effect."""
    with pytest.raises(error, match=message):
        build_optimizer(Net(), cfg)


def test_every_optimizer_of_torch_has_its_name() -> None:
    """Also those that newer versions of torch bring."""
    assert {"SGD", "Adam", "AdamW", "RMSprop", "LBFGS", "Adagrad"} <= set(OPTIMIZERS)
