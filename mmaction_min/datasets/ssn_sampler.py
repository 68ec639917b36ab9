"""Which proposals a sample of SSN has: some positive, some incomplete, some of the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..localization import ASSIGNER, proposals_per_video, ssn_cfg
from .ssn_proposals import SSNInstance

Infos = Sequence[Mapping[str, Any]]
"""The videos, with `gts` and `proposals`."""
Drawn = list[tuple[tuple[int, SSNInstance], int]]
"""((the video's number, proposal), kind) of each proposal of a sample."""


class Kinds(NamedTuple):
    """Proposals by what is learned from them; the place is the number of the kind in `proposal_type`."""

    positive: list[Any]
    incomplete: list[Any]
    background: list[Any]


def by_kind(
    gts: Sequence[SSNInstance],
    proposals: Sequence[SSNInstance],
    assigner: Mapping[str, float],
    add_gt_as_proposals: bool,
) -> Kinds:
    """The proposals of a video by their kind; most are of none.

    Args:
        gts: its annotated segments.
        proposals: its proposals; the positive ones get their regression's targets.
        assigner: the thresholds, as `train_cfg.ssn.assigner` has them.
        add_gt_as_proposals: the annotated segments are positive proposals too.
    """
    kinds = Kinds([], [], [])
    for one in proposals:
        if one.best_iou > assigner["positive_iou_threshold"]:
            kinds.positive.append(one)
        # Not `elif`: with thresholds that overlap, upstream has a proposal in two kinds.
        if (
            one.best_iou < assigner["incomplete_iou_threshold"]
            and one.overlap_self > assigner["incomplete_overlap_threshold"]
        ):
            kinds.incomplete.append(one)
        elif (
            one.best_iou < assigner["background_iou_threshold"]
            and one.coverage > assigner["background_coverage_threshold"]
        ):
            kinds.background.append(one)
    kinds.positive.extend(gts if add_gt_as_proposals else ())
    for one in kinds.positive if gts else ():
        one.compute_regression_targets(gts)
    return kinds


class ProposalSampler:
    """Draws the proposals of a sample; all draws are `np.random`'s, and upstream's for one state of it.

    Args:
        infos: the videos.
        train_cfg: `ssn.assigner`: the thresholds of the kinds; `ssn.sampler`: how many of each kind (see `proposals_per_video`), and
            `add_gt_as_proposals`.
        video_centric: they are of one video, as far as it has any; else of all videos.
    """

    def __init__(
        self,
        infos: Infos,
        train_cfg: Mapping[str, Any],
        video_centric: bool,
    ) -> None:
        self.infos = infos
        self.assigner = ssn_cfg(train_cfg, "assigner", ASSIGNER)
        self.video_centric = video_centric
        self.per_video = proposals_per_video(train_cfg)
        with_gts = train_cfg["ssn"]["sampler"].get("add_gt_as_proposals", True)
        self.kinds = [
            by_kind(info["gts"], info["proposals"], self.assigner, with_gts)
            for info in infos
        ]
        self.pools = Kinds(
            *(
                [(i, one) for i, each in enumerate(self.kinds) for one in each[kind]]
                for kind in range(len(Kinds._fields))
            )
        )

    def __str__(self) -> str:
        sizes = zip(map(len, self.pools), self.per_video, Kinds._fields, strict=True)
        return "proposals, and of them in a sample: " + ", ".join(
            f"{size} {kind} ({count})" for size, count, kind in sizes
        )

    def check(self, ann_file: str) -> None:
        """Refuse videos of which a sample cannot be made.

        Raises:
            DataError: a kind that is needed is not there.
        """
        sizes = zip(map(len, self.pools), self.per_video, Kinds._fields, strict=True)
        for size, count, kind in sizes:
            if count and not size:
                raise DataError(
                    f"no proposal of any video is {kind}, and a sample has {count}",
                    ann_file,
                    "look at its columns of IoU and overlap, and at train_cfg.ssn.assigner",
                )

    def draw(self, index: int) -> Drawn:
        """The proposals of a sample of a video. A kind that the video has none of is drawn from all videos."""
        drawn: Drawn = []
        for kind, count in enumerate(self.per_video):
            pool = self.pools[kind]
            if self.video_centric and self.kinds[index][kind]:
                pool = [(index, one) for one in self.kinds[index][kind]]
            numbers = np.random.choice(len(pool), count, replace=len(pool) < count)
            drawn += [(pool[number], kind) for number in numbers]
        return drawn

    def regression_constants(self) -> NDArray[np.float64]:
        """Mean and deviation (2, 2) of the targets of the positive proposals that are no annotated segments."""
        least = self.assigner["positive_iou_threshold"]
        targets = [
            one.regression_targets
            for info in self.infos
            for one in info["proposals"]
            if one.best_iou > least
        ] or [(0.0, 0.0)]
        std = np.std(targets, axis=0)
        # Of one target, or of equal ones, there is no deviation; upstream divides by 0 then.
        return np.array([np.mean(targets, axis=0), np.where(std > 0, std, 1)])
