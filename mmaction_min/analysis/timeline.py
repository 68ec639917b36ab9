"""A picture of what a localizer finds: segments and proposals of a few videos on their time lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core.evaluation import pairwise_temporal_iou
from .drawing import COLOURS, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VIDEOS = 6
PROPOSALS = 5
FAINT = 0.35
"""How opaque proposals are: the numbers on them can be read."""


def draw_timeline(
    video_infos: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    videos: int = VIDEOS,
    proposals: int = PROPOSALS,
    unit: str = "seconds",
) -> Figure:
    """The annotated segments of the first videos, and below them the best proposals, the best one on top.

    Args:
        video_infos: of each `video_name`, `duration`, and `annotations` with a `segment` each.
        results: what a localizer says of each of these videos, in their order: a `proposal_list` of `segment` and `score`.
        videos: how many are drawn.
        proposals: how many of each video.
        unit: of the times.
    """
    from matplotlib.patches import Patch

    pairs = list(zip(video_infos, results, strict=True))[:videos]
    figure = new_figure(7, 0.9 + 1.1 * len(pairs))
    grid = figure.subplots(len(pairs), 1, squeeze=False)[:, 0]
    for axes, (info, result) in zip(grid, pairs, strict=True):
        found = sorted(result["proposal_list"], key=lambda each: -each["score"])
        _draw_video(axes, info, found[:proposals])
    grid[-1].set_xlabel(unit)
    figure.legend(
        handles=[
            Patch(color=COLOURS[2], label="annotated"),
            Patch(color=COLOURS[0], alpha=FAINT, label="proposals"),
        ],
        loc="outside lower center",
        ncols=2,
        frameon=False,
    )
    figure.suptitle("Ground truth, and the best proposals with their IoU", fontsize=10)
    return figure


def _draw_video(
    axes: Axes, info: Mapping[str, Any], found: Sequence[Mapping[str, Any]]
) -> None:
    plain(axes, "", "")
    truth = [each["segment"] for each in info["annotations"]]
    bars = [(start, end - start) for start, end in truth]
    axes.broken_barh(bars, (0.1, 0.8), color=COLOURS[2])
    for row, proposal in enumerate(found, 1):
        start, end = proposal["segment"]
        iou = pairwise_temporal_iou([[start, end]], truth).max(initial=0)
        axes.broken_barh(
            [(start, end - start)], (row + 0.1, 0.8), color=COLOURS[0], alpha=FAINT
        )
        axes.text(
            (start + end) / 2, row + 0.5, f"{iou:.2f}", ha="center", va="center", size=7
        )
    axes.set(xlim=(0, info["duration"]), ylim=(len(found) + 1, 0), yticks=[])
    axes.set_title(info["video_name"], fontsize=8, loc="left")
