"""What localizers are fed with: features of whole videos, their segments, and proposals with their features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, DataError
from ..builder import PIPELINES, Results

EXTENSIONS = (".csv", ".npy")


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
