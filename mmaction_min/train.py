"""Train a model, on the GPU where there is one and on the CPU where there is none.

    python -m mmaction_min.train configs/tsm_r18_motion.py
    python -m mmaction_min.train configs/tsm_r18_motion.py --seed 0 --cfg-options optimizer.lr=0.01 total_epochs=4
    python -m mmaction_min.train configs/tsm_r18_motion.py --resume auto
    torchrun --nproc-per-node 2 -m mmaction_min.train configs/tsm_r18_motion.py

Checkpoints, logs and the resolved config go to `work_dirs/<name of the config>` unless `--work-dir` says where.
Ctrl-C or SIGTERM ends after the running step, with a checkpoint; a second one ends at once.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader

from .analysis.predictions import class_names
from .assemble import build_loader, build_runner, innermost
from .checks import check_evaluation, check_labels, eval_kwargs, innermost_dataset
from .command import command_parser, describe, load_config, pick_device, run_command
from .config import Config
from .datasets.loader import VideoLoader
from .errors import ConfigError
from .runner import (
    BaseRunner,
    DistEvalHook,
    EvalHook,
    Hook,
    StopTraining,
    get_dist_info,
    get_root_logger,
    set_random_seed,
)
from .runner.dist import is_started_again, processes
from .runner.shared_stop import stop_request
from .runner.signals import EXIT_CODES, stop_on_signal
from .start import Start, start_of
from .whole_numbers import at_least

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
        "--resume",
        "--resume-from",
        metavar="auto|FILE",
        dest="resume_from",
        help="go on from a checkpoint; `auto`: from the newest whole one in the work_dir, or anew where there is none",
    )
    parser.add_argument(
        "--load-from", help="the checkpoint whose weights training starts from"
    )
    parser.add_argument(
        "--seed",
        type=at_least(0),
        help="of all random numbers; a new one each time by default",
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
        help="stop after N steps of this run, without a checkpoint: does it train at all?",
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
        self.left = steps

    def after_train_iter(self, runner: BaseRunner) -> None:
        self.left -= 1
        if self.left == 0:
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
    level = cfg.get("log_level", "INFO") if get_dist_info()[0] == 0 else "WARNING"
    logger = get_root_logger(level=level)
    start = start_of(cfg, args)
    set_random_seed(start.seed, deterministic=args.deterministic)
    torch.backends.cudnn.benchmark = not args.deterministic
    with stop_on_signal(stop_request()) as stop:
        # The model first: to know that it cannot be, nobody needs the data.
        runner = build_runner(cfg, device, None, seed=start.seed, stop=stop)
        loaders = _build_loaders(cfg, start.seed, device)
        for loader in loaders:
            check_labels(loader, cfg)
        _register_hooks(runner, cfg, args, start.seed)
        if classes := class_names(cfg, innermost_dataset(loaders[0])):
            runner.meta["CLASSES"] = classes  # for who tests the checkpoint
        # All is built: a config that cannot be leaves no folder behind.
        _open_work_dir(runner, cfg, start, level)
        where = f"{runner.world_size} x " * (runner.world_size > 1) + describe(device)
        logger.info(
            "%s on %s, seed %d, into %s", args.config, where, start.seed, start.work_dir
        )
        if start.resume_from:
            runner.resume(start.resume_from)
        elif start.load_from:
            runner.load_checkpoint(start.load_from)
        began = time.perf_counter()
        with _attended(runner, loaders):
            runner.run(loaders, cfg.get("workflow") or [("train", 1)])
    if stop.signal is not None:
        return EXIT_CODES[stop.signal]
    if args.max_steps is None:  # with it there may be no checkpoint to tell of
        _say_done(runner, time.perf_counter() - began)
    return 0


def _open_work_dir(runner: BaseRunner, cfg: Config, start: Start, level: str) -> None:
    """Make the folder that the run writes to, with its log and the config as it is resolved."""
    runner.work_dir = str(start.work_dir)
    if runner.rank > 0:
        return
    start.work_dir.mkdir(parents=True, exist_ok=True)
    log = start.work_dir / f"{runner.timestamp}.log"
    get_root_logger(log, level)
    if not start.dump.exists() or not is_started_again():
        cfg.dump(start.dump)


def _say_done(runner: BaseRunner, seconds: float) -> None:
    best = runner.meta.get("hook_msgs", {})
    score = ""
    if "best_ckpt" in best:
        file = best["best_ckpt"]  # .../best_top1_acc_epoch_3.pth
        metric = Path(file).name.removeprefix("best_").rsplit("_", 2)[0]
        score = f"best {metric} {best['best_score']:.4f} in {file}; "
    took = timedelta(seconds=round(seconds))
    last = Path(runner.work_dir, "latest.pth")
    runner.logger.info("done in %s: %slast %s", took, score, last)


def _build_loaders(
    cfg: Config, seed: int, device: torch.device
) -> list[DataLoader[Any]]:
    """One loader for each entry of the workflow; a `val` entry reads data.val through the pipeline of training."""
    loaders = []
    for mode, _ in cfg.get("workflow") or [("train", 1)]:
        trained = innermost(cfg.data.train)
        changes = (
            {"pipeline": trained["pipeline"], "test_mode": False}
            if mode == "val" and "pipeline" in trained
            else {}
        )
        loaders.append(build_loader(cfg, mode, seed, device, **changes))
    return loaders


@contextmanager
def _attended(runner: BaseRunner, loaders: list[DataLoader[Any]]) -> Iterator[None]:
    """Let a stop reach who waits for a batch, in an evaluation too; at the end no worker is left, not even a hanging one.

    Several processes stop together, after a step.
    """
    evaluations = [hook for hook in runner.hooks if isinstance(hook, EvalHook)]
    every = [*loaders, *(hook.dataloader for hook in evaluations)]
    ours = [loader for loader in every if isinstance(loader, VideoLoader)]
    for loader in ours:
        loader.stop = runner.stop if runner.world_size == 1 else False
    try:
        yield
    finally:
        for loader in ours:
            loader.close()


def _register_hooks(
    runner: BaseRunner, cfg: Config, args: argparse.Namespace, seed: int
) -> None:
    if cfg.get("evaluation") and not args.no_validate:
        loader = build_loader(cfg, "val", seed, runner.device)
        check_labels(loader, cfg)
        arguments = eval_kwargs(cfg.evaluation)
        check_evaluation(innermost_dataset(loader), arguments, cfg.evaluation)
        runner.register_hook(DistEvalHook(loader, **cfg.evaluation), "LOW")
    runner.register_custom_hooks(cfg.get("custom_hooks"))
    if args.max_steps is not None:
        runner.register_hook(_StopAfter(args.max_steps), "LOW")


if __name__ == "__main__":
    sys.exit(main())
