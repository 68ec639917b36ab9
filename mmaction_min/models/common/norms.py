"""What is kept as it is in training: whole layers, or the statistics of batch norms."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def freeze(*modules: nn.Module) -> None:
    """Neither gradients nor new statistics for these modules."""
    for module in modules:
        module.eval().requires_grad_(False)


def batch_norms(module: nn.Module) -> list[_BatchNorm]:
    """The batch norms of a module, in their order; synchronised ones count."""
    return [layer for layer in module.modules() if isinstance(layer, _BatchNorm)]


def keep_norms(module: nn.Module, *, norm_eval: bool, partial_bn: bool = False) -> None:
    """Keep statistics in training: of all batch norms, or of all but the first, which keep their parameters too.

    Args:
        module: what has the norms.
        norm_eval: all of them keep their statistics.
        partial_bn: as TSN is trained: all but the first keep statistics and parameters (arXiv 1608.00859).
    """
    norms = batch_norms(module)
    for norm in norms if norm_eval else []:
        norm.eval()
    if partial_bn:
        freeze(*norms[1:])
