"""ResNet3dSlowOnly: a ResNet3d that sees motion in its last stages alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import BACKBONES
from .resnet3d import ResNet3d


@BACKBONES.register_module()
class ResNet3dSlowOnly(ResNet3d):
    """SlowFast's slow pathway alone (arXiv 1812.03982; mmaction/models/backbones/resnet3d_slowonly.py).

    No pooling in time, and three frames are seen in the last two stages only.

    Args:
        depth: 18, 34, 50, 101 or 152.
        pretrained: see `ResNet3d`.
        lateral: False; the connections from the fast pathway are another network's.
        conv1_kernel: see `ResNet3d`, as the others.
        conv1_stride_t: see above.
        pool1_stride_t: see above.
        inflate: see above.
        with_pool2: see above.
        **kwargs: of `ResNet3d`.

    Raises:
        ConfigError: `lateral` is asked for.
    """

    def __init__(
        self,
        depth: int,
        pretrained: str | None = None,
        lateral: bool = False,
        conv1_kernel: Sequence[int] = (1, 7, 7),
        conv1_stride_t: Positive = 1,
        pool1_stride_t: Positive = 1,
        inflate: int | Sequence[int | Sequence[int]] = (0, 0, 1, 1),
        with_pool2: bool = False,
        **kwargs: Any,
    ) -> None:
        if lateral:
            raise ConfigError(
                "SlowOnly has no fast pathway to be connected with",
                "backbone.lateral",
                "lateral=False",
            )
        super().__init__(
            depth,
            pretrained,
            conv1_kernel=conv1_kernel,
            conv1_stride_t=conv1_stride_t,
            pool1_stride_t=pool1_stride_t,
            inflate=inflate,
            with_pool2=with_pool2,
            **kwargs,
        )
