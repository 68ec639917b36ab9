"""BNInception: sizes of the paper's table, the names of its port, and what is frozen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from mmaction_min.models import BNInception
from mmaction_min.models.backbones.bn_inception import BLOCKS


def test_the_maps_have_the_sizes_of_the_papers_table() -> None:
    """Of 64 x 64 frames; table 1 of arXiv 1502.03167 has the channels, and stride 2 in 3c and 4e."""
    model = BNInception().eval()
    with torch.no_grad():
        x = torch.randn(1, 192, 8, 8)
        sizes = {}
        for name in BLOCKS:
            x = model._block(x, name)
            sizes[name] = tuple(x.shape[1:])
        assert model(torch.randn(1, 3, 64, 64)).shape == (1, 1024, 2, 2)

    assert sizes == {
        "3a": (256, 8, 8),
        "3b": (320, 8, 8),
        "3c": (576, 4, 4),
        "4a": (576, 4, 4),
        "4b": (576, 4, 4),
        "4c": (608, 4, 4),
        "4d": (608, 4, 4),
        "4e": (1056, 2, 2),
        "5a": (1024, 2, 2),
        "5b": (1024, 2, 2),
    }


def test_parameters_have_the_names_of_the_port() -> None:
    """As tsn-pytorch and Cadene have them: a convolution with a bias, and its norm beside it."""
    with torch.device("meta"):
        model = BNInception()
    names = set(model.state_dict())

    assert len(names) == 69 * 7
    assert sum(x.numel() for x in model.parameters()) == 10_270_240
    assert {
        "conv1_7x7_s2.bias",
        "conv1_7x7_s2_bn.running_mean",
        "conv2_3x3_reduce.weight",
        "inception_3a_double_3x3_reduce.weight",
        "inception_3c_double_3x3_2_bn.weight",
        "inception_5b_pool_proj_bn.num_batches_tracked",
    } <= names
    assert not any(
        name.startswith(("inception_3c_1x1", "inception_4e_pool")) for name in names
    )


def test_it_starts_from_the_file_of_the_port(tmp_path: Path) -> None:
    """An old one too: norms as (1, C), no counters, and a classifier that nobody wants."""
    weights = {
        name: x[None] if "_bn." in name else x
        for name, x in BNInception().state_dict().items()
        if "tracked" not in name
    }
    torch.save({**weights, "last_linear.weight": torch.zeros(2, 2)}, tmp_path / "w.pth")
    model = BNInception(pretrained=str(tmp_path / "w.pth"))

    model.init_weights()

    assert torch.equal(model.inception_4e_3x3.weight, weights["inception_4e_3x3.weight"])  # type: ignore[arg-type]


@pytest.mark.parametrize(("frozen", "trained"), [(-1, 69), (0, 66), (1, 47), (3, 0)])
def test_groups_of_blocks_can_be_frozen(frozen: int, trained: int) -> None:
    """The stem, and then the groups 3, 4 and 5."""
    with torch.device("meta"):
        model = BNInception(frozen_stages=frozen).train()

    convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert sum(conv.weight.requires_grad for conv in convs) == trained


def test_all_norms_but_the_first_can_be_kept() -> None:
    """`partial_bn`, as TSN is trained."""
    with torch.device("meta"):
        model = BNInception(partial_bn=True).train()

    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert [norm.training for norm in norms] == [True] + [False] * 68
