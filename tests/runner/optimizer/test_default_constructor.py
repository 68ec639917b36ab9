"""From a config to param groups: DefaultOptimizerConstructor and build_optimizer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import ConfigError, NotRegisteredError
from mmaction_min.runner import DefaultOptimizerConstructor, build_optimizer


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
    with pytest.warns(UserWarning, match="1 is duplicate. It is skipped"):
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
            dict(type="SGD", lr=1.0, paramwise_cfg=dict(bias_lr_mul=1)),
            ConfigError,
            "did you mean bias_lr_mult",
        ),
        (
            dict(type="Adam", paramwise_cfg=dict(bias_lr_mult=2)),
            ConfigError,
            "(?s)bias_lr_mult has nothing to multiply.*an lr",
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


class DeformConv2dPack(nn.Conv2d):
    """Stands for mmcv's: the offsets come from a convolution within."""

    def __init__(self) -> None:
        super().__init__(2, 2, 1)
        self.conv_offset = nn.Conv2d(2, 4, 1)


DeformConv2d = type("DeformConv2d", (DeformConv2dPack,), {})


def test_the_offsets_of_a_deformable_convolution_have_a_rate_of_their_own() -> None:
    """Weight and bias of `conv_offset`; the rules for biases do not touch them, and those of the layer itself are as always."""
    cfg = dict(bias_lr_mult=2, bias_decay_mult=0, dcn_offset_lr_mult=0.1)

    optimizer = build_optimizer(
        nn.Sequential(DeformConv2d()),
        dict(type="SGD", lr=1.0, weight_decay=1.0, paramwise_cfg=cfg),
    )

    rates = [(group["lr"], group["weight_decay"]) for group in optimizer.param_groups]
    assert rates == [(1, 1), (2, 0), (0.1, 1), (0.1, 1)]


def test_a_shared_module_is_met_at_each_of_its_places() -> None:
    """As upstream walks: torch refuses the second time, and `bypass_duplicate` names the place."""
    shared = nn.Sequential(nn.Linear(2, 2))
    model = nn.ModuleDict({"a": shared, "b": nn.Sequential(shared[0])})
    cfg = dict(type="SGD", lr=1.0, paramwise_cfg=dict(bypass_duplicate=True))

    with pytest.warns(UserWarning) as caught:
        groups = build_optimizer(model, cfg).param_groups

    assert len(groups) == 2
    assert {str(warning.message) for warning in caught} == {
        "b.0 is duplicate. It is skipped since bypass_duplicate=True"
    }


@pytest.mark.parametrize(
    ("optimizer_cfg", "paramwise_cfg", "message"),
    [
        ([], None, "optimizer_cfg is a dict"),
        (dict(lr=1), ["bias"], "paramwise_cfg is a dict"),
        (dict(lr=1), dict(custom_keys=[0.1]), r"custom_keys is a dict, not \[0.1\]"),
        (dict(lr=1), dict(custom_keys=dict(fc=0.1)), r"custom_keys\['fc'\] is a dict"),
    ],
)
def test_what_is_no_dict_is_a_type_error(
    optimizer_cfg: Any, paramwise_cfg: Any, message: str
) -> None:
    """As in mmcv, and a ConfigError."""
    with pytest.raises(TypeError, match=message) as caught:
        DefaultOptimizerConstructor(optimizer_cfg, paramwise_cfg)
    assert isinstance(caught.value, ConfigError)
