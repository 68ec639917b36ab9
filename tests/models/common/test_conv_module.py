"""ConvModule: names, what None means, and what a config may say."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import ConfigError
from mmaction_min.models.common import ConvModule, build_activation


@pytest.mark.parametrize(
    ("norm_cfg", "names"),
    [
        (None, {"conv.weight", "conv.bias"}),
        (dict(type="GN", num_groups=2), {"conv.weight", "gn.weight", "gn.bias"}),
        (dict(type="IN3d"), {"conv.weight"}),
    ],
)
def test_a_norm_has_its_short_name_and_takes_the_bias(
    norm_cfg: dict[str, Any] | None, names: set[str]
) -> None:
    """Of (N, C, T, H, W) here; without a norm the convolution has a bias."""
    module = ConvModule(
        3,
        4,
        (1, 3, 3),
        padding=(0, 1, 1),
        conv_cfg=dict(type="Conv3d"),
        norm_cfg=norm_cfg,
    )

    assert set(module.state_dict()) == names
    assert module(torch.randn(1, 3, 2, 4, 4)).shape == (1, 4, 2, 4, 4)
    assert (module.norm is None) == (norm_cfg is None)


def test_a_norm_can_be_left_untrained() -> None:
    """`requires_grad=False`, as mmcv has it."""
    module = ConvModule(3, 4, 1, norm_cfg=dict(type="BN", requires_grad=False, eps=0.1))

    assert isinstance(module.norm, nn.BatchNorm2d)
    assert module.norm.eps == 0.1
    assert not module.norm.weight.requires_grad


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (dict(conv_cfg=dict(type="Conv4d")), "(?s)no 'Conv4d'.*Conv3d"),
        (dict(norm_cfg=dict(type="BN4d")), "(?s)no 'BN4d'.*BN3d"),
        (dict(norm_cfg=dict(eps=0.1)), "norm_cfg: it has no `type`"),
        (dict(act_cfg=dict(type="Relu")), "no activation 'Relu'"),
    ],
)
def test_an_unknown_layer_is_refused(cfg: dict[str, Any], message: str) -> None:
    """With its place in the config, and what there is."""
    with pytest.raises(ConfigError, match=message):
        ConvModule(3, 4, 1, **cfg)


def test_no_activation_is_the_identity() -> None:
    """None, as in mmcv."""
    x = torch.randn(3)

    assert torch.equal(build_activation(None)(x), x)
