"""The files of BSN's second step, video by video: what a worker process does. It needs no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .bsn_utils import (
    PROPOSAL_COLUMNS,
    generate_bsp_feature,
    generate_candidate_proposals,
)


def write_proposals(
    video_info: Mapping[str, Any],
    tem_dir: Path,
    proposals_dir: Path,
    options: Mapping[str, Any],
) -> bool:
    """Write a video's proposals, `NAME.csv`, from TEM's scores of it; False if they are there and not older than those.

    Args:
        video_info: the video's annotation, with its name.
        tem_dir: the folder of TEM's scores.
        proposals_dir: the folder for the proposals.
        options: `peak_threshold`, and `temporal_scale`, if given the number of rows that TEM's scores must have.

    Raises:
        DataError: TEM's scores are missing, or not as long.
    """
    source = tem_dir / f"{video_info['video_name']}.csv"
    target = proposals_dir / source.name
    if _is_newer(target, [source]):
        return False
    scores = read_scores(source)
    scale = options.get("temporal_scale", len(scores))
    if scores.shape != (scale, 5):
        raise DataError(
            f"TEM's scores are {scores.shape}, not {(scale, 5)}",
            str(source),
            "temporal_scale is TEM's temporal_dim",
        )
    rows = generate_candidate_proposals(scores, video_info, options["peak_threshold"])
    header = ",".join(PROPOSAL_COLUMNS)
    draft = _draft(target)
    np.savetxt(draft, rows, header=header, delimiter=",", comments="")
    draft.replace(target)
    return True


def write_features(
    video_info: Mapping[str, Any],
    tem_dir: Path,
    proposals_dir: Path,
    features_dir: Path,
    options: Mapping[str, Any],
) -> bool:
    """Write the features of a video's proposals, `NAME.npy`; False if they are there and not older than what they come from.

    Args:
        video_info: the video's annotation, with its name.
        tem_dir: the folder of TEM's scores.
        proposals_dir: the folder of the proposals.
        features_dir: the folder for the features.
        options: `top_k`, the most proposals of a video that get one, and the arguments of `generate_bsp_feature`.
    """
    name = video_info["video_name"]
    sources = [tem_dir / f"{name}.csv", proposals_dir / f"{name}.csv"]
    target = features_dir / f"{name}.npy"
    options = dict(options)
    top_k = options.pop("top_k", 1000)
    scores, proposals = (read_scores(source) for source in sources)
    proposals = proposals[:top_k]
    if _is_newer(target, sources) and len(np.load(target, mmap_mode="r")) == len(
        proposals
    ):
        return False
    draft = _draft(target)
    np.save(draft, generate_bsp_feature(scores, proposals, **options))
    draft.replace(target)
    return True


def read_scores(path: Path) -> NDArray[np.float32]:
    """A .csv whose first line has names, (rows, columns).

    Raises:
        DataError: it is missing, or no such table.
    """
    try:
        return np.loadtxt(path, np.float32, delimiter=",", skiprows=1, ndmin=2)
    except OSError as e:
        raise DataError(
            "TEM's scores, or the proposals, of the video are missing",
            str(path),
            "run python -m mmaction_min.test on TEM's config for all videos first",
        ) from e
    except ValueError as e:
        raise DataError(f"it is no table of numbers: {e}", str(path)) from e


def _is_newer(target: Path, sources: list[Path]) -> bool:
    """Whether the file is there, from these sources as they are now."""
    if not target.is_file():
        return False
    return all(
        source.is_file() and source.stat().st_mtime_ns <= target.stat().st_mtime_ns
        for source in sources
    )


def _draft(target: Path) -> Path:
    """Where a file is written before it takes its name, so that one that is there is whole."""
    return target.with_name(f".{os.getpid()}-{target.name}")
