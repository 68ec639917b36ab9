"""From a folder of class folders to lists and a config that train on it.

    python -m mmaction_min.datasets.split my_videos --out data/mine
    python -m mmaction_min.train data/mine/mine.py

`my_videos/jump/a.mp4` is of the class `jump`. The videos stay where they are; into `--out` go `train.txt` and `val.txt` (as .json where
a path has spaces), `classes.txt`, the names of the classes in their order, and `mine.py`, a config to begin with. Each class gives a
share of its videos for validation, at least one; the same folder and seed give the same split.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import DataError, EngineError
from ..whole_numbers import at_least
from .folders import find_videos

Samples = list[tuple[str, int]]
"""Paths below the folder, and labels."""

CONFIG = '''"""Trained on {folder}: {num_classes} classes, {num_train} videos, and {num_val} to validate on."""

# Temporal shift module, arXiv 1811.08383. pretrained="torchvision://resnet18" begins with ImageNet's weights, which a small data set needs
# (the message says how to fetch them); depth=50 and in_channels=2048 make it the ResNet-50 of the paper.
model = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNetTSM", depth=18, pretrained=None, num_segments=8, shift_div=8),
    cls_head=dict(type="TSMHead", num_classes={num_classes}, in_channels=512, num_segments=8, dropout_ratio=0.5),
    train_cfg=None,
    test_cfg=dict(average_clips="prob"),
)

img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
train_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(-1, {short})),
    dict(type="MultiScaleCrop", input_size={crop}, scales=(1, 0.875, 0.75), random_crop=False, max_wh_scale_gap=1),
    dict(type="Resize", scale=({crop}, {crop}), keep_ratio=False),
    dict(type="Flip", flip_ratio=0.5),  # 0 where left and right are different classes
    dict(type="Normalize", **img_norm_cfg),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=[]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
test_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8, test_mode=True),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(-1, {short})),
    dict(type="CenterCrop", crop_size={crop}),
    dict(type="Normalize", **img_norm_cfg),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=[]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
data = dict(
    videos_per_gpu=8,
    workers_per_gpu=2,
    train=dict(type="VideoDataset", ann_file={train!r}, data_prefix={folder!r}, pipeline=train_pipeline),
    val=dict(type="VideoDataset", ann_file={val!r}, data_prefix={folder!r}, pipeline=test_pipeline),
    test=dict(type="VideoDataset", ann_file={val!r}, data_prefix={folder!r}, pipeline=test_pipeline),
)
label_map = {classes!r}
evaluation = dict(interval=1, metrics=["top_k_accuracy", "mean_class_accuracy"], save_best="top1_acc"{topk})

optimizer = dict(type="AdamW", lr=0.001, weight_decay=0.01)
optimizer_config = dict(grad_clip=dict(max_norm=20))
lr_config = dict(policy="CosineAnnealing", min_lr=0, by_epoch=False, warmup="linear", warmup_iters=1, warmup_by_epoch=True)
total_epochs = {epochs}
checkpoint_config = dict(interval=1, max_keep_ckpts=3)
log_config = dict(interval=10, hooks=[dict(type="TextLoggerHook")])
'''
TOP_1 = ", metric_options=dict(top_k_accuracy=dict(topk=1))"
"""Of five classes the right one is always among the five highest."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    args = _parser().parse_args(argv)
    try:
        split(args)
    except EngineError as e:
        print(f"error: {e}", file=sys.stderr)
        return e.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m mmaction_min.datasets.split",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", help="a folder with a folder for each class")
    parser.add_argument("--out", required=True, metavar="DIR", help="where to write")
    parser.add_argument(
        "--val", type=float, default=0.2, metavar="SHARE", help="for validation (0.2)"
    )
    parser.add_argument("--seed", type=at_least(0), default=0, help="of the split (0)")
    parser.add_argument(
        "--crop",
        type=at_least(1),
        default=224,
        help="the side of the model's input (224)",
    )
    parser.add_argument("--epochs", type=at_least(1), default=20, help="to train (20)")
    return parser


def split(args: argparse.Namespace) -> None:
    """Write the lists and the config, and say what comes next.

    Raises:
        DataError: the folder is not one of class folders, or a class has too few videos.
    """
    folder, out = Path(args.folder).resolve(), Path(args.out)
    classes = find_classes(folder)
    train, val = divide(classes, args.val, args.seed)
    try:
        out.mkdir(parents=True, exist_ok=True)
        config = out / f"{out.resolve().name}.py"  # its name is that of the work_dir
        if config.exists():
            raise DataError(
                "there is a config already", str(config), "take another --out"
            )
        names = out / "classes.txt"
        names.write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
        text = CONFIG.format(
            folder=str(folder),
            num_classes=len(classes),
            num_train=len(train),
            num_val=len(val),
            train=str(_write_list(out / "train", train).resolve()),
            val=str(_write_list(out / "val", val).resolve()),
            classes=str(names.resolve()),
            crop=args.crop,
            short=round(args.crop * 256 / 224),
            epochs=args.epochs,
            topk=TOP_1 if len(classes) <= 5 else "",
        )
        config.write_text(text, encoding="utf-8")
    except OSError as e:
        raise DataError(f"this cannot be written: {e.strerror}", str(out)) from e
    print(
        f"{len(classes)} classes, {len(train)} videos to train, {len(val)} to validate"
    )
    print(f"next: python -m mmaction_min.train {shlex.quote(str(config))}")


def find_classes(folder: Path) -> dict[str, list[str]]:
    """The classes, in order of their names, and their videos, as paths below `folder`.

    Raises:
        DataError: there are less than two classes.
    """
    if not folder.is_dir():
        raise DataError("there is no such folder of class folders", str(folder))
    classes: dict[str, list[str]] = {}
    for each in sorted(folder.iterdir()):
        if each.is_dir() and not each.name.startswith("."):
            videos = find_videos(each)
            classes[each.name] = [str(v.relative_to(folder)) for v in videos]
    if len(classes) < 2:
        raise DataError(
            f"there are {len(classes)} class folders",
            str(folder),
            "put the videos of each class into a folder of its own, named as the class",
        )
    return classes


def divide(
    classes: Mapping[str, Sequence[str]], share: float, seed: int
) -> tuple[Samples, Samples]:
    """Of each class `share` of its videos, and at least one, for validation, the others to train.

    Raises:
        DataError: a class has one video alone, or none is left to train.
    """
    rng = np.random.default_rng(seed)
    train: Samples = []
    val: Samples = []
    for label, (name, videos) in enumerate(classes.items()):
        count = max(1, round(share * len(videos)))
        if count >= len(videos):
            raise DataError(
                f"the class has {len(videos)} video{'s' * (len(videos) != 1)}, and {count} would be for validation",
                name,
                (
                    "add videos, or take another --val"
                    if len(videos) > 1
                    else "add videos"
                ),
            )
        chosen = set(rng.permutation(len(videos))[:count].tolist())
        for place, video in enumerate(videos):
            (val if place in chosen else train).append((video, label))
    return train, val


def _write_list(path: Path, samples: Samples) -> Path:
    """An annotation file: text, or .json where a path has a space in it."""
    if any(len(video.split()) > 1 for video, _ in samples):
        path = path.with_suffix(".json")
        rows = [{"filename": video, "label": label} for video, label in samples]
        text = json.dumps(rows, indent=1)
    else:
        path = path.with_suffix(".txt")
        text = "".join(f"{video} {label}\n" for video, label in samples)
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
