"""How fast frames come: decoding beside decord, torchcodec and plain PyAV, bytes beside floats, two workers beside one.

    pip install decord torchcodec   # a peer that is not installed is left out, and said to be
    python benchmarks/data.py
    python benchmarks/data.py --quick   # a tenth of the work

All of it on made-up videos of 250 frames, 8 of them a clip, one in each eighth at random. Times are of the CPU (`process_time`), medians of
clips taken in turn, so that other work on the machine falls on all alike; only the workers are timed by the clock, which means something on an idle machine alone; their CPU time stands beside it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
import torch
from torch.nn.functional import interpolate

from mmaction_min.datasets import Compose, VideoDataset, build_dataloader, collate
from mmaction_min.datasets.decoding import VideoReader
from mmaction_min.datasets.pipelines.device import leave_to_device

FRAMES, VIDEOS = 250, 3
SETS = {
    "128x128": (128, 128, {}),
    "340x256": (340, 256, {}),
    "340x256, a key frame every 8": (340, 256, {"g": "8"}),
}
Decode = Callable[[str, np.random.Generator], Any]


def write_video(
    path: Path,
    width: int,
    height: int,
    seed: int,
    frames: int = FRAMES,
    **options: str,
) -> None:
    """A camera that moves over a texture, with grain, as H.264."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (1, 3, height // 8 + 20, width // 8 + 45))
    world = interpolate(torch.tensor(small, dtype=torch.float32), scale_factor=8)
    picture = world[0].permute(1, 2, 0).numpy().astype(np.int16)
    with av.open(str(path), "w") as container:
        options = {"preset": "veryfast", "crf": "23", "threads": "1", **options}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            x, y = int(40 + 30 * np.sin(i / 20) + i), int(20 + 15 * np.cos(i / 13))
            frame = picture[y : y + height, x : x + width]
            frame = frame + rng.integers(-6, 7, (height, width, 1))
            frame = np.clip(frame, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        container.mux(stream.encode(None))


def eight(rng: np.random.Generator) -> np.ndarray:
    """A frame of each eighth."""
    return np.arange(8) * (FRAMES // 8) + rng.integers(FRAMES // 8, size=8)


def ours(path: str, rng: np.random.Generator) -> Any:
    return VideoReader(path).decode(eight(rng))


def plain_pyav(path: str, rng: np.random.Generator) -> Any:
    inds = eight(rng)
    frames = {}
    with av.open(path) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for index, frame in enumerate(container.decode(video=0)):
            if index in inds:
                frames[index] = frame.to_ndarray(format="rgb24", threads=1)
            if index == inds[-1]:
                break
    return np.stack([frames[i] for i in inds])


def find_peers(video: str) -> dict[str, Decode]:
    """Who is installed, and can decode a video."""
    found: dict[str, Decode] = {"mmaction_min": ours, "plain PyAV": plain_pyav}
    try:
        import decord

        found["decord"] = lambda path, rng: (
            decord.VideoReader(path, num_threads=1).get_batch(eight(rng)).asnumpy()
        )
    except ImportError as e:
        print(f"decord is left out: {e}")
    try:
        from torchcodec.decoders import VideoDecoder

        def torchcodec(path: str, rng: np.random.Generator) -> Any:
            decoder = VideoDecoder(path, num_ffmpeg_threads=1, dimension_order="NHWC")
            return decoder.get_frames_at(eight(rng).tolist()).data.numpy()

        torchcodec(video, np.random.default_rng())
        found["torchcodec"] = torchcodec
    except (ImportError, RuntimeError) as e:
        print(f"torchcodec is left out: {str(e).splitlines()[0]}")
    return found


def decoding(folder: Path, rounds: int) -> None:
    """Clips a second and core."""
    peers: dict[str, Decode] = {}
    print(
        "\nclips a second of one core, 8 frames of 250 (and times as fast as that one)"
    )
    for number, (name, (width, height, options)) in enumerate(SETS.items()):
        paths = [str(folder / f"{number}_{i}.mp4") for i in range(VIDEOS)]
        for seed, path in enumerate(paths):
            write_video(Path(path), width, height, seed, **options)
        peers = peers or find_peers(paths[0])
        times: dict[str, list[float]] = {}
        for round_ in range(rounds):
            for path in paths:
                expected = ours(path, np.random.default_rng(round_))
                for peer, decode in peers.items():
                    start = time.process_time()
                    frames = decode(path, np.random.default_rng(round_))
                    times.setdefault(peer, []).append(time.process_time() - start)
                    assert np.abs(frames.astype(int) - expected).max() <= 2, peer
        mine = median(times["mmaction_min"])
        row = [
            f"{p} {1 / median(t):.1f} ({median(t) / mine:.2f}x)"
            for p, t in times.items()
        ]
        print(f"  {name}: {', '.join(row)}")


def steps() -> list[dict[str, Any]]:
    """From decoded frames to a batch of 8 x 224 x 224."""
    return [
        {"type": "RandomResizedCrop"},
        {"type": "Resize", "scale": (224, 224), "keep_ratio": False},
        {"type": "Flip"},
        {"type": "Normalize", "mean": [123.675, 116.28, 103.53], "std": [58.4, 57, 57]},
        {"type": "FormatShape", "input_format": "NCHW"},
        {"type": "Collect", "keys": ["imgs", "label"]},
        {"type": "ToTensor", "keys": ["imgs", "label"]},
    ]


def bytes_beside_floats(rounds: int) -> None:
    """The host's milliseconds a clip, collating in eights included."""
    print("\nthe host's milliseconds a clip of 8 x 224 x 224 after decoding")
    imgs = np.random.default_rng(0).integers(0, 256, (8, 256, 340, 3), np.uint8)
    for name, first in (
        ("with the crop and the resize", 0),
        ("what the device may do", 2),
    ):
        floats = Compose(steps()[first:])
        ways = {"floats": floats, "bytes": leave_to_device(floats)}
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, pipeline in ways.items():
                frames = imgs if first == 0 else imgs[:, 16:240, 58:282]
                start = time.process_time()
                samples = [
                    pipeline(
                        {"imgs": frames, "img_shape": frames.shape[1:3], "label": 0}
                    )
                    for _ in range(8)
                ]
                collate(samples)
                times[way].append((time.process_time() - start) / 8e-3)
        floats_ms, bytes_ms = median(times["floats"]), median(times["bytes"])
        share = f"{bytes_ms / floats_ms:.2f} of it"
        print(f"  {name}: floats {floats_ms:.2f}, bytes {bytes_ms:.2f}, {share}")


def workers(folder: Path, clips: int) -> None:
    """Clips a second of a loader."""
    ann_file = folder / "ann.txt"
    ann_file.write_text("".join(f"1_{i % VIDEOS}.mp4 0\n" for i in range(clips)))
    sample = {"type": "SampleFrames", "clip_len": 1, "num_clips": 8}
    pipeline = [{"type": "PyAVInit"}, sample, {"type": "PyAVDecode"}, *steps()]
    dataset = VideoDataset(ann_file, pipeline, folder)
    print("\na loader, 340x256 to 8 x 224 x 224, with the start of its workers")
    speeds, costs = [], []
    for count in (1, 2):
        loader = build_dataloader(
            dataset,
            videos_per_gpu=8,
            workers_per_gpu=count,
            seed=0,
            shuffle=True,
            persistent_workers=False,
        )
        start, before = time.perf_counter(), cpu_of_children()
        for _ in loader:
            pass
        speeds.append(clips / (time.perf_counter() - start))
        costs.append((cpu_of_children() - before) / clips * 1e3)
    load = f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores"
    times = f"{speeds[1] / speeds[0]:.2f}x"
    print(
        f"  clips a second: one worker {speeds[0]:.1f}, two {speeds[1]:.1f}: {times} ({load})"
    )
    print(f"  their CPU ms a clip: one {costs[0]:.1f}, two {costs[1]:.1f}")


def cpu_of_children() -> float:
    """Seconds of the CPU of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        decoding(Path(name), 2 if quick else 20)
        bytes_beside_floats(10 if quick else 100)
        workers(Path(name), 32 if quick else 320)
