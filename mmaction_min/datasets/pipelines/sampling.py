"""Which frames of a video a sample has. All draws are `np.random`'s, and upstream's for one state of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...argument_types import Positive
from ...errors import ConfigError
from ..builder import PIPELINES, Results

OUT_OF_BOUND = ("loop", "repeat_last")


@PIPELINES.register_module()
class SampleFrames:
    """Choose the frames: `num_clips` clips of `clip_len` frames, spread over the video.

    Needs `total_frames` and `start_index`; makes `frame_inds` (num_clips * clip_len,), clip after clip.
    In training each clip starts at a random place of its share of the video, in testing in the middle of it.

    Args:
        clip_len: frames in a clip.
        frame_interval: the step from one frame of a clip to the next.
        num_clips: clips of a video; the segments of TSN and TSM.
        temporal_jitter: move each frame on by less than `frame_interval`, at random.
        twice_sample: in testing, take each share's first place too, after the middles: 2 * num_clips clips
            (upstream forgets them where a video is shorter than a clip).
        out_of_bound_opt: where a clip is longer than the video: `"loop"` starts again at its first frame,
            `"repeat_last"` repeats the clip's last frame that is there.
        test_mode: no random numbers.
        start_index: taken and not used: it is the dataset's, as in upstream.
        keep_tail_frames: in training, shares that are no whole number of frames, so that none is left over at the end.
    """

    def __init__(
        self,
        clip_len: Positive,
        frame_interval: Positive = 1,
        num_clips: Positive = 1,
        *,
        temporal_jitter: bool = False,
        twice_sample: bool = False,
        out_of_bound_opt: str = "loop",
        test_mode: bool = False,
        start_index: int | None = None,
        keep_tail_frames: bool = False,
    ) -> None:
        if min(clip_len, frame_interval, num_clips) < 1:
            raise ConfigError(
                f"{type(self).__name__} needs clip_len, frame_interval and num_clips of at least 1, not {clip_len}, {frame_interval} and {num_clips}"
            )
        if out_of_bound_opt not in OUT_OF_BOUND:
            raise ConfigError(
                f"{type(self).__name__} has no out_of_bound_opt={out_of_bound_opt!r}",
                hint=f"one of {', '.join(OUT_OF_BOUND)}",
            )
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.num_clips = num_clips
        self.temporal_jitter = temporal_jitter
        self.twice_sample = twice_sample
        self.out_of_bound_opt = out_of_bound_opt
        self.test_mode = test_mode
        self.keep_tail_frames = keep_tail_frames

    def __call__(self, results: Results) -> Results:
        total = results["total_frames"]
        choose = self._test_starts if self.test_mode else self._train_starts
        steps = np.arange(self.clip_len) * self.frame_interval
        inds = choose(total)[:, None] + steps  # (clips, clip_len)
        if self.temporal_jitter:
            inds += np.random.randint(self.frame_interval, size=inds.shape)
        if self.out_of_bound_opt == "loop":
            inds %= total
        else:
            last = np.where(inds < total, inds, 0).max(axis=1, keepdims=True)
            inds = np.where(inds < total, inds, last)
        results["frame_inds"] = inds.ravel() + results["start_index"]
        results["clip_len"] = self.clip_len
        results["frame_interval"] = self.frame_interval
        results["num_clips"] = self.num_clips
        return results

    def _train_starts(self, total: int) -> NDArray[np.int64]:
        """A random start in each clip's share."""
        span = self.clip_len * self.frame_interval
        room = total - span + 1  # places where a clip may start
        clips = np.arange(self.num_clips)
        if self.keep_tail_frames:
            part = max(room, 0) / self.num_clips
            draws = np.random.uniform(0, part, self.num_clips) if room > 0 else 0.0
            return (clips * part + draws).astype(np.int64)
        share = room // self.num_clips
        if share > 0:
            return clips * share + np.random.randint(share, size=self.num_clips)
        if total > max(self.num_clips, span):
            return np.sort(np.random.randint(room, size=self.num_clips))
        if share == 0:
            return np.around(clips * (room / self.num_clips)).astype(np.int64)
        return np.zeros(self.num_clips, np.int64)

    def _test_starts(self, total: int) -> NDArray[np.int64]:
        """The middle of each clip's share, and with `twice_sample` its first place."""
        room = total - self.clip_len * self.frame_interval + 1
        share = max(room, 0) / self.num_clips
        firsts = np.arange(self.num_clips) * share
        starts = [firsts + share / 2, *([firsts] if self.twice_sample else [])]
        return np.concatenate(starts).astype(np.int64)


@PIPELINES.register_module()
class DenseSampleFrames(SampleFrames):
    """Choose clips that start at equal steps within a window of `sample_range` frames (Non-local Networks, arXiv 1711.07971).

    In training the window lies at random (its last place too, which upstream never draws); in testing
    `num_sample_positions` windows are spread over the video, and give as many times `num_clips` clips.

    Args:
        clip_len, frame_interval, num_clips: as in `SampleFrames`.
        sample_range: the length of the window in frames.
        num_sample_positions: the windows of testing.
        **kwargs: as in `SampleFrames`.
    """

    def __init__(
        self,
        clip_len: Positive,
        frame_interval: Positive = 1,
        num_clips: Positive = 1,
        *,
        sample_range: Positive = 64,
        num_sample_positions: Positive = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(clip_len, frame_interval, num_clips, **kwargs)
        self.sample_range = sample_range
        self.num_sample_positions = num_sample_positions

    def _train_starts(self, total: int) -> NDArray[np.int64]:
        places = max(1, 1 + total - self.sample_range)
        start = np.random.randint(places) if places > 1 else 0
        return (self._steps() + start) % total

    def _test_starts(self, total: int) -> NDArray[np.int64]:
        last = max(0, total - self.sample_range)
        windows = np.linspace(0, last, self.num_sample_positions, dtype=np.int64)
        return (windows[:, None] + self._steps()).ravel() % total

    def _steps(self) -> NDArray[np.int64]:
        return np.arange(self.num_clips) * (self.sample_range // self.num_clips)


@PIPELINES.register_module()
class UntrimmedSampleFrames:
    """Choose a clip around every `frame_interval`-th frame of a long video, without random numbers.

    Makes `frame_inds` and `num_clips`; what would lie beyond the video is its first or last frame.

    Args:
        clip_len: frames in a clip, next to each other.
        frame_interval: the step from the middle of one clip to that of the next; the first is at half of it.
        start_index: taken and not used: it is the dataset's.
    """

    def __init__(
        self,
        clip_len: Positive = 1,
        frame_interval: Positive = 16,
        start_index: int | None = None,
    ) -> None:
        if min(clip_len, frame_interval) < 1:
            raise ConfigError(
                f"UntrimmedSampleFrames needs clip_len and frame_interval of at least 1, not {clip_len} and {frame_interval}"
            )
        self.clip_len = clip_len
        self.frame_interval = frame_interval

    def __call__(self, results: Results) -> Results:
        total = results["total_frames"]
        # A video shorter than half an interval still has its middle; upstream finds no clip in it, and crashes.
        middle = self.frame_interval // 2
        first = middle if middle < total else total // 2
        middles = np.arange(first, total, self.frame_interval)
        around = np.arange(self.clip_len) - self.clip_len // 2
        inds = np.clip(middles[:, None] + around, 0, total - 1)  # (clips, clip_len)
        results["frame_inds"] = inds.ravel() + results["start_index"]
        results["clip_len"] = self.clip_len
        results["frame_interval"] = self.frame_interval
        results["num_clips"] = len(middles)
        return results
