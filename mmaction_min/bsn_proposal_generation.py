"""The second of BSN's three steps: from TEM's scores to proposals and their features, which PEM is trained on.

    python -m mmaction_min.train configs/bsn_tem_motion.py
    python -m mmaction_min.test configs/bsn_tem_motion.py work_dirs/bsn_motion/tem_epoch_12.pth
    python -m mmaction_min.bsn_proposal_generation configs/bsn_pgm_motion.py --mode train
    python -m mmaction_min.bsn_proposal_generation configs/bsn_pgm_motion.py --mode test
    python -m mmaction_min.train configs/bsn_pem_motion.py

Works on many videos at a time, and may be stopped: a file that is there and not older than what it comes from stays.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import assemble  # noqa: F401  (it fills the registries)
from .command import command_parser, load_config, run_command
from .config import Config
from .datasets import build_dataset
from .datasets.activitynet_dataset import load_video_infos
from .errors import ConfigError
from .localization.bsn_files import write_features, write_proposals

CHUNK = 8
"""How many videos a process is handed at a time."""
FOLDERS = ("tem_results_dir", "pgm_proposals_dir", "pgm_features_dir")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    parser = command_parser("bsn_proposal_generation", __doc__)
    parser.add_argument(
        "--mode",
        choices=["train", "test"],
        default="test",
        help="the videos of data.train or ann_file_train, or those of data.val or ann_file_val",
    )
    args = parser.parse_args(argv)
    return run_command(
        lambda: generate(load_config(args, FOLDERS), args),
        args.config,
        debug=args.debug,
    )


def generate(cfg: Config, args: argparse.Namespace) -> None:
    """Write the proposals and the features of a split.

    Raises:
        ConfigError: the config does not name the annotations, the folders, or how it is done.
        DataError: TEM's scores of a video are missing or wrong.
    """
    split = {"train": "train", "test": "val"}[args.mode]
    how = dict(_entry(cfg, "pgm_proposals_cfg"))
    features_how = dict(_entry(cfg, f"pgm_features_{args.mode}_cfg"))
    if "data" in cfg:
        infos = build_dataset(cfg.data[split]).video_infos
    else:
        infos = load_video_infos(_entry(cfg, f"ann_file_{split}"))
    tem, proposals, features = (Path(cfg[folder]) for folder in FOLDERS)
    for folder in (proposals, features):
        folder.mkdir(parents=True, exist_ok=True)
    threads = how.pop("pgm_proposals_thread", 1)
    task = partial(write_proposals, tem_dir=tem, proposals_dir=proposals, options=how)
    _for_each("proposals", task, infos, threads)
    threads = features_how.pop("pgm_features_thread", 1)
    task = partial(
        write_features,
        tem_dir=tem,
        proposals_dir=proposals,
        features_dir=features,
        options=features_how,
    )
    _for_each("features", task, infos, threads)


def _entry(cfg: Config, name: str) -> Any:
    if name not in cfg:
        raise ConfigError(f"the config has no `{name}`", cfg.filename)
    return cfg[name]


def _for_each(
    what: str, task: Callable[[Any], bool], infos: Sequence[Any], processes: int
) -> None:
    """Run the task for each video, by some processes or, if one is enough, by this one; the first error ends it."""
    quiet = not sys.stderr.isatty()
    # Each imports torch anew: more of them than there is work for only cost.
    processes = min(processes, os.cpu_count() or 1, -(-len(infos) // CHUNK))
    with ExitStack() as stack:
        each: Iterator[bool] = map(task, infos)
        if processes > 1:
            # Spawned: a fork would take the threads of torch along.
            context = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(processes, context))
            stack.callback(pool.shutdown, cancel_futures=True)
            each = pool.map(task, infos, chunksize=CHUNK)
        written = sum(tqdm(each, what, len(infos), disable=quiet))
    print(f"{what}: {written} written, {len(infos) - written} were there")


if __name__ == "__main__":
    sys.exit(main())
