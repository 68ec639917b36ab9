"""Start values of networks of convolutions."""

from __future__ import annotations

from torch import nn

from .non_local import NonLocal3d
from .norms import batch_norms


def init_network(module: nn.Module) -> None:
    """Kaiming's start values for convolutions (arXiv 1502.01852), 1 and 0 for batch norms, their own for non-local blocks.

    Upstream gives non-local blocks those of all others, so that they do not begin as the identity.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for norm in batch_norms(module):
        if norm.affine:
            nn.init.ones_(norm.weight)
            nn.init.zeros_(norm.bias)
    for layer in module.modules():
        if isinstance(layer, NonLocal3d):
            layer.init_weights()
