"""What localizers are fed with: features of whole videos, their segments, and proposals with their features or frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...argument_types import Positive
from ...errors import ConfigError, DataError
from ...localization import augmented_stages, test_ticks
from ..builder import PIPELINES, Results

EXTENSIONS = (".csv", ".npy")
MODES = ("train", "val", "test")


@PIPELINES.register_module()
class LoadLocalizationFeature:
    """Read the features of a video, `data_prefix`/`video_name` and the extension; makes `raw_feature`, (C, T) float32.

    Args:
        raw_feature_ext: ".csv": a line of names, then a line of C numbers for each of T places; ".npy": an array (T, C).
    """

    def __init__(self, raw_feature_ext: str = ".csv") -> None:
        self.raw_feature_ext = _known(raw_feature_ext, EXTENSIONS, "raw_feature_ext")

    def __call__(self, results: Results) -> Results:
        name = results["video_name"] + self.raw_feature_ext
        feature = read_table(Path(results["data_prefix"], name), "the features")
        results["raw_feature"] = feature.T
        return results


@PIPELINES.register_module()
class GenerateLocalizationLabels:
    """Make `gt_bbox`, (n, 2) float64, of the `annotations`: segments as parts of what the features cover of the video."""

    def __call__(self, results: Results) -> Results:
        covered = results["feature_frame"] / results["duration_frame"]
        seconds = float(covered) * results["duration_second"]
        segments = [annotation["segment"] for annotation in results["annotations"]]
        boxes = np.array(segments, np.float64).reshape(-1, 2) / seconds
        results["gt_bbox"] = np.clip(boxes, 0, 1)
        return results


@PIPELINES.register_module()
class LoadProposals:
    """Read the proposals of a video and their features, as BSN's second step wrote them.

    Makes `bsp_feature`, (p, C), and `tmin`, `tmax`, `tmin_score`, `tmax_score`, `reference_temporal_iou`, (p,); float32.

    Args:
        top_k: the most that are read.
        pgm_proposals_dir: the folder of the proposals.
        pgm_features_dir: the folder of their features.
        proposal_ext: ".csv".
        feature_ext: ".npy".
    """

    def __init__(
        self,
        top_k: int,
        pgm_proposals_dir: str | Path,
        pgm_features_dir: str | Path,
        proposal_ext: str = ".csv",
        feature_ext: str = ".npy",
    ) -> None:
        self.top_k = top_k
        self.pgm_proposals_dir = pgm_proposals_dir
        self.pgm_features_dir = pgm_features_dir
        self.proposal_ext = _known(proposal_ext, (".csv",), "proposal_ext")
        self.feature_ext = _known(feature_ext, (".npy",), "feature_ext")

    def __call__(self, results: Results) -> Results:
        name = results["video_name"]
        path = Path(self.pgm_proposals_dir, name + self.proposal_ext)
        proposals = read_table(path, "the proposals")[: self.top_k]
        features_path = Path(self.pgm_features_dir, name + self.feature_ext)
        features = read_table(features_path, "the proposals' features")[: self.top_k]
        if len(features) < len(proposals):
            raise DataError(
                f"there are {len(features)} features for {len(proposals)} proposals of {path}",
                str(features_path),
                "make both anew: python -m mmaction_min.bsn_proposal_generation CONFIG",
            )
        results["bsp_feature"] = features[: len(proposals)]
        (
            results["tmin"],
            results["tmax"],
            results["tmin_score"],
            results["tmax_score"],
            _,
            results["reference_temporal_iou"],
            *_,
        ) = proposals.T.copy()
        return results


@PIPELINES.register_module()
class SampleProposalFrames:
    """Choose the frames of proposals and of the stages around them, or in a test those of the whole video.

    Needs `total_frames`, `start_index` and, but for a test, `out_proposals`: P of ((name, proposal), type), as `SSNDataset` draws
    them. Makes `frame_inds`, (P * segments * clip_len,), `num_clips`, the segments of a proposal, and `num_proposals`. Where there
    are `proposal_dirs`, the folders of the proposals' videos, it makes `frame_dirs`, the folder of each frame. All draws are
    `np.random`'s, and upstream's for one state of it; what would be beyond the video begins again at its first frame.

    Args:
        clip_len: frames of a clip.
        body_segments: clips of the proposal.
        aug_segments: clips of the stages before and after it.
        aug_ratio: the lengths of these stages as parts of the proposal's; one number for both.
        frame_interval: the step from one frame of a clip to the next.
        test_interval: the step from one clip to the next in a test.
        temporal_jitter: move each frame on by less than `frame_interval`, at random.
        mode: "train": a clip is at a random place of its share of a stage; "val": in the middle of it; "test".

    Raises:
        ConfigError: arguments that make no sense.
    """

    def __init__(
        self,
        clip_len: Positive,
        body_segments: Positive,
        aug_segments: Sequence[int],
        aug_ratio: float | Sequence[float],
        frame_interval: Positive = 1,
        test_interval: Positive = 6,
        temporal_jitter: bool = False,
        mode: str = "train",
    ) -> None:
        if mode not in MODES:
            raise ConfigError(
                f"SampleProposalFrames has no mode={mode!r}",
                hint=f"one of {', '.join(MODES)}",
            )
        self.aug_ratio = ratios(aug_ratio)
        if len(aug_segments) != 2 or min(aug_segments) < 1:
            raise ConfigError(
                f"SampleProposalFrames has aug_segments={aug_segments}",
                hint="two numbers of at least 1, of before and after",
            )
        self.clip_len = clip_len
        self.segments = (aug_segments[0], body_segments, aug_segments[1])
        self.frame_interval = frame_interval
        self.test_interval = test_interval
        self.temporal_jitter = temporal_jitter
        self.mode = mode

    def __call__(self, results: Results) -> Results:
        total = results["total_frames"]
        steps = np.arange(self.clip_len) * self.frame_interval
        if self.mode == "test":
            span = self.clip_len * self.frame_interval
            starts = test_ticks(total, span, self.test_interval)
            totals: NDArray[Any] | int = total
        else:
            proposals = [proposal for (_, proposal), _ in results["out_proposals"]]
            each = sum(self.segments)
            own = "proposal_dirs" in results
            lengths = [one.num_video_frames if own else total for one in proposals]
            starts = np.concatenate(list(map(self._starts, proposals, lengths)))
            totals = np.repeat(lengths, each)[:, None]
            results["num_proposals"] = len(proposals)
            if own:
                dirs = results["proposal_dirs"]
                results["frame_dirs"] = np.repeat(dirs, each * self.clip_len).tolist()
        inds = starts[:, None] + steps  # (clips, clip_len)
        if self.temporal_jitter:
            inds += np.random.randint(self.frame_interval, size=inds.shape)
        results["frame_inds"] = (inds % totals).ravel() + results["start_index"]
        results["clip_len"] = self.clip_len
        results["frame_interval"] = self.frame_interval
        results["num_clips"] = sum(self.segments)
        return results

    def _starts(self, proposal: Any, total: int) -> NDArray[np.int64]:
        """Where the clips of a proposal start, stage by stage."""
        start, end = proposal.start_frame, proposal.end_frame
        span = self.clip_len * self.frame_interval
        around = augmented_stages(start, end, total, self.aug_ratio, span)
        lengths = (around.starting_length, end - start - span, around.ending_length)
        firsts = (around.start, start, end)
        choose = _random_places if self.mode == "train" else _middle_places
        stages = zip(firsts, lengths, self.segments, strict=True)
        return np.concatenate(
            [first + choose(length, count) for first, length, count in stages]
        )


def _random_places(length: int, count: int) -> NDArray[np.int64]:
    share = (length + 1) // count
    if share < 1:
        return np.zeros(count, np.int64)
    return np.arange(count) * share + np.random.randint(share, size=count)


def _middle_places(length: int, count: int) -> NDArray[np.int64]:
    if length < count:
        return np.zeros(count, np.int64)
    share = length / count
    return (np.arange(count) * share + share / 2).astype(np.int64)


def ratios(aug_ratio: float | Sequence[float]) -> tuple[float, float]:
    """The lengths of the stages before and after a proposal, from one number or two.

    Raises:
        ConfigError: they are no two numbers of at least 0.
    """
    given = (aug_ratio,) * 2 if isinstance(aug_ratio, int | float) else aug_ratio
    if len(given) != 2 or not all(isinstance(x, int | float) and x >= 0 for x in given):
        raise ConfigError(
            f"aug_ratio is {aug_ratio!r}", hint="one number, or two of at least 0"
        )
    return given[0], given[1]


def read_table(path: Path, what: str) -> NDArray[np.float32]:
    """A table of numbers, (rows, columns): a .csv whose first line has names, or a .npy.

    Args:
        path: the file.
        what: what it has, for messages.

    Raises:
        DataError: it is missing, no such table, or has what is no finite number.
    """
    if not path.is_file():
        raise DataError(
            f"{what} are missing",
            str(path),
            "is the folder right, and has the step run that writes it?",
        )
    try:
        if path.suffix == ".npy":
            table: NDArray[Any] = np.load(path)
        else:
            table = np.loadtxt(path, np.float32, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError, EOFError) as e:
        raise DataError(f"{what} are no table of numbers: {e}", str(path)) from e
    if table.ndim != 2 or not np.isfinite(table).all():
        raise DataError(
            f"{what} are {table.shape} with {(~np.isfinite(table)).sum()} values that are not finite, and no table of numbers",
            str(path),
        )
    return table.astype(np.float32)


def _known(extension: str, known: tuple[str, ...], argument: str) -> str:
    if extension not in known:
        raise ConfigError(
            f"there is no {argument}={extension!r}", hint=f"one of {', '.join(known)}"
        )
    return extension
