"""Train a model, on the GPU where there is one and on the CPU where there is none.

    python -m mmaction_min.train configs/tsm_r18_motion.py
    python -m mmaction_min.train configs/tsm_r18_motion.py --seed 0 --cfg-options optimizer.lr=0.01 total_epochs=4
    python -m mmaction_min.train configs/tsm_r18_motion.py --resume-from work_dirs/tsm_r18_motion/latest.pth

Checkpoints, logs and the resolved config go to `work_dirs/<name of the config>` unless `--work-dir` says where.
Ctrl-C ends after the running step, with a checkpoint.
"""

from __future__ import annotations

import argparse
import difflib
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from . import core, datasets, models  # noqa: F401  (they fill the registries)
from .config import Config, parse_options
from .datasets import build_dataloader, build_dataset
from .errors import CheckpointError, ConfigError, EngineError
from .models import build_model
from .runner import (
    EpochBasedRunner,
    EvalHook,
    build_optimizer,
    get_root_logger,
    read_checkpoint,
    set_random_seed,
)
from .runner.signals import EXIT_CODES, StopRequest, stop_on_signal

KEYS = frozenset(
    {
        *(
            "model",
            "data",
            "evaluation",
            "optimizer",
            "optimizer_config",
            "lr_config",
            "momentum_config",
        ),
        *(
            "total_epochs",
            "workflow",
            "checkpoint_config",
            "log_config",
            "log_level",
            "custom_hooks",
        ),
        *(
            "load_from",
            "resume_from",
            "work_dir",
            "seed",
            "amp",
            "channels_last",
            "compile",
        ),
    }
)
"""What a config's top level may say to the engine; every other name is the config's own variable."""

NEEDED = ("model", "data", "optimizer", "total_epochs")
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
        "--no-validate", action="store_true", help="do not evaluate while training"
    )
    return parser


def command_parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser with the arguments that training and testing share; its help is the module's docstring."""
    summary, _, examples = (doc or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        f"python -m mmaction_min.{name}",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", help="the config file")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="change the config: data.videos_per_gpu=4",
    )
    parser.add_argument(
        "--device", help="cuda, cuda:1, cpu, ...; the GPU by default where there is one"
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error"
    )
    return parser


def run_command(command: Any, config: str, *, debug: bool) -> int:
    """Call `command`, and tell a person what an `EngineError` says instead of showing a traceback."""
    try:
        return int(command() or 0)
    except EngineError as e:
        if debug:
            raise
        e.where = e.where or config
        print(f"error: {e}", file=sys.stderr)
        return 1


def load_config(args: argparse.Namespace, needed: Sequence[str]) -> Config:
    """The config of the command line, with its overrides.

    Raises:
        ConfigError: it cannot be read, lacks an entry that is needed, or a key at the top is a near miss of one that the engine knows.
    """
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(parse_options(args.cfg_options))
    for key in cfg:
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.85)
        if key not in KEYS and near:
            raise ConfigError(
                f"{key} means nothing to the engine",
                cfg.filename,
                f"did you mean {near[0]}?",
            )
    for key in needed:
        if key not in cfg:
            raise ConfigError(f"the config has no `{key}`", cfg.filename)
    return cfg


def train(cfg: Config, args: argparse.Namespace) -> int:
    """Train as a config says; the exit code."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise EngineError(
            "this version trains in one process",
            "torchrun",
            "run python -m mmaction_min.train instead",
        )
    work_dir = Path(
        args.work_dir
        or cfg.get("work_dir")
        or Path("work_dirs") / Path(args.config).stem
    )
    work_dir.mkdir(parents=True, exist_ok=True)
    logger = get_root_logger(
        work_dir / f"{time.strftime('%Y%m%d_%H%M%S')}.log", cfg.get("log_level", "INFO")
    )
    cfg.dump(work_dir / Path(args.config).name)
    resume_from = args.resume_from or cfg.get("resume_from")
    load_from = args.load_from or cfg.get("load_from")
    seed = _seed(args.seed if args.seed is not None else cfg.get("seed"), resume_from)
    set_random_seed(seed, deterministic=args.deterministic)
    device = pick_device(args.device)
    logger.info(
        "%s on %s, seed %d, into %s", args.config, describe(device), seed, work_dir
    )
    with stop_on_signal() as stop:
        loaders = _build_loaders(cfg, seed, device)
        runner = build_runner(cfg, device, work_dir, seed=seed, stop=stop)
        _register_hooks(runner, cfg, seed, validate=not args.no_validate)
        if resume_from:
            runner.resume(resume_from)
        elif load_from:
            runner.load_checkpoint(load_from)
        start = time.perf_counter()
        runner.run(loaders, cfg.get("workflow") or [("train", 1)])
    if stop.signal is not None:
        return EXIT_CODES[stop.signal]
    took = timedelta(seconds=round(time.perf_counter() - start))
    best = runner.meta.get("hook_msgs", {})
    score = (
        f"best {best['best_ckpt']} with {best['best_score']:.4f}; "
        if "best_ckpt" in best
        else ""
    )
    logger.info("done in %s: %slast %s", took, score, work_dir / "latest.pth")
    return 0


def build_runner(
    cfg: Config,
    device: torch.device,
    work_dir: Path,
    *,
    seed: int = 0,
    stop: StopRequest | None = None,
) -> EpochBasedRunner:
    """The runner of a config, with its model on the device and its training hooks, without data.

    Raises:
        ConfigError: the config says what cannot be done.
    """
    model = prepare_model(cfg, device)
    if cfg.get("compile"):
        model.compile(**(cfg.compile if isinstance(cfg.compile, Mapping) else {}))
    runner = EpochBasedRunner(
        model,
        build_optimizer(model, cfg.optimizer),
        work_dir,
        meta={"seed": seed, "config": cfg.pretty_text},
        max_epochs=cfg.total_epochs,
        device=device,
        amp_dtype=amp_dtype(cfg),
        stop=stop,
    )
    runner.register_training_hooks(
        cfg.get("lr_config"),
        cfg.get("optimizer_config"),
        cfg.get("checkpoint_config"),
        cfg.get("log_config"),
        cfg.get("momentum_config"),
    )
    return runner


def prepare_model(cfg: Config, device: torch.device) -> nn.Module:
    """The model of a config, on the device, in the memory format that the config asks for."""
    model = build_model(cfg.model).to(device)
    return (
        model.to(memory_format=torch.channels_last)
        if cfg.get("channels_last")
        else model
    )


def amp_dtype(cfg: Config) -> torch.dtype | None:
    """The type of `amp = dict(dtype='bfloat16')`; None without `amp`."""
    amp = cfg.get("amp")
    if not amp:
        return None
    if amp != {"dtype": "bfloat16"}:
        raise ConfigError(
            f"amp is {dict(amp)}", cfg.filename, "write amp = dict(dtype='bfloat16')"
        )
    return torch.bfloat16


def pick_device(name: str | None) -> torch.device:
    """The device of that name; for None the GPU where there is one, else the CPU.

    Raises:
        ConfigError: there is no such device.
    """
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as e:  # torch without CUDA asserts
        raise ConfigError(
            f"there is no device {name!r}: {str(e).splitlines()[0]}", "--device"
        ) from None
    return device


def describe(device: torch.device) -> str:
    """The device in words, for the log."""
    return (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"the {device.type.upper()}"
    )


def build_loader(
    cfg: Config, split: str, seed: int, device: torch.device, **changes: Any
) -> DataLoader[Any]:
    """The loader of `data.train`, `data.val` or `data.test`; only training shuffles.

    Args:
        cfg: the config; `data` also has `videos_per_gpu` and `workers_per_gpu`, and `{split}_dataloader` to override them.
        split: 'train', 'val' or 'test'.
        seed: of the order and of the augmentation.
        device: pinned memory is used for a GPU.
        **changes: arguments of the data set to replace.
    """
    if split not in cfg.data:
        raise ConfigError(f"the config has no data.{split}", cfg.filename)
    dataset = build_dataset(
        {**cfg.data[split], **changes}, {"test_mode": split != "train"}
    )
    sizes = {
        key: cfg.data[key]
        for key in ("videos_per_gpu", "workers_per_gpu")
        if key in cfg.data
    }
    loader: DataLoader[Any] = build_dataloader(
        dataset,
        **{**sizes, **cfg.data.get(f"{split}_dataloader", {})},
        seed=seed,
        shuffle=split == "train",
        pin_memory=device.type == "cuda",
    )
    return loader


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


def _register_hooks(
    runner: EpochBasedRunner, cfg: Config, seed: int, *, validate: bool
) -> None:
    if validate and cfg.get("evaluation"):
        loader = build_loader(cfg, "val", seed, runner.device)
        runner.register_hook(EvalHook(loader, **cfg.evaluation), "LOW")
    for hook in cfg.get("custom_hooks") or []:
        runner.register_hook_from_cfg(hook)


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
