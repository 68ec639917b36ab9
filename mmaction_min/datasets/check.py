"""Read every file of an annotation list, and say which are broken.

    python -m mmaction_min.datasets.check data/train.txt --data-prefix data/videos
    python -m mmaction_min.datasets.check data/train_rawframes.txt --rawframes --data-prefix data/rawframes

Every frame of every video is decoded, by as many threads as there are cores; `--quick` decodes the first and the last alone.
The exit code is 1 if a file is broken.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..errors import EngineError
from .annotations import Info
from .decoding import VideoReader
from .pipelines.loading import read_image
from .rawframe_dataset import RawframeDataset
from .video_dataset import VideoDataset


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 if a file is broken."""
    args = _parser().parse_args(argv)
    try:
        infos = _annotations(args)
    except EngineError as e:
        print(f"error: {e}", file=sys.stderr)
        return e.exit_code
    look = partial(look_at, start_index=args.start_index, quick=args.quick)
    bar = tqdm(total=len(infos), desc="Reading", disable=not sys.stderr.isatty())
    broken = 0
    # Threads do: PyAV and Pillow decode without Python's lock.
    with ThreadPool(args.workers) as pool, bar:
        for error in pool.imap(look, infos):
            bar.update()
            if error:
                broken += 1
                tqdm.write(error, file=sys.stdout)
    print(f"{broken} of {len(infos)} are broken")
    return int(broken > 0)


def _parser() -> argparse.ArgumentParser:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m mmaction_min.datasets.check",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("ann_file", help="the annotation file")
    parser.add_argument("--data-prefix", default="", help="where the paths start")
    parser.add_argument(
        "--multi-class", action="store_true", help="any number of labels a line"
    )
    parser.add_argument(
        "--rawframes", action="store_true", help="the list is one of folders of frames"
    )
    parser.add_argument(
        "--filename-tmpl",
        default="img_{:05}.jpg",
        metavar="NAME",
        help="of extracted frames: the name of a file (%(default)s)",
    )
    parser.add_argument(
        "--with-offset",
        action="store_true",
        help="of extracted frames: a line has the first frame before the count",
    )
    parser.add_argument(
        "--start-index",
        type=int,
        default=1,
        metavar="N",
        help="of extracted frames: the number of the first one (%(default)s)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="decode the first and the last frame alone"
    )
    parser.add_argument(
        "--workers", type=int, default=len(os.sched_getaffinity(0)), metavar="N"
    )
    return parser


def _annotations(args: argparse.Namespace) -> list[Info]:
    common: dict[str, Any] = {
        "ann_file": args.ann_file,
        "pipeline": [],
        "data_prefix": args.data_prefix,
        "multi_class": args.multi_class,
        "num_classes": 2**20 if args.multi_class else None,
    }
    if not args.rawframes:
        return VideoDataset(**common).video_infos
    dataset = RawframeDataset(
        **common, filename_tmpl=args.filename_tmpl, with_offset=args.with_offset
    )
    return dataset.video_infos


def look_at(info: Info, *, start_index: int = 1, quick: bool = False) -> str:
    """Read a sample's files, and say what is wrong with them; nothing if nothing is."""
    try:
        if "frame_dir" in info:
            _look_at_frames(info, start_index, quick)
        else:
            _look_at_video(info["filename"], quick)
    except EngineError as e:
        return f"{e.where}: {e.what}"
    return ""


def _look_at_video(path: str, quick: bool) -> None:
    with VideoReader(path) as reader:
        if quick:
            reader.decode(np.array([0, len(reader) - 1]))
        else:
            reader.check()


def _look_at_frames(info: Info, start_index: int, quick: bool) -> None:
    first = start_index + info.get("offset", 0)
    numbers = range(first, first + info["total_frames"])
    template = info["filename_tmpl"]
    axes = ("x", "y") if template.count("{") > 1 else (None,)
    for number in (numbers[0], numbers[-1]) if quick else numbers:
        for axis in axes:
            words = (number,) if axis is None else (axis, number)
            read_image(Path(info["frame_dir"]) / template.format(*words))


if __name__ == "__main__":
    sys.exit(main())
