"""Evaluate a checkpoint on the test split of a config: metrics, predictions, a picture of what is mixed up.

    python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth
    python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth --out predictions.json --confusion confusion.png
    python -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth --eval mean_class_accuracy
    torchrun --nproc-per-node 2 -m mmaction_min.test configs/tsm_r18_motion.py work_dirs/tsm_r18_motion/latest.pth

`--out` takes .json or .pkl (a list with filename, label, pred and scores of each sample), .npz (the same as arrays) or .npy (the scores).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .analysis.confusion import draw_confusion
from .analysis.drawing import check_picture, new_figure, save_figure
from .analysis.predictions import (
    check_out,
    collect_predictions,
    read_label_map,
    save_predictions,
)
from .assemble import build_loader, precision, prepare_model
from .command import command_parser, load_config, pick_device, run_command
from .config import Config, parse_options
from .errors import ConfigError
from .runner import get_dist_info, load_checkpoint, multi_gpu_test
from .runner.dist import processes
from .runner.hooks.evaluation import evaluate

SETTINGS = (
    "start",
    "interval",
    "by_epoch",
    "save_best",
    "rule",
    "out_dir",
    "greater_keys",
    "less_keys",
)
"""The entries of `evaluation` that are about when and where; the others are arguments of the data set's `evaluate`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    args = _parser().parse_args(argv)
    return run_command(
        lambda: test(load_config(args, ("model", "data")), args),
        args.config,
        debug=args.debug,
    )


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("test", __doc__)
    parser.add_argument("checkpoint", help="the checkpoint file")
    parser.add_argument("--out", help="write what was predicted for each sample")
    parser.add_argument(
        "--confusion", metavar="PICTURE", help="draw which classes are mixed up"
    )
    parser.add_argument(
        "--eval",
        nargs="+",
        metavar="METRIC",
        help="the metrics; by default those of the config's `evaluation`",
    )
    parser.add_argument(
        "--eval-options",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="more for the metrics: metric_options.top_k_accuracy.topk=(1,3)",
    )
    parser.add_argument(
        "--average-clips",
        choices=["score", "prob"],
        help="how the scores of a sample's crops are averaged, before or after the softmax",
    )
    parser.add_argument(
        "--label-map", metavar="FILE", help="the names of the classes, one a line"
    )
    return parser


def test(cfg: Config, args: argparse.Namespace) -> None:
    """Print the metrics of a checkpoint, one a line, under upstream's names (`top1_acc: 0.9300`); write what was asked for."""
    metrics = _metrics(cfg, args)
    out = args.out and check_out(args.out)
    picture = args.confusion and check_picture(args.confusion)
    if picture:
        new_figure(1, 1)  # is matplotlib there? asked now, not after the work
    names = read_label_map(args.label_map) if args.label_map else None
    if args.average_clips:
        test_cfg = {
            **(cfg.model.get("test_cfg") or {}),
            "average_clips": args.average_clips,
        }
        cfg.merge_from_dict({"model.test_cfg": test_cfg})
    device = pick_device(args.device)
    with processes(device, **(cfg.get("dist_params") or {})):
        model = prepare_model(cfg, device)
        checkpoint = load_checkpoint(model, args.checkpoint, strict=True)
        loader = build_loader(cfg, "test", 0, device)
        results = multi_gpu_test(model, loader, device, precision(cfg)[0])
        scores = {} if metrics is None else evaluate(loader, results, metrics)
        if get_dist_info()[0] > 0:
            return
    for name, value in scores.items():
        print(f"{name}: {value:.4f}")
    if not (out or picture):
        return
    dataset: Any = loader.dataset
    dataset = getattr(dataset, "dataset", dataset)  # what the loader wrapped
    known = getattr(dataset, "CLASSES", None) or checkpoint.get("meta", {}).get(
        "CLASSES"
    )
    predictions = collect_predictions(dataset, results, names or known)
    if out:
        save_predictions(predictions, out)
        print(f"wrote {len(results)} predictions into {out}")
    if picture:
        save_figure(
            draw_confusion(predictions.confusion(), predictions.classes), picture
        )
        print(f"drew {picture}")


def _metrics(cfg: Config, args: argparse.Namespace) -> Mapping[str, Any] | None:
    """The arguments of the data set's `evaluate`; None where nothing is to be measured."""
    known = cfg.get("evaluation") or {}
    metrics = {key: value for key, value in known.items() if key not in SETTINGS}
    if args.eval:
        metrics["metrics"] = args.eval
    elif not known:
        if args.out or args.confusion:
            return None
        raise ConfigError(
            "there is nothing to do: the config has no `evaluation`",
            cfg.filename,
            "say --eval METRIC, --out FILE or --confusion PICTURE",
        )
    options = Config(metrics)
    try:
        options.merge_from_dict(parse_options(args.eval_options))
    except ConfigError as e:
        e.where = "--eval-options"
        raise
    return options


if __name__ == "__main__":
    sys.exit(main())
