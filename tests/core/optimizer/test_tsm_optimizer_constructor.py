"""TSMOptimizerConstructor and CopyOfSGD."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from mmaction_min.core.optimizer import CopyOfSGD
from mmaction_min.errors import ConfigError
from mmaction_min.runner import build_optimizer


def model() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 1),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 4, 1),
        nn.Linear(4, 4),
        nn.Linear(4, 2),
    )


def groups(**options: Any) -> dict[str, tuple[int, float, float]]:
    """Name -> how many parameters, rate, decay; from a base rate of 1 and a decay of 1."""
    cfg = dict(
        type="SGD",
        constructor="TSMOptimizerConstructor",
        lr=1.0,
        weight_decay=1.0,
        **options,
    )
    return {
        group["name"]: (len(group["params"]), group["lr"], group["weight_decay"])
        for group in build_optimizer(model(), cfg).param_groups
    }


def test_the_seven_groups_of_tsm() -> None:
    """In upstream's order, with its rates: the last linear layer's bias has ten times the rate."""
    assert list(groups(paramwise_cfg=dict(fc_lr5=True)).items()) == [
        ("first_conv_weight", (1, 1, 1)),
        ("first_conv_bias", (1, 2, 0)),
        ("normal_weight", (2, 1, 1)),
        ("normal_bias", (2, 2, 0)),
        ("bn", (2, 1, 0)),
        ("lr5_weight", (1, 5, 1)),
        ("lr10_bias", (1, 10, 0)),
    ]


@pytest.mark.parametrize(
    "options", [dict(paramwise_cfg=dict(fc_lr5=False)), dict()], ids=str
)
def test_without_fc_lr5_the_last_layer_is_one_of_the_others(
    options: dict[str, Any],
) -> None:
    """Also without any paramwise_cfg, where upstream makes a single group."""
    got = groups(**options)

    assert (
        got["normal_weight"][0],
        got["normal_bias"][0],
        got["lr5_weight"][0],
        got["lr10_bias"][0],
    ) == (3, 3, 0, 0)


def test_a_last_layer_without_bias_takes_no_other_layers_bias() -> None:
    """Upstream gives another layer's bias the tenfold rate there."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Linear(4, 2, bias=False))
    cfg = dict(
        type="SGD",
        constructor="TSMOptimizerConstructor",
        lr=1.0,
        paramwise_cfg=dict(fc_lr5=True),
    )

    sizes = {
        group["name"]: len(group["params"])
        for group in build_optimizer(net, cfg).param_groups
    }

    assert (sizes["lr5_weight"], sizes["lr10_bias"], sizes["first_conv_bias"]) == (
        1,
        0,
        1,
    )


def test_a_frozen_norm_is_left_out() -> None:
    """partial_bn's norms are not trained."""
    net = model()
    net[1].requires_grad_(False)
    cfg = dict(type="SGD", constructor="TSMOptimizerConstructor", lr=1.0)

    assert {
        group["name"]: len(group["params"])
        for group in build_optimizer(net, cfg).param_groups
    }["bn"] == 0


class Scaled(nn.Module):
    """Has a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1)
        self.scale = nn.Parameter(torch.ones(1))


def sizes(net: nn.Module, **optimizer: Any) -> dict[str, int]:
    """Name -> how many parameters, with fc_lr5."""
    cfg = dict(
        type="SGD",
        constructor="TSMOptimizerConstructor",
        paramwise_cfg=dict(fc_lr5=True),
        lr=1.0,
    )
    groups = build_optimizer(net, {**cfg, **optimizer}).param_groups
    return {group["name"]: len(group["params"]) for group in groups}


def test_the_last_layer_may_be_a_convolution() -> None:
    """As upstream takes it: the last convolution or linear layer, but for the first convolution."""
    got = sizes(nn.Sequential(nn.Linear(2, 2), nn.Conv1d(2, 2, 1), nn.Conv1d(2, 2, 1)))

    assert (got["lr5_weight"], got["lr10_bias"], got["normal_weight"]) == (1, 1, 1)


def test_fc_lr5_needs_a_last_layer() -> None:
    """Upstream: IndexError, pop from an empty list."""
    with pytest.raises(ConfigError, match=r"(?s)no last layer.*fc_lr5=False"):
        sizes(nn.Sequential(nn.Conv2d(1, 1, 1)))


def test_norms_and_biases_have_no_decay_whatever_the_optimizers_default_is() -> None:
    """AdamW decays without being told to."""
    cfg = dict(type="AdamW", constructor="TSMOptimizerConstructor", lr=1.0)

    decays = {
        g["name"]: g["weight_decay"] for g in build_optimizer(model(), cfg).param_groups
    }

    assert (decays["normal_weight"], decays["normal_bias"], decays["bn"]) == (
        0.01,
        0,
        0,
    )


def test_a_rate_to_multiply_is_needed() -> None:
    """The default of the optimizer's class is not known here."""
    with pytest.raises(ConfigError, match=r"(?s)no rate to multiply.*an lr"):
        build_optimizer(
            model(), dict(type="Adam", constructor="TSMOptimizerConstructor")
        )


@pytest.mark.parametrize(
    ("net", "name"),
    [
        (nn.Sequential(nn.LayerNorm(2)), r"0\.weight of a LayerNorm"),
        (nn.Sequential(Scaled()), r"0\.scale of a Scaled"),
        (nn.LayerNorm(2), "for weight of a LayerNorm"),
        (
            nn.Sequential(weight_norm(nn.Linear(2, 2))),
            r"0\.bias of a ParametrizedLinear",
        ),
    ],
)
def test_a_parameter_without_a_group_is_refused_by_name(
    net: nn.Module, name: str
) -> None:
    """No parameter is left untrained in silence."""
    with pytest.raises(ConfigError, match=name):
        build_optimizer(
            net, dict(type="SGD", constructor="TSMOptimizerConstructor", lr=1.0)
        )


def test_an_unknown_key_is_refused() -> None:
    """Its one key is named."""
    with pytest.raises(ConfigError, match=r"(?s)does not know fc_lr10.*fc_lr5"):
        groups(paramwise_cfg=dict(fc_lr10=True))


def test_copy_of_sgd_is_sgd() -> None:
    """Under its own name, with SGD's update."""
    optimizer = build_optimizer(model(), dict(type="CopyOfSGD", lr=0.1, momentum=0.9))

    assert type(optimizer) is CopyOfSGD
    assert isinstance(optimizer, torch.optim.SGD)
