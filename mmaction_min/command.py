"""What the commands share: their arguments, their config, their device, and how a mistake is told."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Mapping, Sequence

import torch

from .config import Config, parse_options
from .errors import ConfigError, EngineError

KEYS = frozenset(
    [
        "model",
        "data",
        "evaluation",
        "optimizer",
        "optimizer_config",
        "lr_config",
        "momentum_config",
        "total_epochs",
        "runner",
        "workflow",
        "checkpoint_config",
        "log_config",
        "log_level",
        "custom_hooks",
        "custom_imports",
        "load_from",
        "resume_from",
        "work_dir",
        "seed",
        "amp",
        "channels_last",
        "compile",
    ]
)
"""What a config's top level may say to the engine; every other name is the config's own variable."""


DICTS = ("model", "data", "evaluation", "optimizer")


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


def run_command(command: Callable[[], int | None], config: str, *, debug: bool) -> int:
    """Call `command`, and tell a person what an `EngineError` says instead of showing a traceback."""
    try:
        return int(command() or 0)
    except EngineError as e:
        if debug:
            raise
        e.where = e.where or config
        print(f"error: {e}", file=sys.stderr)
        return e.exit_code


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
        if key in DICTS and not isinstance(cfg[key], Mapping):
            raise ConfigError(f"`{key}` is a dict, not {cfg[key]!r}", cfg.filename)
    return cfg


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
