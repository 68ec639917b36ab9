"""NonLocal3d: the formulas of the paper, written out, and what it starts with."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mmaction_min.errors import ConfigError
from mmaction_min.models.common import NonLocal3d


def written_out(block: NonLocal3d, x: Tensor) -> Tensor:
    """The map of all pairs of positions, and the mean of the values with it."""
    g = block.g(x).flatten(2)  # (N, C', P')
    theta, phi = block.theta(x).flatten(2), block.phi(x).flatten(2)
    if block.mode == "concatenation":
        n, c, p = theta.shape
        left = theta[..., None].expand(n, c, p, phi.shape[2])
        right = phi[:, :, None].expand(n, c, p, phi.shape[2])
        pairs = block.concat_project(torch.cat([left, right], 1))[:, 0]
    else:
        pairs = torch.einsum("ncp,ncq->npq", theta, phi)
    if block.mode in ("concatenation", "dot_product"):
        pairs = pairs / phi.shape[2]
    else:
        scaled = block.mode == "embedded_gaussian" and block.use_scale
        pairs = (pairs / theta.shape[1] ** 0.5 if scaled else pairs).softmax(2)
    y = torch.einsum("npq,ncq->ncp", pairs, g)
    return x + block.conv_out(y.unflatten(2, x.shape[2:]))


@pytest.mark.parametrize("sub_sample", [False, True])
@pytest.mark.parametrize(
    "mode", ["gaussian", "embedded_gaussian", "dot_product", "concatenation"]
)
def test_it_is_the_formula_of_the_paper(mode: str, sub_sample: bool) -> None:
    """Without the map of all pairs, the result and the gradient are those with it."""
    torch.manual_seed(0)
    block = NonLocal3d(
        6, sub_sample, mode=mode, norm_cfg=dict(type="BN3d"), std=0.5, zeros_init=False
    ).eval()
    x = torch.randn(2, 6, 2, 4, 4, requires_grad=True)

    ours, theirs = block(x), written_out(block, x)

    assert torch.allclose(ours, theirs, atol=1e-5)
    gradients = [torch.autograd.grad(y.square().sum(), x)[0] for y in (ours, theirs)]
    assert torch.allclose(*gradients, atol=1e-4)


@pytest.mark.parametrize("norm_cfg", [None, dict(type="BN3d")])
def test_it_begins_as_the_identity(norm_cfg: dict[str, str] | None) -> None:
    """A trained network may get one anywhere, and is what it was."""
    x = torch.randn(1, 4, 2, 3, 3)

    assert torch.equal(NonLocal3d(4, norm_cfg=norm_cfg)(x), x)


def test_an_unknown_mode_is_refused() -> None:
    """The modes are listed."""
    with pytest.raises(ConfigError, match=r"(?s)no mode 'gauss'.*dot_product"):
        NonLocal3d(4, mode="gauss")
