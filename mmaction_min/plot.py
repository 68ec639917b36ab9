"""Draw the learning curves of runs side by side: loss, metrics and learning rate, from their JSON logs.

    python -m mmaction_min.plot work_dirs/tsm work_dirs/tsn
    python -m mmaction_min.plot work_dirs/tsm --keys loss top1_acc --smooth 10 --out tsm.pdf

A run that was resumed is one curve. `--keys` takes any number that the logs have.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .analysis.curves import choose_keys, draw_curves
from .analysis.drawing import check_picture, save_figure
from .analysis.logs import read_run
from .errors import ConfigError, EngineError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 for what a person must mend."""
    args = _parser().parse_args(argv)
    try:  # not by the other commands' way, which imports torch
        plot(args)
    except EngineError as e:
        if args.debug:
            raise
        print(f"error: {e}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m mmaction_min.plot",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="WORK_DIR",
        help="folders of runs, or .log.json files",
    )
    parser.add_argument(
        "--out",
        default="curves.png",
        help="the picture: .png, .pdf or .svg (%(default)s)",
    )
    parser.add_argument(
        "--keys",
        nargs="+",
        default=[],
        help="what to draw; by default loss, metrics, lr",
    )
    parser.add_argument(
        "--legend", nargs="+", default=[], metavar="NAME", help="a name for each run"
    )
    parser.add_argument(
        "--smooth",
        type=int,
        default=1,
        metavar="N",
        help="draw training as the mean over N entries of the log",
    )
    parser.add_argument("--title", default="", help="above the picture")
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error"
    )
    return parser


def plot(args: argparse.Namespace) -> None:
    """Draw what the command line asks for, and say where it is."""
    if args.legend and len(args.legend) != len(args.runs):
        raise ConfigError(
            f"there are {len(args.legend)} names for {len(args.runs)} runs", "--legend"
        )
    if args.smooth < 1:
        raise ConfigError(f"no mean is over {args.smooth} entries", "--smooth")
    out = check_picture(args.out)
    runs = [
        read_run(path, name)
        for path, name in zip(args.runs, args.legend or _names(args.runs), strict=True)
    ]
    keys = choose_keys(runs, args.keys)
    save_figure(draw_curves(runs, keys, smooth=args.smooth, title=args.title), out)
    print(
        f"drew {', '.join(keys)} of {len(runs)} run{'s' * (len(runs) > 1)} into {out}"
    )


def _names(paths: Sequence[str]) -> list[str]:
    """Empty, for the folders' own names; the whole paths where two of those are the same."""
    ends = [path.rstrip("/").rpartition("/")[2] for path in paths]
    return list(paths) if len(set(ends)) < len(ends) else [""] * len(paths)


if __name__ == "__main__":
    sys.exit(main())
