"""MyNet: from frames to feature maps."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from ..builder import BACKBONES
from .pretrained import load_pretrained


@BACKBONES.register_module()
class MyNet(nn.Module):
    """A plain convolutional network: four stages, each of which halves height and width.

    Args:
        in_channels: C, the channels of the frames.
        out_channels: C', the channels of the feature maps.
    """

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 256,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        # TODO: your network goes here.
        inner = (max(1, out_channels // n) for n in (8, 4, 2))
        widths = (in_channels, *inner, out_channels)
        self.stages = nn.Sequential(*(_stage(*pair) for pair in pairwise(widths)))

    def init_weights(self, pretrained: str | None = None) -> None:
        """Kaiming's start values (arXiv 1502.01852), or those of a checkpoint.

        Args:
            pretrained: the checkpoint's path; None for random values.
        """
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if pretrained is not None:
            load_pretrained(self, pretrained)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps.

        Args:
            x: (N, C, H, W) frames.

        Returns:
            (N, C', H / 16, W / 16); a height or width that 16 does not divide is rounded up.
        """
        x = self.stages(x)
        return x


def _stage(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )
