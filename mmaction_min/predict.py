"""What a trained model sees in a video: the classes with their probabilities.

    python -m mmaction_min.predict configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth clip.mp4
    python -m mmaction_min.predict configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth clip.mp4 --out labelled.mp4
    python -m mmaction_min.predict configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth my_videos/ --out labelled/

Of a folder, every video in it and below. The videos go through the pipeline of the config's `data.test`; the names of the classes
are those of `--label-map`, of the config's `label_map`, of the data set or of the checkpoint, in this order.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .analysis.labelled_video import check_video_out, write_labelled
from .analysis.predictions import class_names
from .assemble import precision, prepare_model
from .command import command_parser, load_config, pick_device, run_command
from .config import Config
from .datasets import DATASETS, Compose, collate
from .datasets.folders import find_videos
from .errors import ConfigError, DataError, EngineError
from .runner import load_checkpoint
from .runner.device import autocast, to_device
from .whole_numbers import at_least


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    args = _parser().parse_args(argv)
    return run_command(
        lambda: predict(load_config(args, ("model", "data")), args),
        args.config,
        debug=args.debug,
    )


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("predict", __doc__)
    parser.add_argument("checkpoint", help="the checkpoint file")
    parser.add_argument("video", help="a video, or a folder of videos")
    parser.add_argument(
        "--out",
        metavar="PATH",
        help="write the video with its label on it; of a folder, a folder",
    )
    parser.add_argument(
        "--top",
        type=at_least(1),
        default=5,
        metavar="K",
        help="show so many classes (5)",
    )
    parser.add_argument(
        "--label-map", metavar="FILE", help="the names of the classes, one a line"
    )
    return parser


def predict(cfg: Config, args: argparse.Namespace) -> int:
    """Print, for each video, its most probable classes; write what was asked for.

    Returns:
        1 if a video could not be read, else 0.
    """
    videos = find_videos(args.video)
    folder = Path(args.video).is_dir()
    if args.out and not folder:
        check_video_out(args.out)
    cfg.merge_from_dict(
        {
            "model.test_cfg": {
                **(cfg.model.get("test_cfg") or {}),
                "average_clips": "prob",
            }
        }
    )
    device = pick_device(args.device)
    model = prepare_model(cfg, device)
    meta = load_checkpoint(model, args.checkpoint, strict=True).get("meta") or {}
    dataset = DATASETS.get(str(cfg.data.test.get("type")))
    names = class_names(cfg, dataset, args.label_map, meta)
    pipeline = video_pipeline(cfg)
    broken = 0
    for video in videos:
        try:
            scores = classify(model, pipeline, video, device, precision(cfg)[0])
        except DataError as e:
            print(f"error: {e}", file=sys.stderr)
            broken += 1
            continue
        ranking = np.argsort(-scores, kind="stable")[: args.top].tolist()
        labels = [names[i] if i < len(names) else f"class {i}" for i in ranking]
        print(video)
        for index, label in zip(ranking, labels, strict=True):
            print(f"  {scores[index]:6.1%}  {label}")
        if args.out:
            out = Path(args.out)
            if folder:
                out = (out / video.relative_to(args.video)).with_suffix(".mp4")
            write_labelled(video, out, f"{labels[0]} {scores[ranking[0]]:.1%}")
            print(f"  wrote {out}")
    return int(broken > 0)


def video_pipeline(cfg: Config) -> Compose:
    """The pipeline of `data.test`, for a video file; where it reads extracted frames, it decodes them instead.

    Raises:
        ConfigError: there is no such pipeline, or it is not for RGB frames.
    """
    data = cfg.data.get("test") or {}
    steps = data.get("pipeline")
    if not steps or data.get("modality", "RGB") != "RGB":
        raise ConfigError(
            "data.test has no pipeline for RGB frames, so there is no telling how a video becomes the model's input",
            cfg.filename,
        )
    kinds = [step.get("type") for step in steps]
    if "RawFrameDecode" in kinds:
        decode = kinds.index("RawFrameDecode")
        steps = [
            {"type": "PyAVInit"},
            *steps[:decode],
            {"type": "PyAVDecode"},
            *steps[decode + 1 :],
        ]
    return Compose(steps)


def classify(
    model: nn.Module,
    pipeline: Compose,
    video: Path,
    device: torch.device,
    amp_dtype: torch.dtype | None = None,
) -> NDArray[np.float32]:
    """(num_classes,), the model's probabilities for a video.

    Args:
        model: on the device; its `average_clips` is "prob". It is left in evaluation mode.
        pipeline: from `filename` to `imgs`.
        video: the file.
        device: where the model is.
        amp_dtype: run under autocast in this type.
    """
    model.eval()
    sample = pipeline(
        {"filename": str(video), "label": 0, "start_index": 0, "modality": "RGB"}
    )
    batch = collate([sample])
    if isinstance(batch, EngineError):
        raise batch
    inputs = {k: v for k, v in to_device(batch, device).items() if k != "label"}
    with torch.no_grad(), autocast(device, amp_dtype):
        scores: NDArray[np.float32] = model(return_loss=False, **inputs)[0]
    return scores


if __name__ == "__main__":
    sys.exit(main())
