"""MyNeck: from feature maps to feature maps, between a backbone and a head."""

from __future__ import annotations

from torch import Tensor, nn

from ..builder import NECKS


@NECKS.register_module()
class MyNeck(nn.Module):
    """Adds to each frame's map what a convolution over the frames beside it finds.

    It starts as the identity, so that what was trained without it goes on as it was.

    Args:
        in_channels: C, the channels of the maps, which are also those of the result.
    """

    def __init__(
        self,
        in_channels: int = 512,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        # TODO: your layers go here.
        self.conv = nn.Conv3d(in_channels, in_channels, (3, 1, 1), padding=(1, 0, 0))

    def init_weights(self) -> None:
        """Start as the identity."""
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(
        self,
        x: Tensor | tuple[Tensor, ...],
        target: Tensor | None = None,
    ) -> Tensor:
        """Maps that know of the frames beside them.

        Args:
            x: (N, C, T, H, W) maps; of a backbone that gives several stages, a tuple, of which the last is taken.
            target: (N,) class numbers, for a loss of the neck's own; None in a test.

        Returns:
            (N, C, T, H, W). A neck with a loss gives `(maps, dict(loss_aux=...))`.
        """
        maps = x[-1] if isinstance(x, tuple) else x
        return maps + self.conv(maps)
