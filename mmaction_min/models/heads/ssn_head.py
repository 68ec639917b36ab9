"""SSNHead: the class of a proposal, its completeness and its boundaries, from a pyramid of pooled features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import HEADS
from .base import init_classifier
from .stpp import STPPTest, STPPTrain

CONSENSUS = {"STPPTrain": STPPTrain, "STPPTest": STPPTest}


@HEADS.register_module()
class SSNHead(nn.Module):
    """The head of SSN (mmaction/models/heads/ssn_head.py), with upstream's parameter names.

    Args:
        dropout_ratio: the part of the pooled features that is dropped in training.
        in_channels: C.
        num_classes: K.
        consensus: `dict(type='STPPTrain', stpp_stage=(1, 1, 1), num_segments_list=(2, 5, 2))`, which tests too, or
            `dict(type='STPPTest', stpp_stage=(1, 1, 1))`, which only tests. (Upstream's default names arguments that are not there.)
        use_regression: give the boundaries too.
        init_std: standard deviation of the start values.

    Raises:
        ConfigError: another `consensus`.
    """

    def __init__(
        self,
        dropout_ratio: float = 0.8,
        in_channels: Positive = 1024,
        num_classes: Positive = 20,
        consensus: Mapping[str, Any] | None = None,
        use_regression: bool = True,
        init_std: float = 0.001,
    ) -> None:
        super().__init__()
        cfg = dict(consensus or {"type": "STPPTrain", "stpp_stage": (1, 1, 1)})
        kind = cfg.pop("type", None)
        if kind not in CONSENSUS:
            raise ConfigError(
                f"there is no {kind!r}",
                "cls_head.consensus.type",
                f"one of {', '.join(CONSENSUS)}",
            )
        stages = {name: cfg[name] for name in ("stpp_stage",) if name in cfg}
        self.consensus_test = STPPTest(
            num_classes, use_regression, **(cfg if kind == "STPPTest" else stages)
        )
        self.consensus = (
            STPPTrain(**cfg) if kind == "STPPTrain" else self.consensus_test
        )
        self.num_classes = num_classes
        self.use_regression = use_regression
        self.init_std = init_std
        self.dropout = nn.Dropout(dropout_ratio)
        wide = self.consensus_test.num_multipliers * in_channels
        self.activity_fc = nn.Linear(in_channels, num_classes + 1)
        self.completeness_fc = nn.Linear(wide, num_classes)
        if use_regression:
            self.regressor_fc = nn.Linear(wide, 2 * num_classes)

    def init_weights(self) -> None:
        """Give the layers their start values."""
        for layer in self._layers():
            init_classifier(layer, self.init_std)

    def forward(self, x: Sequence[Tensor], test_mode: bool = False) -> Any:
        """Scores of P proposals.

        Args:
            x: in training (P * S, C) features and (P, 2) scale factors, as `STPPTrain` takes them; in a test (T, C) features of a
                video's ticks, (P, 4) ticks of its proposals, and (P, 2) scale factors.
            test_mode: which of the two.

        Returns:
            (P, K + 1) scores of the activity, (P, K) of the completeness, (P, K, 2) of the boundaries or None; in a test before
            them (T, feat_dim) scores of the ticks, and the boundaries as (P, 2 * K).

        Raises:
            ConfigError: a training with `STPPTest`.
        """
        if test_mode:
            features, ticks, scale_factors = x
            scores = F.linear(features, *self._test_fc())
            return scores, *self.consensus_test(scores, ticks, scale_factors)
        if not isinstance(self.consensus, STPPTrain):
            raise ConfigError(
                "STPPTest does not train",
                "cls_head.consensus.type",
                "dict(type='STPPTrain', ...), which tests too",
            )
        features, scale_factors = x
        course, pyramid = map(self.dropout, self.consensus(features, scale_factors))
        boundaries = None
        if self.use_regression:
            boundaries = self.regressor_fc(pyramid).view(-1, self.num_classes, 2)
        return self.activity_fc(course), self.completeness_fc(pyramid), boundaries

    def _layers(self) -> list[nn.Linear]:
        pyramid = [self.completeness_fc]
        if self.use_regression:
            pyramid.append(self.regressor_fc)
        return [self.activity_fc, *pyramid]

    def _test_fc(self) -> tuple[Tensor, Tensor]:
        """All layers as one of single ticks: the weights of each part of the pyramid as channels of their own.

        Upstream keeps it from its first test on, and then tests old weights after a training step.
        """
        activity, *layers = self._layers()
        multipliers = self.consensus_test.num_multipliers
        weights: list[Tensor] = [activity.weight]
        biases: list[Tensor] = [activity.bias]
        for layer in layers:
            by_part = layer.weight.view(layer.out_features, multipliers, -1).transpose(
                0, 1
            )
            weights.append(by_part.flatten(0, 1))
            biases.append(
                layer.bias.repeat(multipliers) / self.consensus_test.bias_parts
            )
        return torch.cat(weights), torch.cat(biases)
