"""NonLocal3d: every position sees all others, under mmcv's names (mmcv/cnn/bricks/non_local.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError
from .conv_module import ConvModule

CONV3D: Mapping[str, Any] = {"type": "Conv3d"}
MODES = ("gaussian", "embedded_gaussian", "dot_product", "concatenation")


class NonLocal3d(nn.Module):
    """Non-local block on clips (arXiv 1711.07971).

    No mode makes mmcv's map of all pairs of positions where it can be avoided: the softmax of the two gaussian ones is
    torch's `scaled_dot_product_attention`, and the dot product is associated the other way round.

    Args:
        in_channels: C.
        sub_sample: keys and values are max-pooled over (1, 2, 2).
        reduction: the block is C / reduction wide.
        use_scale: 'embedded_gaussian' divides by the root of that width.
        conv_cfg: of the convolutions.
        norm_cfg: of a norm after the last convolution.
        mode: 'gaussian', 'embedded_gaussian', 'dot_product' or 'concatenation'.
        std: standard deviation of the start values.
        zeros_init: the last layer starts at 0, so that the block begins as the identity.

    Raises:
        ConfigError: there is no such mode.
    """

    def __init__(
        self,
        in_channels: int,
        sub_sample: bool = False,
        reduction: int = 2,
        use_scale: bool = True,
        conv_cfg: Mapping[str, Any] | None = CONV3D,
        norm_cfg: Mapping[str, Any] | None = None,
        mode: str = "embedded_gaussian",
        std: float = 0.01,
        zeros_init: bool = True,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ConfigError(
                f"there is no mode {mode!r}",
                "non_local_cfg.mode",
                f"one of {', '.join(MODES)}",
            )
        self.mode, self.use_scale, self.std, self.zeros_init = (
            mode,
            use_scale,
            std,
            zeros_init,
        )
        width = max(in_channels // reduction, 1)

        def project() -> ConvModule:
            return ConvModule(in_channels, width, 1, conv_cfg=conv_cfg, act_cfg=None)

        self.g: nn.Module = project()
        self.conv_out = ConvModule(
            width, in_channels, 1, conv_cfg=conv_cfg, norm_cfg=norm_cfg, act_cfg=None
        )
        self.theta: nn.Module = nn.Identity()
        self.phi: nn.Module = nn.Identity()
        if mode != "gaussian":
            self.theta, self.phi = project(), project()
        if mode == "concatenation":
            self.concat_project = ConvModule(2 * width, 1, 1, bias=False)
        if sub_sample:
            pool = nn.MaxPool3d((1, 2, 2))
            self.g = nn.Sequential(self.g, pool)
            self.phi = nn.Sequential(self.phi, pool) if mode != "gaussian" else pool
        self.init_weights()

    def init_weights(self) -> None:
        """Normal start values; the last layer is 0 with `zeros_init`."""
        for module in [*self.g.modules(), *self.theta.modules(), *self.phi.modules()]:
            if isinstance(module, nn.Conv3d):
                nn.init.normal_(module.weight, std=self.std)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        last: Any = self.conv_out.norm or self.conv_out.conv
        if self.zeros_init:
            nn.init.zeros_(last.weight)
        else:
            nn.init.normal_(last.weight, std=self.std)
        nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) -> the same shape."""
        g = self.g(x).flatten(2).transpose(1, 2)  # (N, P', C'), P' = T x H' x W'
        theta = self.theta(x).flatten(2).transpose(1, 2)  # (N, P, C')
        phi = self.phi(x).flatten(2).transpose(1, 2)  # (N, P', C')
        y = self._mix(theta, phi, g)  # (N, P, C')
        y = y.transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:])
        x = x + self.conv_out(y)
        return x

    def _mix(self, theta: Tensor, phi: Tensor, g: Tensor) -> Tensor:
        """The weighted mean of the values `g` for each query of `theta`."""
        if self.mode == "dot_product":
            return theta @ (phi.transpose(1, 2) @ g) / phi.shape[1]
        if self.mode == "concatenation":
            # relu(w . [theta, phi]): the two halves of w apart give the same without the pairs' channels
            weight: Tensor = self.concat_project.conv.weight.flatten()  # type: ignore[operator]
            left, right = weight.chunk(2)  # (C'), (C')
            pairs = (theta @ left)[:, :, None] + (phi @ right)[:, None]  # (N, P, P')
            return pairs.relu() @ g / phi.shape[1]
        scaled = self.mode == "embedded_gaussian" and self.use_scale
        scale = theta.shape[-1] ** -0.5 if scaled else 1.0
        return F.scaled_dot_product_attention(theta, phi, g, scale=scale)
