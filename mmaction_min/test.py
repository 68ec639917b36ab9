"""Evaluate a checkpoint on the test split of a config.

python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .assemble import amp_dtype, build_loader, prepare_model
from .command import command_parser, load_config, pick_device, run_command
from .config import Config
from .runner import load_checkpoint, single_gpu_test
from .runner.hooks.evaluation import evaluate

SETTINGS = ("start", "interval", "by_epoch", "save_best", "rule", "out_dir")
"""The entries of `evaluation` that are about when and where; the others are arguments of the data set's `evaluate`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    parser = command_parser("test", __doc__)
    parser.add_argument("checkpoint", help="the checkpoint file")
    args = parser.parse_args(argv)
    return run_command(
        lambda: test(load_config(args, ("model", "data", "evaluation")), args),
        args.config,
        debug=args.debug,
    )


def test(cfg: Config, args: argparse.Namespace) -> None:
    """Print the metrics of a checkpoint, one a line, under upstream's names (`top1_acc: 0.9300`)."""
    device = pick_device(args.device)
    model = prepare_model(cfg, device)
    load_checkpoint(model, args.checkpoint, strict=True)
    loader = build_loader(cfg, "test", 0, device)
    results = single_gpu_test(model, loader, device, amp_dtype(cfg))
    metrics = {
        key: value for key, value in cfg.evaluation.items() if key not in SETTINGS
    }
    for name, value in evaluate(loader, results, metrics).items():
        print(f"{name}: {value:.4f}")


if __name__ == "__main__":
    sys.exit(main())
