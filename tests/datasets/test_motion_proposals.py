"""MotionProposals: frames and windows of videos in which something moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mmaction_min.config import Config
from mmaction_min.datasets import MotionProposals, build_dataset
from mmaction_min.datasets.motion_proposals import windows
from mmaction_min.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "configs" / "ssn_motion.py"


def test_windows_are_lines_of_a_proposal_file() -> None:
    """Class, best IoU, the part within a segment, start, end: one of the segment's length, and one beside it."""
    rows = windows(40, np.array([[3, 15], [24, 38]]))

    assert "1 1.0000 1.0000 3 15" in rows
    assert "1 0.0000 0.0000 15 24" not in rows
    assert "1 0.2381 0.4167 21 33" not in rows
    assert "1 0.5294 0.7500 21 33" in rows
    assert len(rows) == len(set(rows))


def test_samples_of_the_config_have_pairs_of_frames(tmp_path: Path) -> None:
    """In training 8 proposals of 8 segments; in a test the whole video with all windows. They are written once."""
    cfg = Config.fromfile(CONFIG).data
    small = dict(root=tmp_path, num_videos=2, size=16)

    dataset = build_dataset({**cfg.train, **small})
    sample = dataset[0]
    test = build_dataset({**cfg.test, **small, "split": "train"}, {"test_mode": True})
    whole = test[1]

    assert sample["imgs"].shape == (8, 16, 3, 32, 32)
    assert sample["proposal_type"].tolist() == [0, 0, 1, 1, 1, 1, 2, 2]
    assert {len(info["gts"]) for info in dataset.video_infos} <= {1, 2}
    ticks = test.video_infos[1]["total_frames"] - 2
    assert whole["imgs"].shape == (2 * ticks, 3, 32, 32)
    assert len(whole["proposal_tick_list"]) > 50
    assert len(list(tmp_path.iterdir())) == 1


def test_what_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """Another split, an odd size."""
    for changes in (dict(split="test"), dict(size=20)):
        with pytest.raises(ConfigError, match="MotionProposals"):
            MotionProposals([], {}, {}, root=tmp_path, **changes)
