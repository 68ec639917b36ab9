"""What the commands share: their arguments, their config, their device, and how a mistake is told."""

from __future__ import annotations

import argparse
import re
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence

import torch

from .building import add_note, raised_at, told
from .config import Config, parse_options
from .errors import (
    ConfigError,
    ConfigKeyError,
    ConfigTypeError,
    EngineError,
    NotRegisteredError,
)
from .near import did_you_mean, near
from .places import is_key, origin_of, place_of, place_of_error
from .runner.dist import is_launched, local_rank, pick_gpu
from .values import check_values

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
        "module_hooks",
        "custom_hooks",
        "custom_imports",
        "label_map",
        "load_from",
        "resume_from",
        "work_dir",
        "seed",
        "amp",
        "fp16",
        "channels_last",
        "compile",
        "dist_params",
        "find_unused_parameters",
        "static_graph",
        "sync_bn",
    ]
)
"""What a config's top level may say to the engine; every other name is the config's own variable."""


UPSTREAM_KEYS = frozenset(
    [
        "ann_file_test",
        "ann_file_train",
        "ann_file_val",
        "cudnn_benchmark",
        "device",
        "eval_config",
        "fp16",
        "gpu_ids",
        "gpus",
        "mp_start_method",
        "opencv_num_threads",
        "output_config",
        "pgm_features_dir",
        "pgm_features_test_cfg",
        "pgm_features_train_cfg",
        "pgm_proposals_cfg",
        "pgm_proposals_dir",
        "runner",
        "tem_results_dir",
        "test_cfg",
        "test_pipeline",
        "train_cfg",
        "train_pipeline",
        "val_pipeline",
    ]
)
"""What the configs of MMAction2 0.x say at the top to its own tools, and changes no result here."""

ELSEWHERE = {
    "batch_size": "data = dict(videos_per_gpu=...)",
    "epochs": "total_epochs = ...",
    "grad_clip": "optimizer_config = dict(grad_clip=dict(max_norm=...))",
    "hooks": "custom_hooks = [...]",
    "lr": "optimizer = dict(lr=...)",
    "max_epochs": "total_epochs = ...",
    "num_workers": "data = dict(workers_per_gpu=...)",
    "optim_wrapper": "optimizer = dict(...) and optimizer_config = dict(...)",
    "param_scheduler": "lr_config = dict(policy=...)",
    "scheduler": "lr_config = dict(policy=...)",
    "default_hooks": "checkpoint_config = dict(...) and log_config = dict(...)",
    "test_dataloader": "data = dict(test=dict(...), test_dataloader=dict(...))",
    "train_dataloader": "data = dict(train=dict(...), train_dataloader=dict(...))",
    "val_dataloader": "data = dict(val=dict(...), val_dataloader=dict(...))",
    "val_evaluator": "evaluation = dict(...)",
    "weight_decay": "optimizer = dict(weight_decay=...)",
}
"""Words of other engines, and how it is said here."""

DATA = (
    *("train", "val", "test"),
    *("train_dataloader", "val_dataloader", "test_dataloader"),
    *("videos_per_gpu", "workers_per_gpu", "timeout_s", "max_bad"),
    *("finish_on_device", "omni_videos_per_gpu", "train_ratio"),
)
"""The words of `data` that a typo is taken for one of; the last two are upstream's OmniSource's."""
EVALUATION = (
    "by_epoch",
    "greater_keys",
    "interval",
    "less_keys",
    "metric_options",
    "metrics",
    "out_dir",
    "rule",
    "save_best",
    "start",
    "test_fn",
)
"""The words of `evaluation` that a typo is taken for one of."""

DICTS = ("model", "data", "evaluation", "optimizer")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SAME_EVERYWHERE = (ConfigError, NotRegisteredError)
"""Mistakes that all processes of a run find."""


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
        action="extend",
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
    """Call `command`, and tell a person what an `EngineError`, or the error of a constructor, says instead of showing a traceback.

    A bug keeps its traceback, and the last line says where in it one's own code is.
    """
    try:
        return int(command() or 0)
    except Exception as raised:
        e = raised if isinstance(raised, EngineError) else told(raised)
        if e is None:
            _note_place(raised)
        if debug or e is None:
            raise
        _locate(e, config)
        if is_launched() and local_rank() > 0 and isinstance(e, SAME_EVERYWHERE):
            # The machine's first process says it too. When that ends, torchrun ends this one, and it is said once.
            time.sleep(3)
        print(f"error: {e}", file=sys.stderr, flush=True)
        return e.exit_code
    except KeyboardInterrupt:  # a run that trains stops by itself
        if debug:
            raise
        return 130


def _note_place(error: Exception) -> None:
    """Let the last line say where one's own code failed, unless that was in a worker: what it sent has the lines."""
    cause: BaseException = error
    while cause.__cause__ is not None:  # a transform's error names the clip
        cause = cause.__cause__
    if "Original Traceback" not in str(error):
        add_note(error, f"raised at {raised_at(cause)}")


def _locate(error: EngineError, config: str) -> None:
    """Say the place in the config, if the error says none, or only a key or a class."""
    key = error.where if is_key(error.where) else ""
    if error.where and not key:
        return
    words = [*re.findall(r"'([\w.]+)'", error.what), *key.split(".")[::-1]]
    place = place_of_error(error, words, key) or (config if not key else "")
    named = key and place.endswith(f" {key}")  # --cfg-options KEY
    error.where = ": ".join(filter(None, (place, "" if named else key)))


def load_config(args: argparse.Namespace, needed: Sequence[str]) -> Config:
    """The config of the command line, with its overrides.

    Raises:
        ConfigError: it cannot be read, lacks an entry that is needed, or has what `check_keys` or `check_values` refuse.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        cfg = Config.fromfile(args.config)
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)
    cfg.merge_from_dict(parse_options(args.cfg_options))
    check_values(cfg)
    check_keys(cfg)
    for key in needed:
        if key not in cfg:
            raise ConfigError(f"the config has no `{key}`", cfg.filename)
        if key in DICTS and not isinstance(cfg[key], Mapping):
            raise ConfigTypeError(
                f"`{key}` is a dict, not {cfg[key]!r}", place_of(cfg, key)
            )
    if cfg.get("log_level", "INFO") not in LEVELS:
        raise ConfigError(
            f"log_level is {cfg.log_level!r}",
            place_of(cfg, "log_level"),
            f"one of {', '.join(LEVELS)}",
        )
    return cfg


def check_keys(cfg: Config) -> None:
    """Refuse a key at the top that was probably meant to say something.

    A key is known, or it is a variable that the config's own files read, or it says nothing. Of the last, one that is
    near a known key, or another engine's word for it, is refused; the others are told, as leftovers do no harm.

    Raises:
        ConfigKeyError: such a key, with its place and what was meant.
    """
    known = KEYS | UPSTREAM_KEYS
    origin = origin_of(cfg)
    variables = origin.places.source.read_names() if origin else set()
    leftovers = []
    for key in map(str, cfg):  # YAML has numbers too
        if key in known or key in variables or key.startswith("_"):
            continue
        hint = did_you_mean(key, known, cutoff=0.8)
        if key in ELSEWHERE:
            hint = f"write {ELSEWHERE[key]}"
        if hint:
            raise ConfigKeyError(
                f"{key} means nothing to the engine", place_of(cfg, key), hint
            )
        leftovers.append(f"{key} ({place_of(cfg, key)})")
    # Other words of `evaluation` go to the data set, and those of `data` are leftovers.
    for part, words in (("evaluation", EVALUATION), ("data", DATA)):
        for key in cfg.get(part) or {}:
            hint = "" if key in words else did_you_mean(key, words, cutoff=0.8)
            if hint:
                raise ConfigKeyError(
                    f"{part}.{key} means nothing to the engine",
                    place_of(cfg, part, key),
                    hint,
                )
    if leftovers:
        print(f"note: nothing reads {', '.join(leftovers)}", file=sys.stderr)


def pick_device(name: str | None) -> torch.device:
    """The device of that name; for None the GPU where there is one, else the CPU.

    Raises:
        ConfigError: there is no such device.
    """
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as e:  # torch without CUDA asserts
        kind, _, number = str(name).lower().partition(":")
        meant = (
            "cuda" if kind == "gpu" else ("".join(near(kind, ("cpu", "cuda", "mps"))))
        )
        hint = (
            f"did you mean {':'.join(filter(None, (meant, number)))}?" if meant else ""
        )
        if meant == kind:
            hint = "leave it out: without a GPU the CPU is taken"
        why = str(e).splitlines()[0]
        raise ConfigError(
            f"there is no device {name!r}"
            + ("" if why.startswith("Expected one of") else f": {why}"),
            "--device",
            hint,
        ) from None
    return pick_gpu(device)


def describe(device: torch.device) -> str:
    """The device in words, for the log."""
    return (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"the {device.type.upper()}"
    )
