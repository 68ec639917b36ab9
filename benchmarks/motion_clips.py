"""TSN against TSM on MotionClips: a table of accuracies and the learning curves, docs/motion_clips.png.

    pip install -e '.[plot]'
    python benchmarks/motion_clips.py                # two configs, three seeds: half an hour on two cores
    python benchmarks/motion_clips.py --seeds 0      # one seed

A run that is there already (work_dirs/motion_clips/tsm_r18_motion-0, ...) is read and not trained again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).parents[1]
CONFIGS = {
    "tsn_r18_motion": "TSN-R18: every frame alone",
    "tsm_r18_motion": "TSM-R18: with temporal shift",
}
ORDER_BLIND = 50.0  # per cent: a clip and its reversed twin have the same frames and opposite labels


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--work-dirs", type=Path, default=REPO / "work_dirs" / "motion_clips"
    )
    args = parser.parse_args()
    curves = {
        config: [accuracies(run(config, seed, args.work_dirs)) for seed in args.seeds]
        for config in CONFIGS
    }
    print_table(curves, args.seeds)
    draw(curves, REPO / "docs" / "motion_clips.png")


def run(config: str, seed: int, work_dirs: Path) -> Path:
    """Train, unless it is done; the folder of the run."""
    work_dir = work_dirs / f"{config}-{seed}"
    if not any(work_dir.glob("*.log.json")):
        command = [
            sys.executable,
            "-m",
            "mmaction_min.train",
            f"configs/{config}.py",
            "--seed",
            str(seed),
        ]
        start = time.monotonic()
        subprocess.run([*command, "--work-dir", str(work_dir)], cwd=REPO, check=True)
        print(f"{config}, seed {seed}: {time.monotonic() - start:.0f} s")
    return work_dir


def accuracies(work_dir: Path) -> list[float]:
    """Top-1 on the validation clips after each epoch, in per cent."""
    lines = [
        json.loads(line)
        for log in sorted(work_dir.glob("*.log.json"))
        for line in log.read_text().splitlines()
    ]
    return [100 * line["top1_acc"] for line in lines if line.get("mode") == "val"]


def print_table(curves: dict[str, list[list[float]]], seeds: list[int]) -> None:
    """Markdown, as the README has it: the accuracy after the last epoch."""
    print(
        "| top-1 after the last epoch | "
        + " | ".join(f"seed {seed}" for seed in seeds)
        + " |"
    )
    print("|---|" + "---|" * len(seeds))
    for config, runs in curves.items():
        print(
            f"| {CONFIGS[config]} | "
            + " | ".join(f"{run[-1]:.1f} %" for run in runs)
            + " |"
        )


def draw(curves: dict[str, list[list[float]]], path: Path) -> None:
    """One line a run, and the bound of what the set of frames alone can tell."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for (config, runs), colour in zip(
        curves.items(), ("tab:orange", "tab:blue"), strict=True
    ):
        for i, run in enumerate(runs):
            epochs = range(1, len(run) + 1)
            axes.plot(
                epochs,
                run,
                colour,
                alpha=0.8,
                label=CONFIGS[config] if i == 0 else None,
            )
    axes.axhline(
        ORDER_BLIND,
        color="grey",
        linestyle="--",
        label="bound of any model that ignores the order",
    )
    axes.set(
        xlabel="epoch",
        ylabel="top-1 on the validation clips, %",
        ylim=(0, 100),
        xlim=(1, None),
    )
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"drew {path}")


if __name__ == "__main__":
    main()
