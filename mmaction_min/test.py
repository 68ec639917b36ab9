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
    Predictions,
    check_out,
    class_names,
    collect_predictions,
    save_predictions,
)
from .analysis.timeline import draw_timeline
from .assemble import build_loader, precision, prepare_model
from .checks import check_evaluation, check_labels, eval_kwargs
from .command import command_parser, load_config, pick_device, run_command
from .config import Config, parse_options
from .datasets import DATASETS
from .errors import ConfigError
from .runner import get_dist_info, load_checkpoint, multi_gpu_test
from .runner.dist import processes
from .runner.inference import evaluate


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
        "--timeline",
        metavar="PICTURE",
        help="of a localizer: draw segments and proposals of a few videos",
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
    kind = str((cfg.data.get("test") or {}).get("type"))
    # Segments in time are written by their data set, which knows the formats.
    localizes = hasattr(DATASETS.get(kind), "dump_results")
    _check_outputs(cfg, args, kind, localizes)
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
        check_labels(loader, cfg)
        dataset: Any = loader.dataset
        names = class_names(
            cfg, dataset.dataset, args.label_map, checkpoint.get("meta")
        )
        if metrics is not None:
            _check_metrics(dataset.dataset, metrics, args)
        results = multi_gpu_test(model, loader, device, precision(cfg)[0])
        scores = {} if metrics is None else evaluate(loader, results, metrics)
        if get_dist_info()[0] > 0:
            return
    for name, value in scores.items():
        print(f"{name}: {value:.4f}")
    dataset = getattr(dataset, "dataset", dataset)  # what the loader wrapped
    if localizes:
        _write_segments(dataset, results, cfg, args)
    elif args.out or args.confusion:
        _write_scores(collect_predictions(dataset, results, names or None), args)


def _check_outputs(
    cfg: Config, args: argparse.Namespace, kind: str, localizes: bool
) -> None:
    """Refuse what cannot be written, now and not after the work."""
    if (args.confusion and localizes) or (args.timeline and not localizes):
        raise ConfigError(
            f"there is no such picture of what is found in {kind}",
            "--confusion" if args.confusion else "--timeline",
            "--confusion is of classes, --timeline of segments in time",
        )
    form = (cfg.get("output_config") or {}).get("output_format", "json")
    if args.out and localizes and form == "json" and not args.out.endswith(".json"):
        raise ConfigError(
            f"what is found in {kind} is written as .json",
            "--out",
            "for another form, say output_config=dict(out=..., output_format=...) in the config",
        )
    if args.out and not localizes:
        check_out(args.out)
    if picture := args.confusion or args.timeline:
        check_picture(picture)
        new_figure(1, 1)  # is matplotlib there?


def _write_segments(
    dataset: Any, results: Sequence[Any], cfg: Config, args: argparse.Namespace
) -> None:
    """What a localizer found, as `output_config` says, to the place of `--out`; and the picture of it."""
    output = {
        **(cfg.get("output_config") or {}),
        **({"out": args.out} if args.out else {}),
    }
    if "out" in output:
        dataset.dump_results(results, **output)
        print(f"wrote the results of {len(results)} videos into {output['out']}")
    if args.timeline:
        infos, found, unit = dataset.timeline(results)
        save_figure(draw_timeline(infos, found, unit=unit), args.timeline)
        print(f"drew {args.timeline}")


def _write_scores(predictions: Predictions, args: argparse.Namespace) -> None:
    """What a recognizer said, and which classes it mixes up."""
    if args.out:
        save_predictions(predictions, args.out)
        print(f"wrote {len(predictions.filenames)} predictions into {args.out}")
    if args.confusion:
        matrix = predictions.confusion()
        save_figure(draw_confusion(matrix, predictions.classes), args.confusion)
        print(f"drew {args.confusion}")


def _check_metrics(
    dataset: Any, metrics: Mapping[str, Any], args: argparse.Namespace
) -> None:
    try:
        check_evaluation(dataset, metrics, metrics)
    except ConfigError as e:
        if args.eval and e.where == "evaluation.metrics":
            e.where = "--eval"
        elif args.eval_options:
            e.where = "--eval-options"
        raise


def _metrics(cfg: Config, args: argparse.Namespace) -> Mapping[str, Any] | None:
    """The arguments of the data set's `evaluate`; None where nothing is to be measured."""
    known = cfg.get("evaluation") or cfg.get("eval_config") or {}
    metrics = eval_kwargs(known)
    if args.eval:
        metrics["metrics"] = args.eval
    elif not known:
        if args.out or args.confusion or args.timeline or cfg.get("output_config"):
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
