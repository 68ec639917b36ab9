"""Train a model, on the GPU where there is one and on the CPU where there is none.

    python -m mmaction_min.train configs/tsm_r18_motion.py
    python -m mmaction_min.train configs/tsm_r18_motion.py --seed 0 --cfg-options optimizer.lr=0.01 total_epochs=4
    python -m mmaction_min.train configs/tsm_r18_motion.py --resume-from work_dirs/tsm_r18_motion/latest.pth
    torchrun --nproc-per-node 2 -m mmaction_min.train configs/tsm_r18_motion.py

Checkpoints, logs and the resolved config go to `work_dirs/<name of the config>` unless `--work-dir` says where.
Ctrl-C ends after the running step, with a checkpoint.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from .assemble import build_loader, build_runner
from .command import command_parser, describe, load_config, pick_device, run_command
from .config import Config
from .errors import CheckpointError, ConfigError
from .runner import (
    BaseRunner,
    EvalHook,
    Hook,
    StopTraining,
    get_dist_info,
    get_root_logger,
    read_checkpoint,
    set_random_seed,
)
from .runner.checkpoint import LATEST
from .runner.dist import on_rank_0, processes, stop_request
from .runner.signals import EXIT_CODES, stop_on_signal

NEEDED = ("model", "data", "optimizer")
"""What training cannot do without."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 for what a person must mend, 130 after Ctrl-C, 143 after SIGTERM."""
    args = _parser().parse_args(argv)
    return run_command(
        lambda: train(load_config(args, NEEDED), args), args.config, debug=args.debug
    )


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("train", __doc__)
    parser.add_argument("--work-dir", help="the folder for checkpoints and logs")
    parser.add_argument(
        "--resume-from", help="the checkpoint of a run that should go on"
    )
    parser.add_argument(
        "--load-from", help="the checkpoint whose weights training starts from"
    )
    parser.add_argument(
        "--seed", type=int, help="of all random numbers; a new one each time by default"
    )
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="the same bits each time on a GPU too, slower",
    )
    parser.add_argument(
        "--max-steps",
        type=int,
        metavar="N",
        help="stop after N steps, without a checkpoint: does it train at all?",
    )
    parser.add_argument(
        "--no-validate", action="store_true", help="do not evaluate while training"
    )
    return parser


class _StopAfter(Hook):
    """Ends the run after some steps.

    Args:
        steps: how many, at least one.
    """

    def __init__(self, steps: int) -> None:
        if steps < 1:
            raise ConfigError(f"{steps} steps train nothing", "--max-steps")
        self.steps = steps

    def after_train_iter(self, runner: BaseRunner) -> None:
        if runner.iter + 1 >= self.steps:
            loss = runner.outputs["loss"].item()
            raise StopTraining(
                f"after step {runner.iter + 1} with loss {loss:.4f}, as --max-steps says"
            )


def train(cfg: Config, args: argparse.Namespace) -> int:
    """Train as a config says; the exit code."""
    device = pick_device(args.device)
    with processes(device, **(cfg.get("dist_params") or {})):
        return _train(cfg, args, device)


def _train(cfg: Config, args: argparse.Namespace, device: torch.device) -> int:
    rank, world_size = get_dist_info()
    work_dir = Path(
        args.work_dir
        or cfg.get("work_dir")
        or Path("work_dirs") / Path(args.config).stem
    )
    level = cfg.get("log_level", "INFO") if rank == 0 else "WARNING"
    logger = get_root_logger(level=level)
    resume_from = _resume_from(args, cfg, work_dir)
    load_from = args.load_from or cfg.get("load_from")
    asked = args.seed if args.seed is not None else cfg.get("seed")
    seed = on_rank_0(lambda: _seed(asked, resume_from))
    set_random_seed(seed, deterministic=args.deterministic)
    with stop_on_signal(stop_request()) as stop:
        loaders = _build_loaders(cfg, seed, device)
        runner = build_runner(cfg, device, work_dir, seed=seed, stop=stop)
        _register_hooks(runner, cfg, seed, validate=not args.no_validate)
        if args.max_steps is not None:
            runner.register_hook(_StopAfter(args.max_steps), "LOW")
        _check_labels(loaders, getattr(cfg.model.get("cls_head"), "num_classes", None))
        # All is built: a config that cannot be leaves no folder behind.
        if rank == 0:
            work_dir.mkdir(parents=True, exist_ok=True)
            get_root_logger(work_dir / f"{time.strftime('%Y%m%d_%H%M%S')}.log", level)
            cfg.dump(work_dir / Path(args.config).name)
        where = f"{world_size} x " * (world_size > 1) + describe(device)
        logger.info("%s on %s, seed %d, into %s", args.config, where, seed, work_dir)
        if resume_from:
            runner.resume(resume_from)
        elif load_from:
            runner.load_checkpoint(load_from)
        start = time.perf_counter()
        runner.run(loaders, cfg.get("workflow") or [("train", 1)])
    if stop.signal is not None:
        return EXIT_CODES[stop.signal]
    if args.max_steps is not None:  # there may be no checkpoint to tell of
        return 0
    took = timedelta(seconds=round(time.perf_counter() - start))
    best = runner.meta.get("hook_msgs", {})
    score = (
        f"best {Path(best['best_ckpt']).name} with {best['best_score']:.4f}; "
        if "best_ckpt" in best
        else ""
    )
    logger.info("done in %s: %slast %s", took, score, work_dir / "latest.pth")
    return 0


def _resume_from(args: argparse.Namespace, cfg: Config, work_dir: Path) -> str | None:
    """The checkpoint that is asked for; or, where torchrun starts the processes again, the newest of this run."""
    latest = work_dir / LATEST
    if int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) and latest.exists():
        return str(latest)
    asked: str | None = args.resume_from or cfg.get("resume_from")
    return asked


def _build_loaders(
    cfg: Config, seed: int, device: torch.device
) -> list[DataLoader[Any]]:
    """One loader for each entry of the workflow; a `val` entry reads data.val through the pipeline of training."""
    loaders = []
    for mode, _ in cfg.get("workflow") or [("train", 1)]:
        changes = (
            {"pipeline": cfg.data.train.pipeline, "test_mode": False}
            if mode == "val"
            else {}
        )
        loaders.append(build_loader(cfg, mode, seed, device, **changes))
    return loaders


def _check_labels(loaders: list[DataLoader[Any]], num_classes: int | None) -> None:
    """Refuse a class number that the head has no score for, before torch does, in a step and without a name."""
    for loader in loaders:
        dataset = getattr(loader.dataset, "dataset", loader.dataset)
        labels = getattr(dataset, "labels", None)
        if (
            labels is None
            or num_classes is None
            or max(labels, default=0) < num_classes
        ):
            continue
        raise ConfigError(
            f"the list has class {max(labels)}, and the head num_classes={num_classes}, so 0 to {num_classes - 1}",
            str(getattr(dataset, "ann_file", "")),
            "say model.cls_head.num_classes in the config",
        )


def _register_hooks(
    runner: BaseRunner, cfg: Config, seed: int, *, validate: bool
) -> None:
    if validate and cfg.get("evaluation"):
        loader = build_loader(cfg, "val", seed, runner.device)
        runner.register_hook(EvalHook(loader, **cfg.evaluation), "LOW")
    runner.register_custom_hooks(cfg.get("custom_hooks"))


def _seed(seed: int | None, resume_from: str | None) -> int:
    """The seed that is asked for, or that of the run that goes on, or a new one."""
    if seed is not None:
        return seed
    if resume_from:
        meta = read_checkpoint(resume_from).get("meta", {})
        if "seed" not in meta:
            raise CheckpointError(
                "the checkpoint does not say its seed", resume_from, "give --seed"
            )
        return int(meta["seed"])
    return secrets.randbelow(2**31)


if __name__ == "__main__":
    sys.exit(main())
