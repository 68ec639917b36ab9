"""Structured temporal pyramid pooling: the stages before, within and after a proposal, and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError

PART = int | Sequence[int]


def parse_stage_config(stage_cfg: PART) -> tuple[tuple[int, ...], int]:
    """The levels of a stage's pyramid, and their parts in sum: `(1, 2)` is the whole stage and its two halves, 3 parts.

    Raises:
        ConfigError: no such thing.
    """
    stage = (stage_cfg,) if isinstance(stage_cfg, int) else tuple(stage_cfg)
    if not stage or not all(isinstance(parts, int) and parts > 0 for parts in stage):
        raise ConfigError(
            f"a stage is {stage_cfg!r}",
            "cls_head.consensus.stpp_stage",
            "write (1, (1, 2), 1): the parts before, within and after a proposal",
        )
    return stage, sum(stage)


def parse_stages(stpp_stage: Sequence[PART]) -> tuple[tuple[int, ...], ...]:
    """`parse_stage_config` of the three stages.

    Raises:
        ConfigError: there are not three.
    """
    if not isinstance(stpp_stage, Sequence) or len(stpp_stage) != 3:
        raise ConfigError(
            f"these are not three stages: {stpp_stage!r}",
            "cls_head.consensus.stpp_stage",
            "write (1, (1, 2), 1): the parts before, within and after a proposal",
        )
    return tuple(parse_stage_config(stage)[0] for stage in stpp_stage)


class STPPTrain(nn.Module):
    """Structured temporal pyramid pooling of the features of sampled segments (arXiv 1704.06228, section 4.1).

    Args:
        stpp_stage: of the stages before, within and after a proposal, the levels of their pyramids, as numbers of parts.
        num_segments_list: how many segments of each stage are sampled.

    Raises:
        ConfigError: there are not three stages, or a stage has less segments than parts.
    """

    def __init__(
        self,
        stpp_stage: Sequence[PART] = (1, (1, 2), 1),
        num_segments_list: Sequence[int] = (2, 5, 2),
    ) -> None:
        super().__init__()
        self.stpp_stages = parse_stages(stpp_stage)
        self.num_multipliers = sum(map(sum, self.stpp_stages))
        if not isinstance(num_segments_list, Sequence) or len(num_segments_list) != 3:
            raise ConfigError(
                f"these are not three numbers: {num_segments_list!r}",
                "cls_head.consensus.num_segments_list",
                "write (2, 5, 2): the segments before, within and after a proposal",
            )
        self.num_segments_list = list(num_segments_list)
        for stage, count in zip(self.stpp_stages, self.num_segments_list, strict=True):
            if max(stage) > count:
                raise ConfigError(
                    f"{count} segments cannot be {max(stage)} parts",
                    "cls_head.consensus.num_segments_list",
                )

    def forward(self, x: Tensor, scale_factors: Tensor) -> tuple[Tensor, Tensor]:
        """Pooled features.

        Args:
            x: (P * S, C): the S segments of P proposals one after the other.
            scale_factors: as many as P, times 2: how much of the stages before and after is in the video.

        Returns:
            (P, C) of the proposals alone, and (P, num_multipliers * C) of the pyramid.

        Raises:
            ConfigError: the proposals have another number of segments.
        """
        segments, proposals = sum(self.num_segments_list), scale_factors.numel() // 2
        if len(x) != segments * proposals:
            raise ConfigError(
                f"{proposals} proposals have {len(x)} segments, and not {segments} each",
                "model.cls_head.consensus.num_segments_list",
                "it is aug_segments[0], body_segments and aug_segments[1] of SampleProposalFrames",
            )
        x = x.view(proposals, segments, x.shape[-1])  # (P, S, C)
        before, after = scale_factors.view(-1, 2, 1).to(x.dtype).unbind(1)
        scales = (before, torch.ones_like(before), after)
        parts = []
        stages = torch.split(x, self.num_segments_list, dim=1)
        for features, stage, scale in zip(
            stages, self.stpp_stages, scales, strict=True
        ):
            length = features.shape[1]
            for count in stage:
                ticks = [i * length // count for i in range(count + 1)]
                parts += [
                    features[:, start:end].mean(dim=1) / sum(stage) * scale
                    for start, end in pairwise(ticks)
                ]
        return stages[1].mean(dim=1), torch.cat(parts, dim=1)


class STPPTest(nn.Module):
    """The same pooling of scores: of every tick of a video once, for any number of proposals.

    The layers after the pooling are linear, so that they may come before it. All proposals are pooled at once, from running sums.
    Where a stage begins and a part ends is computed in whole numbers (upstream's fractions may lose the last tick of a stage of
    three parts or more).

    Args:
        num_classes: K.
        use_regression: there are scores of the boundaries too.
        stpp_stage: as in `STPPTrain`.
        upstream_compat: add the scores of a stage's parts, as upstream does, although the training averages them. Of one part a
            stage, as in upstream's configs, the scores are the same.
    """

    def __init__(
        self,
        num_classes: int,
        use_regression: bool = True,
        stpp_stage: Sequence[PART] = (1, (1, 2), 1),
        upstream_compat: bool = False,
    ) -> None:
        super().__init__()
        self.stpp_stage = parse_stages(stpp_stage)
        self.num_multipliers = sum(map(sum, self.stpp_stage))
        self.upstream_compat = upstream_compat
        # The bias of a layer is that of the sum of so many scores of a tick.
        self.bias_parts = (
            self.num_multipliers if upstream_compat else len(self.stpp_stage)
        )
        self.use_regression = use_regression
        self.widths = (num_classes + 1, num_classes, 2 * num_classes * use_regression)
        multipliers = (1, self.num_multipliers, self.num_multipliers)
        self.sizes = [w * m for w, m in zip(self.widths, multipliers, strict=True)]
        self.feat_dim = sum(self.sizes)

    def forward(
        self, x: Tensor, proposal_ticks: Tensor, scale_factors: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Pooled scores.

        Args:
            x: (T, feat_dim) scores of T ticks: of the activity, and of the completeness and the regression for each part of the
                pyramid.
            proposal_ticks: (P, 4): where the stage before a proposal, the proposal, the stage after it begin, and where that ends.
            scale_factors: (P, 2).

        Returns:
            (P, K + 1) of the activity; (P, K) of the completeness; (P, 2 * K) of the regression, or None.
        """
        ticks = proposal_ticks.long().T  # (4, P)
        # In float64, for the sums of a long video are large and their differences small.
        sums = F.pad(x.double().cumsum(dim=0), (0, 0, 1, 0))  # (T + 1, feat_dim)
        activity, complete, regression = torch.split(sums, self.sizes, dim=1)
        start = ticks[1].clamp(max=len(x) - 1)
        course = _mean(activity, start, torch.maximum(start + 1, ticks[2]))
        # For each part where it begins and ends and how much it counts, all (P, num_multipliers).
        left, right, weight = self._parts(ticks, scale_factors, len(x))
        scores = []
        for raw, width in ((complete, self.widths[1]), (regression, self.widths[2])):
            parts = raw.view(len(raw), self.num_multipliers, width)
            means = [
                weight[:, i, None] * _mean(parts[:, i], left[:, i], right[:, i])
                for i in range(self.num_multipliers)
            ]
            scores.append(torch.stack(means).sum(dim=0).to(x.dtype))
        regressed = scores[1] if self.use_regression else None
        return course.to(x.dtype), scores[0], regressed

    def _parts(
        self, ticks: Tensor, scale_factors: Tensor, num_ticks: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        lefts, rights, weights = [], [], []
        before, after = scale_factors.double().T
        scales = (before, torch.ones_like(before), after)
        for i, (stage, scale) in enumerate(zip(self.stpp_stage, scales, strict=True)):
            start, end = ticks[i], torch.maximum(ticks[i] + 1, ticks[i + 1])
            share = 1 if self.upstream_compat else sum(stage)
            for count in stage:
                for part in range(count):
                    left = start + part * (end - start) // count
                    right = start + (part + 1) * (end - start) // count
                    # A part of less than a tick, or beyond the video, says nothing.
                    counts = (left < right) & (start < num_ticks)
                    lefts.append(left)
                    rights.append(right)
                    weights.append(scale * counts / share)
        stacked = (torch.stack(each, dim=1) for each in (lefts, rights, weights))
        left, right, weight = stacked
        return left, right, weight


def _mean(sums: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """(P, C) means of rows `left` to `right`, from (T + 1, C) running sums; a range without rows gives 0."""
    last = len(sums) - 1
    left, right = left.clamp(0, last), right.clamp(0, last)
    return (sums[right] - sums[left]) / (right - left).clamp(min=1)[:, None]
