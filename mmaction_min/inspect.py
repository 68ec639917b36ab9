"""Look at a config before it is trained: what it resolves to, the model, the param groups, the hooks, the schedule.

    python -m mmaction_min.inspect configs/tsm_r18_motion.py
    python -m mmaction_min.inspect configs/tsm_r18_motion.py --only model --depth 3
    python -m mmaction_min.inspect configs/tsm_r18_motion.py --only --plot lr.png --iters-per-epoch 60
    python -m mmaction_min.inspect configs/tsm_r18_motion.py --only config > resolved.py

Nothing is trained, no weights are loaded and no video is read: the shapes are those of a made-up batch.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .analysis.drawing import check_picture, save_figure
from .analysis.made_up import made_up_batch
from .analysis.model_table import format_parts, model_parts, shape_of
from .analysis.param_groups import format_groups
from .analysis.schedule import draw_schedule, rehearse
from .analysis.tables import format_table
from .assemble import build_loader, build_runner, innermost, prepare_model
from .command import command_parser, load_config, pick_device, run_command
from .config import Config
from .errors import ConfigError, EngineError
from .runner import BaseRunner, DistEvalHook
from .runner.device import to_device
from .runner.priority import Priority

PARTS = ("config", "model", "optimizer", "hooks")
EVENTS = ("run", "train_epoch", "train_iter", "val_epoch", "val_iter")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    args = _parser().parse_args(argv)
    return run_command(
        lambda: inspect(load_config(args, ("model",)), args),
        args.config,
        debug=args.debug,
    )


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("inspect", __doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        choices=PARTS,
        metavar="PART",
        help=f"show these alone: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--depth",
        type=int,
        default=2,
        help="how deep the model's table goes; 1 is backbone and head (%(default)s)",
    )
    parser.add_argument(
        "--shape",
        nargs="+",
        type=int,
        metavar="N",
        help="of the batch `imgs`, where the pipeline does not say it: 1 8 3 224 224",
    )
    parser.add_argument(
        "--plot", metavar="PICTURE", help="draw learning rate and momentum"
    )
    parser.add_argument(
        "--iters-per-epoch",
        type=int,
        metavar="N",
        help="batches of an epoch, for --plot; by default the data set is asked",
    )
    return parser


def inspect(cfg: Config, args: argparse.Namespace) -> None:
    """Print and draw what the command line asks for."""
    parts = PARTS if args.only is None else args.only
    picture = args.plot and check_picture(args.plot)
    if args.iters_per_epoch is not None and args.iters_per_epoch < 1:
        raise ConfigError("an epoch has at least one batch", "--iters-per-epoch")
    if "config" in parts:
        _print("config", cfg.pretty_text, parts)
    if not picture and not {*parts} - {"config"}:
        return
    cfg = copy.deepcopy(cfg)  # which keeps the places for messages
    cfg.compile = None
    _forget_weights(cfg.model)
    device = pick_device(args.device)
    runner = build_runner(cfg, device, None) if cfg.get("optimizer") else None
    model = runner.model if runner else prepare_model(cfg, device)
    if "model" in parts:
        _print("model", _describe_model(cfg, model, args, device), parts)
    if runner is None:
        if picture or {"optimizer", "hooks"} & {*(args.only or ())}:
            raise ConfigError("the config has no `optimizer`, so it trains nothing")
        return
    model.train()  # from now on what is frozen is
    if "optimizer" in parts:
        _print("optimizer", format_groups(model, runner.optimizer), parts)
    if "hooks" in parts:
        _print("hooks", _describe_hooks(cfg, runner), parts)
    if picture:
        length = args.iters_per_epoch or _loader_length(cfg, device)
        schedule = rehearse(runner, length, cfg.get("workflow") or [("train", 1)])
        save_figure(draw_schedule(schedule, os.path.basename(args.config)), picture)
        print(f"drew {len(schedule.lr[0]):,} iterations into {picture}")


def _print(title: str, text: str, parts: Sequence[str]) -> None:
    """A part under its title; without one if it is alone, so that a file of it is a config."""
    print(text.rstrip() if len(parts) == 1 else f"=== {title}\n{text.rstrip()}\n")


def _forget_weights(cfg: Any) -> None:
    """Leave nothing to load in the config of a model."""
    if isinstance(cfg, dict):
        for key, value in cfg.items():
            if key == "pretrained":
                cfg[key] = None
            _forget_weights(value)


def _describe_model(
    cfg: Config, model: nn.Module, args: argparse.Namespace, device: torch.device
) -> str:
    try:
        batch = to_device(_batch(cfg, args.shape), device)
        parts = model_parts(model, batch, args.depth)
    except Exception as e:  # whatever a model of one's own raises
        if args.debug:
            raise
        why = str(e) if isinstance(e, EngineError) else f"{type(e).__name__}: {e}"
        if args.shape:
            raise ConfigError(f"the model takes no such batch: {why}", "--shape") from e
        text = format_parts(model_parts(model, None, args.depth))
        return f"{text}\nNo shapes and FLOPs: {why}\nSay them by --shape, as 1 8 3 224 224 (N M C H W) or 1 1 3 8 224 224 (N M C T H W)."
    inputs = [
        f"{key} {shape_of(value)}"
        for key, value in batch.items()
        if key != "label" and not key.endswith("_meta") and key != "img_metas"
    ]
    return f"{format_parts(parts)}\nof one sample, {', '.join(inputs)}"


def _batch(cfg: Config, shape: Sequence[int] | None) -> dict[str, Any]:
    if shape:
        return {"imgs": torch.zeros(*shape)}
    data = cfg.get("data") or {}
    return made_up_batch(innermost(data.get("train") or {}), cfg.model)


def _describe_hooks(cfg: Config, runner: BaseRunner) -> str:
    """The hooks that training would have, in their order, and when each is called."""
    if cfg.get("evaluation"):
        nothing = DataLoader(TensorDataset(torch.empty(0)))  # it is not looked at
        runner.register_hook(DistEvalHook(nothing, **cfg.evaluation), "LOW")
    runner.register_custom_hooks(cfg.get("custom_hooks"))
    names = {priority.value: priority.name for priority in Priority}
    rows = [
        (
            str(hook.priority),
            names.get(hook.priority, ""),
            type(hook).__name__,
            *(_when(hook.get_triggered_stages(), event) for event in EVENTS),
        )
        for hook in runner.hooks
    ]
    header = ("priority", "", "hook", *(event.replace("_", " ") for event in EVENTS))
    return format_table(header, rows)


def _when(stages: Sequence[str], event: str) -> str:
    """Whether a hook is called before or after an event, or both."""
    return ", ".join(
        when for when in ("before", "after") if f"{when}_{event}" in stages
    )


def _loader_length(cfg: Config, device: torch.device) -> int:
    try:
        return len(build_loader(cfg, "train", 0, device))
    except EngineError as e:
        e.hint = "say --iters-per-epoch N, and no data are needed"
        raise


if __name__ == "__main__":
    sys.exit(main())
