"""The second step of BSN: proposals and features with upstream's numbers, and the files of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmaction_min.errors import DataError
from mmaction_min.localization import generate_bsp_feature, generate_candidate_proposals
from mmaction_min.localization.bsn_files import write_features, write_proposals

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "localization.json").read_text()
)
SCORES = [np.float32(s).reshape(-1, 5) for s in GOLDEN["pgm"]["scores"]]
INFO = GOLDEN["metas"][0]


@pytest.mark.parametrize("video", range(3))
def test_proposals_and_features_are_upstreams(video: int) -> None:
    """How many, the first one, the sum of all; and the feature of the fifth."""
    expected = {key: values[video] for key, values in GOLDEN["pgm"].items()}

    proposals = generate_candidate_proposals(SCORES[video], GOLDEN["metas"][video], 0.5)
    features = generate_bsp_feature(SCORES[video], np.float32(proposals[:5]))

    assert len(proposals) == expected["counts"]
    assert proposals[0].tolist() == pytest.approx(expected["first"], rel=1e-4)
    assert proposals.sum(axis=0).tolist() == pytest.approx(
        expected["proposals"], rel=1e-4
    )
    assert features[-1].tolist() == pytest.approx(expected["features"], rel=1e-4)


def test_a_video_without_segments_has_proposals_that_match_nothing() -> None:
    """Upstream fails there."""
    proposals = generate_candidate_proposals(
        SCORES[0], {**INFO, "annotations": []}, 0.5
    )

    assert len(proposals)
    assert not proposals[:, 5:].any()


def folders(root: Path) -> list[Path]:
    """TEM's scores of a video, and folders for proposals and features."""
    paths = [root / name for name in ("tem", "proposals", "features")]
    for path in paths:
        path.mkdir()
    write_scores(paths[0], SCORES[0])
    return paths


def write_scores(folder: Path, scores: Any) -> None:
    """As TEM's test writes them."""
    path = folder / f"{INFO['video_name']}.csv"
    np.savetxt(path, scores, header="h", delimiter=",", comments="")


def test_files_are_written_once_until_their_source_changes(tmp_path: Path) -> None:
    """A second run finds them; newer scores of TEM make them anew, and so does another number of proposals."""
    paths = folders(tmp_path)
    options = {"peak_threshold": 0.5, "temporal_scale": len(SCORES[0])}

    def run(top_k: int = 5) -> tuple[bool, bool]:
        proposals = write_proposals(INFO, *paths[:2], options)
        return proposals, write_features(INFO, *paths, {"top_k": top_k})

    assert run() == (True, True)
    assert run() == (False, False)
    assert run(top_k=7) == (False, True)
    source = paths[0] / f"{INFO['video_name']}.csv"
    later = source.stat().st_mtime_ns + 10**12
    os.utime(source, ns=(later, later))
    assert run(top_k=7) == (True, True)
    assert np.load(paths[2] / f"{INFO['video_name']}.npy").shape == (7, 32)
    names = sorted(path.name for folder in paths for path in folder.iterdir())
    assert names == ["v_0.csv", "v_0.csv", "v_0.npy"]


def test_missing_and_wrong_scores_are_named(tmp_path: Path) -> None:
    """With the file, and what to run or to change."""
    tem, proposals, _ = folders(tmp_path)
    options = {"peak_threshold": 0.5, "temporal_scale": 7}

    with pytest.raises(
        DataError, match=r"v_0\.csv: TEM's scores are \(12, 5\), not \(7, 5\)"
    ):
        write_proposals(INFO, tem, proposals, options)
    with pytest.raises(DataError, match=r"v_x\.csv.*missing[\s\S]*mmaction_min\.test"):
        write_proposals({**INFO, "video_name": "v_x"}, tem, proposals, options)
