"""`python -m mmaction_min.bsn_proposal_generation`: all videos of a split, from TEM's files to PEM's, and the mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmaction_min.bsn_proposal_generation import main

CONFIG = """
ann_file_train = "{root}/train.json"
ann_file_val = "{root}/val.json"
tem_results_dir = "{root}/tem"
pgm_proposals_dir = "{root}/proposals"
pgm_features_dir = "{root}/features"
pgm_proposals_cfg = dict( temporal_scale=8, peak_threshold=0.5)
pgm_features_train_cfg = dict(pgm_features_thread=1, top_k=3)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config with TEM's scores of two videos of training."""
    (tmp_path / "tem").mkdir()
    entry = {
        "duration_second": 8.0,
        "duration_frame": 80,
        "feature_frame": 80,
        "annotations": [{"segment": [1.0, 4.0]}],
    }
    (tmp_path / "train.json").write_text(json.dumps({"v_a": entry, "v_b": entry}))
    times = np.arange(8) / 8
    for name in ("v_a", "v_b"):
        scores = np.column_stack([*np.eye(3, 8), times, times + 1 / 8])
        path = tmp_path / "tem" / f"{name}.csv"
        np.savetxt(path, scores, header="h", delimiter=",", comments="")
    path = tmp_path / "pgm.py"
    path.write_text(CONFIG.format(root=tmp_path))
    return path


def test_all_videos_of_a_split_are_done_once(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By several processes if they are asked for; a second run has nothing to do."""
    many = ["--cfg-options", "pgm_proposals_cfg.pgm_proposals_thread=2"]
    assert main([str(config), "--mode", "train", *many]) == 0
    assert main([str(config), "--mode", "train"]) == 0

    out = capsys.readouterr().out.splitlines()
    assert out == [
        "proposals: 2 written, 0 were there",
        "features: 2 written, 0 were there",
        "proposals: 0 written, 2 were there",
        "features: 0 written, 2 were there",
    ]
    assert np.load(config.parent / "features" / "v_b.npy").shape == (3, 32)


def test_mistakes_are_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A split that the config does not describe; a video that TEM was not run on."""
    assert main([str(config), "--mode", "test"]) == 1
    assert "has no `pgm_features_test_cfg`" in capsys.readouterr().err
    (config.parent / "tem" / "v_b.csv").unlink()
    assert main([str(config), "--mode", "train"]) == 1
    assert "v_b.csv: TEM's scores" in capsys.readouterr().err
