from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mmaction_min.datasets.pipelines import (
    DenseSampleFrames,
    SampleFrames,
    UntrimmedSampleFrames,
)
from mmaction_min.errors import ConfigError


def sample(total_frames: int, start_index: int = 0, **arguments: Any) -> list[int]:
    results = {"total_frames": total_frames, "start_index": start_index}
    inds: list[int] = SampleFrames(**arguments)(results)["frame_inds"].tolist()
    return inds


@pytest.mark.parametrize(
    ("total", "arguments", "expected"),
    [
        (24, {"clip_len": 1, "num_clips": 8}, [1, 4, 7, 10, 13, 16, 19, 22]),
        (10, {"clip_len": 1, "num_clips": 3}, [1, 5, 8]),
        (10, {"clip_len": 2, "num_clips": 2, "frame_interval": 2}, [1, 3, 5, 7]),
        (3, {"clip_len": 1, "num_clips": 6}, [0, 0, 1, 1, 2, 2]),
        (5, {"clip_len": 4, "frame_interval": 2}, [0, 2, 4, 1]),
        (
            5,
            {"clip_len": 4, "frame_interval": 2, "out_of_bound_opt": "repeat_last"},
            [0, 2, 4, 4],
        ),
        (
            4,
            {"clip_len": 3, "frame_interval": 3, "out_of_bound_opt": "repeat_last"},
            [0, 3, 3],
        ),
        (1, {"clip_len": 2, "num_clips": 2}, [0, 0, 0, 0]),
    ],
)
def test_test_mode_takes_the_middle_of_each_share(
    total: int, arguments: dict[str, Any], expected: list[int]
) -> None:
    """Without random numbers, clips start in the middle of equal shares; what lies beyond the end loops or repeats."""
    assert sample(total, **arguments, test_mode=True) == expected


def test_indices_start_where_the_dataset_counts_from() -> None:
    """Frames that are files named from 1 have start_index 1."""
    assert sample(3, start_index=1, clip_len=3, test_mode=True) == [1, 2, 3]


def test_training_draws_one_start_in_each_share() -> None:
    """Upstream's draws: i * share + randint(share), for one state of NumPy's generator."""
    np.random.seed(3)
    inds = sample(24, clip_len=1, num_clips=8)
    np.random.seed(3)
    expected = np.arange(8) * 3 + np.random.randint(3, size=8)

    assert inds == expected.tolist()


def test_training_on_a_video_with_less_room_than_clips() -> None:
    """Between one start a clip and none, the starts are drawn anywhere and sorted."""
    np.random.seed(0)
    starts = np.array(sample(12, clip_len=8, num_clips=8)).reshape(8, 8)[:, 0]

    assert starts.tolist() == sorted(starts)
    assert starts.max() <= 12 - 8
    assert len(set(starts.tolist())) > 1


@pytest.mark.parametrize(
    ("total", "arguments", "expected"),
    [
        (5, {"clip_len": 1, "num_clips": 8}, [0, 1, 1, 2, 2, 3, 4, 4]),
        (3, {"clip_len": 8, "num_clips": 2}, [0, 1, 2, 0, 1, 2, 0, 1] * 2),
    ],
)
def test_training_on_a_video_shorter_than_its_clips(
    total: int, arguments: dict[str, Any], expected: list[int]
) -> None:
    """Too short for random starts: spread evenly, or all from the first frame."""
    assert sample(total, **arguments) == expected


def test_temporal_jitter_moves_each_frame_by_less_than_the_interval() -> None:
    """Every frame of a clip is moved on its own."""
    np.random.seed(0)
    inds = np.array(
        sample(100, clip_len=20, frame_interval=4, temporal_jitter=True, test_mode=True)
    )
    steps = inds - np.array(sample(100, clip_len=20, frame_interval=4, test_mode=True))

    assert set(steps.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "arguments",
    [
        {"clip_len": 0},
        {"clip_len": 1, "num_clips": 0},
        {"clip_len": 1, "out_of_bound_opt": "stop"},
    ],
)
def test_sampling_without_a_meaning_is_refused(arguments: dict[str, Any]) -> None:
    """Empty clips and unknown options are a config's mistake."""
    with pytest.raises(ConfigError, match="SampleFrames"):
        SampleFrames(**arguments)


def test_sampling_twice_gives_twice_as_many_clips_of_a_short_video_too() -> None:
    """Three frames, clips of eight: upstream forgets the second half."""
    inds = sample(3, clip_len=8, num_clips=2, twice_sample=True, test_mode=True)

    assert inds == [0, 1, 2, 0, 1, 2, 0, 1] * 4


def test_dense_sampling_reaches_the_last_window() -> None:
    """66 frames have three windows of 64, and all of them are drawn."""
    np.random.seed(0)
    results = {"total_frames": 66, "start_index": 0}
    sampler = DenseSampleFrames(1, sample_range=64)

    assert {sampler(results)["frame_inds"][0] for _ in range(40)} == {0, 1, 2}


def test_untrimmed_sampling_finds_a_clip_in_a_short_video() -> None:
    """Where the first middle lies beyond the end, the video's own middle is taken."""
    results = UntrimmedSampleFrames(3, 16)({"total_frames": 4, "start_index": 1})

    assert results["frame_inds"].tolist() == [2, 3, 4]
    assert results["num_clips"] == 1
