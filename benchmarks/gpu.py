"""Clips a second of training on a GPU: the engine beside a loop by hand, beside the reference's loop, and under the card's roofline.

    python benchmarks/gpu.py --out benchmarks/results/NAME.json
    python benchmarks/gpu.py --models tsn_r50 --eager   # one model, and nothing compiled: in a minute or two
    python benchmarks/gpu.py --small                    # on the CPU in seconds: tries the script, says nothing of speed

All train the same model on one batch that lies on the device, one after the other in each round; times are from events on the device, of
`ROUNDS x STEPS` steps after `WARMUP`. A ratio is the median over the rounds.

- here: what `python -m mmaction_min.train` runs: its runner with its hooks, bfloat16, channels_last, the gradient clipped, a line of log for every
  20 steps; and with `compile = True`.
- by hand: forward, backward, clip and a fused optimizer in the same precision and layout; no hooks, no log, no look at the loss. Compiled, too.
- reference: the loop of MMAction2 0.x on mmcv 1.x, in float32 and float16: channels first, accuracies on the host, each value of the log and the
  norm of the gradient read in each step, gradients set to 0 in memory, convolutions not tried out.
- roofline: see roofline.py; its two ceilings are measured in this run.
- fed: the engine on made-up videos of 340x256 from its own loader, a worker for each core, by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import roofline
import torch
from data import write_video
from training_loops import Batch, by_hand, config, here, reference

from mmaction_min.assemble import build_loader, build_runner
from mmaction_min.models import build_model

WARMUP, ROUNDS, STEPS = 50, 5, 20
NORM = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])


class Size(NamedTuple):
    """How large it all is."""

    depth: int = 50  # where the case does not say it
    side: int = 224
    clips: int | None = None  # of a batch; that of the case for None
    warmup: int = WARMUP
    steps: int = STEPS
    rounds: int = ROUNDS
    matrix: int = 8192
    videos: int = 32
    frames: int = 250


SMALL = Size(18, 32, 1, warmup=1, steps=1, rounds=1, matrix=256, videos=1, frames=40)


class Case(NamedTuple):
    """A model and its batch: `clips` of `num_clips` x `clip_len` frames."""

    recognizer: str
    backbone: dict[str, Any]
    head: dict[str, Any]
    clips: int
    num_clips: int
    clip_len: int


SEGMENTS = dict(num_segments=8)
CASES = {
    "tsn_r50": Case("2D", dict(type="ResNet"), dict(type="TSNHead"), 32, 8, 1),
    "tsm_r50": Case(
        "2D",
        dict(type="ResNetTSM", shift_div=8, **SEGMENTS),
        dict(type="TSMHead", **SEGMENTS),
        *(32, 8, 1),
    ),
    # As upstream's base configs have them: which blocks see more than one frame.
    "i3d_r50": Case(
        "3D",
        dict(
            type="ResNet3d",
            depth=50,
            conv1_kernel=(5, 7, 7),
            conv1_stride_t=2,
            pool1_stride_t=2,
            inflate=((1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0)),
        ),
        dict(type="I3DHead"),
        *(8, 1, 32),
    ),
    "slowonly_r50": Case(
        "3D", dict(type="ResNet3dSlowOnly", depth=50), dict(type="I3DHead"), 32, 1, 8
    ),
}


def model_of(case: Case, size: Size) -> dict[str, Any]:
    """The config of the model, for 400 classes."""
    backbone = dict(depth=size.depth) | case.backbone
    channels = 2048 if backbone["depth"] >= 50 else 512
    return dict(
        type=f"Recognizer{case.recognizer}",
        backbone=backbone,
        cls_head=dict(case.head, num_classes=400, in_channels=channels),
    )


def made_up_batch(case: Case, size: Size, device: torch.device) -> Batch:
    """Noise and class numbers, on the device."""
    clips, side = size.clips or case.clips, size.side
    shape = (
        (clips, case.num_clips, 3, side, side)
        if case.recognizer == "2D"
        else (clips, case.num_clips, 3, case.clip_len, side, side)
    )
    label = torch.randint(400, (clips,), device=device)
    return dict(imgs=torch.randn(shape, device=device), label=label)


def synthetic(
    case: Case, size: Size, device: torch.device, folder: Path, *, compiled: bool
) -> dict[str, list[float]]:
    """The seconds of a step, of each contender in each round."""
    batch = made_up_batch(case, size, device)
    model = model_of(case, size)
    plain = config(model)
    # A CPU takes minutes for a step in float16.
    half = torch.float16 if device.type == "cuda" else torch.bfloat16
    loops = {
        "here": here(plain, batch, device, folder),
        "by hand": by_hand(plain, batch, device),
        "reference fp32": reference(plain, batch, device, None),
        "reference half": reference(plain, batch, device, half),
    }
    if compiled:
        cfg = config(model, compiled=True)
        loops["here, compiled"] = here(cfg, batch, device, folder)
        loops["by hand, compiled"] = by_hand(cfg, batch, device)
    for run in loops.values():
        run(size.warmup)
    times: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(size.rounds):
        for name in list(loops)[:: -1 if turn % 2 else 1]:
            took = roofline.timed(lambda run=loops[name]: run(size.steps), device)
            times[name].append(took / size.steps)
    return times


def fed(case: Case, size: Size, device: torch.device, folder: Path) -> float:
    """Clips a second from files, in the second epoch, when the workers have started and the convolutions are tried out."""
    clips = size.clips or case.clips
    names = [f"{i}.mp4" for i in range(size.videos)]
    for seed, name in enumerate(names):
        if not (folder / name).exists():
            write_video(folder / name, 340, 256, seed, frames=size.frames)
    lines = [f"{names[i % len(names)]} 0\n" for i in range(2 * size.steps * clips)]
    (folder / "train.txt").write_text("".join(lines))
    side = (size.side, size.side)
    sample = dict(clip_len=case.clip_len, num_clips=case.num_clips)
    layout = "NCHW" if case.recognizer == "2D" else "NCTHW"
    pipeline = [
        dict(type="PyAVInit"),
        dict(type="SampleFrames", **sample),
        dict(type="PyAVDecode"),
        dict(type="RandomResizedCrop"),
        dict(type="Resize", scale=side, keep_ratio=False),
        dict(type="Flip"),
        dict(type="Normalize", **NORM),
        dict(type="FormatShape", input_format=layout),
        dict(type="Collect", keys=["imgs", "label"], meta_keys=[]),
        dict(type="ToTensor", keys=["imgs", "label"]),
    ]
    files = dict(ann_file=str(folder / "train.txt"), data_prefix=str(folder))
    data = dict(
        videos_per_gpu=clips,
        workers_per_gpu=0 if size is SMALL else cores(),
        train=dict(type="VideoDataset", pipeline=pipeline, **files),
    )
    cfg = config(model_of(case, size), data=data)
    loader = build_loader(cfg, "train", 0, device)
    runner = build_runner(cfg, device, folder)
    runner.run([loader], max_epochs=1)
    took = roofline.timed(lambda: runner.run([loader], max_epochs=2), device)
    loader.close()
    return len(lines) / took


def cores() -> int:
    """Of this process."""
    return len(os.sched_getaffinity(0))


def measure(
    name: str,
    size: Size,
    device: torch.device,
    ceilings: roofline.Ceilings,
    *,
    compiled: bool,
) -> dict[str, Any]:
    """All figures of a model."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        times = synthetic(case, size, device, Path(folder), compiled=compiled)
        from_files = fed(case, size, device, Path(folder))
    clips = size.clips or case.clips
    speeds = {each: clips / median(took) for each, took in times.items()}

    def ratio(one: str, other: str) -> float:
        pairs = zip(times[one], times[other], strict=True)
        return median(slow / fast for slow, fast in pairs)

    ratios = {
        f"{mine} to {other}": ratio(other, mine)
        for mine in times
        if mine.startswith("here")
        for other in (
            mine.replace("here", "by hand"),
            "reference fp32",
            "reference half",
        )
    }
    meta = torch.device("meta")
    ops = roofline.ops_of_step(
        build_model(model_of(case, size)),
        made_up_batch(case, size, meta),
        torch.bfloat16,
    )
    ceiling = clips / roofline.seconds(ops, ceilings)
    shares = {each: speed / ceiling for each, speed in speeds.items()}
    kinds = roofline.by_name(ops, ceilings)
    return dict(
        batch=[clips, case.num_clips, case.clip_len, size.side],
        clips_per_second=speeds,
        ratios=ratios,
        roofline=ceiling,
        of_roofline=shares,
        roofline_ms={kind: took * 1e3 for kind, took in list(kinds.items())[:8]},
        fed=from_files,
        fed_to_here=from_files / speeds["here"],
    )


def describe(device: torch.device) -> str:
    """The name of the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {cores()} cores"


def show(name: str, result: Mapping[str, Any]) -> None:
    """A model's figures, as lines."""
    print(f"\n{name}: roofline {result['roofline']:.1f} clips a second")
    for each, speed in result["clips_per_second"].items():
        print(f"  {each:18} {speed:9.1f}  {result['of_roofline'][each]:4.0%} of it")
    print(f"  {'here, from files':18} {result['fed']:9.1f}")
    for pair, ratio in result["ratios"].items():
        print(f"  {pair}: {ratio:.2f}x")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--eager", action="store_true", help="compile nothing")
    parser.add_argument("--small", action="store_true", help="tiny, on the CPU")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it as JSON")
    args = parser.parse_args(argv)
    if not args.small and not torch.cuda.is_available():
        parser.error("there is no GPU; --small tries the script on the CPU")
    device = torch.device("cpu" if args.small else "cuda")
    size = SMALL if args.small else Size()
    torch.backends.cudnn.benchmark = True  # as train.py has it
    ceilings = roofline.measure(device, torch.bfloat16, size.matrix)
    print(
        f"{describe(device)}, torch {torch.__version__}: {ceilings.flops / 1e12:.3g} TFLOP/s "
        f"in bfloat16, {ceilings.bandwidth / 1e9:.3g} GB/s"
    )
    results = {}
    for name in args.models:
        compiled = not (args.small or args.eager)
        results[name] = measure(name, size, device, ceilings, compiled=compiled)
        show(name, results[name])
    if args.out:
        about = dict(device=describe(device), torch=torch.__version__, cores=cores())
        args.out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {**about, "ceilings": ceilings._asdict(), "models": results}, indent=2
        )
        args.out.write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
