"""UntrimmedMotion: the videos move where the annotation says so, and are the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmaction_min import untrimmed_motion
from mmaction_min.datasets.motion_clips import FRAME_RATE
from mmaction_min.datasets.untrimmed_clips import UntrimmedRecipe, draw_video
from mmaction_min.errors import ConfigError
from mmaction_min.untrimmed_motion import UntrimmedMotion

TINY = UntrimmedRecipe("train", 2, 32, 0)
LOAD = [dict(type="LoadLocalizationFeature", raw_feature_ext=".npy")]


def test_frames_change_more_where_something_moves() -> None:
    """In each of some videos, by the mean difference of neighbours; a cut between two still parts is in no segment."""
    for number in range(6):
        frames, annotations = draw_video(TINY, number)
        steps = np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=(1, 2))
        moving = np.zeros(len(steps), bool)
        for annotation in annotations:
            start, end = (round(x * FRAME_RATE) for x in annotation["segment"])
            moving[start : end - 1] = True

        assert 1 <= len(annotations) <= 2
        assert np.median(steps[moving]) > np.median(steps[~moving])
        assert 72 <= len(frames) <= 108


def test_a_video_is_the_same_for_any_number_of_them() -> None:
    """And another in the other split, or with another seed."""
    first = draw_video(TINY, 1)[0]
    recipes = [
        UntrimmedRecipe("train", 9, 32, 0),
        UntrimmedRecipe("val", 2, 32, 0),
        UntrimmedRecipe("train", 2, 32, 1),
    ]

    same = [np.array_equal(draw_video(recipe, 1)[0], first) for recipe in recipes]

    assert same == [True, False, False]


def test_videos_and_features_are_written_once(tmp_path: Path) -> None:
    """At first use; (512, temporal_dim) finite features of every video, the same in a second folder."""
    samples = []
    for folder in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        dataset = UntrimmedMotion(
            LOAD, num_videos=2, temporal_dim=4, size=32, root=folder
        )
        samples.append(dataset[1])

    features = [sample["raw_feature"] for sample in samples]
    assert features[0].shape == (512, 4)
    assert np.isfinite(features[0]).all() and features[0].std() > 0
    assert np.array_equal(features[0], features[1])
    np.testing.assert_allclose(features[0], features[2], rtol=1e-4, atol=1e-4)
    (folder,) = (tmp_path / "a").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "annotations.json",
        "features",
        "videos",
    }
    assert set(json.loads((folder / "annotations.json").read_text())) == {
        "v_train_0000",
        "v_train_0001",
    }


def test_the_features_leave_the_runs_random_numbers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first use must not give another training than a second one."""
    import torch

    monkeypatch.setattr(untrimmed_motion, "write_videos", lambda *_: None)
    (tmp_path / "videos").mkdir()
    before = torch.get_rng_state()

    untrimmed_motion.write_features(tmp_path, 4)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("bad", [dict(split="test"), dict(size=20), dict(num_videos=0)])
def test_what_cannot_be_is_refused(bad: dict[str, object], tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ConfigError, match="UntrimmedMotion"):
        UntrimmedMotion(LOAD, root=tmp_path, **bad)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
