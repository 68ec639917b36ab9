"""Runs the localization configs of MMAction2 0.24.1, unmodified, from training to evaluation, on made-up data.

    pip download --no-deps mmaction2==0.24.1 && unzip mmaction2-0.24.1*.whl
    python benchmarks/upstream_localizers.py mmaction/.mim/configs            # 20 minutes on two cores, 10 GB
    python benchmarks/upstream_localizers.py mmaction/.mim/configs --only bsn

In a folder in which everything lies where the configs look for it (features, annotations, frames, proposals, and in torch's cache
random weights in the place of ImageNet's) it gives the commands of upstream's manual: BMN is trained and tested; TEM is trained
and tested, proposals are generated from its scores, and PEM is trained on them and tested; SSN is trained by its one config and
tested by its other. Only the length of the training is changed, to one epoch. The table says of each config whether the model's
tensors have upstream's names and shapes (BMN's without its mask), and the last line of each command. Exits with 1 if one fails.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.models import ResNet50_Weights, resnet50
from upstream_models import compare

from mmaction_min import bsn_proposal_generation, test, train
from mmaction_min.config import Config

FEATURES = "data/ActivityNet/activitynet_feature_cuhk/csv_mean_100"
VIDEOS = 16  # a batch of TEM and PEM
FRAMES = 60
BMN = "bmn/bmn_400x100_2x8_9e_activitynet_feature.py"
TEM, PGM, PEM = (
    f"bsn/bsn_{step}_400x100_{rest}activitynet_feature.py"
    for step, rest in (("tem", "1x16_20e_"), ("pgm", ""), ("pem", "1x16_20e_"))
)
SSN_TRAIN, SSN_TEST = (
    f"ssn/ssn_r50_450e_thumos14_rgb_{step}.py" for step in ("train", "test")
)
SHORT = ["--cfg-options", "total_epochs=1", "--seed", "0", "--device", "cpu"]
BSN_DIR, SSN_DIR = (
    "work_dirs/bsn_400x100_20e_1x16_activitynet_feature",
    "work_dirs/ssn_r50_1x5_450e_thumos14_rgb",
)
COMMANDS: list[tuple[str, Callable[[Sequence[str]], int], list[str]]] = [
    (BMN, train.main, SHORT),
    (
        BMN,
        test.main,
        ["work_dirs/bmn_400x100_2x8_9e_activitynet_feature/latest.pth"],
    ),
    (TEM, train.main, SHORT),
    (TEM, test.main, [f"{BSN_DIR}/tem_epoch_1.pth"]),
    (PGM, bsn_proposal_generation.main, ["--mode", "train"]),
    (PGM, bsn_proposal_generation.main, ["--mode", "test"]),
    (PEM, train.main, SHORT),
    (PEM, test.main, [f"{BSN_DIR}/pem_epoch_1.pth"]),
    (SSN_TRAIN, train.main, SHORT),
    (SSN_TEST, test.main, [f"{SSN_DIR}/latest.pth", "--eval", "mAP"]),
]


def write_activitynet() -> None:
    """Features of (100, 400), and annotations, for BMN and BSN."""
    rng = np.random.default_rng(0)
    Path(FEATURES).mkdir(parents=True)
    database = {}
    for number in range(VIDEOS):
        name = f"v_{number}"
        table = rng.standard_normal((100, 400)).astype(np.float32)
        np.savetxt(
            f"{FEATURES}/{name}.csv",
            table,
            delimiter=",",
            header=",".join(f"f{i}" for i in range(400)),
            comments="",
            fmt="%.4f",
        )
        start = float(rng.uniform(0, 60))
        database[name] = {
            "duration_second": 100.0,
            "duration_frame": 3000,
            "feature_frame": 2992,
            "annotations": [{"segment": [start, start + 30], "label": "made up"}],
        }
    for split in ("train", "val", "full"):
        path = Path("data/ActivityNet", f"anet_anno_{split}.json")
        path.write_text(json.dumps(database))


def write_thumos() -> None:
    """Frames and proposals of two videos, for SSN; and weights in the place of ImageNet's."""
    noise = np.random.default_rng(0).integers(0, 255, (32, 43, 3), dtype=np.uint8)
    large = np.asarray(Image.fromarray(noise).resize((340, 256)))
    for split in ("val", "test"):
        lines = []
        for number in range(2):
            folder = Path("data/thumos14/rawframes", f"video_{split}_{number}")
            folder.mkdir(parents=True)
            for i in range(1, FRAMES + 1):
                frame = Image.fromarray(np.roll(large, 4 * i, axis=1))
                frame.save(folder / f"img_{i:05d}.jpg")
            lines += [f"# {number}", folder.name, str(FRAMES), "1"]
            lines += ["1", f"{number + 1} 10 40"]
            spans = [("0.83", "0.83", 10, 35), ("0.16", "1.00", 15, 20)]
            spans += [("0.75", "0.75", 12, 45), ("0.00", "0.00", 42, 60)]
            lines.append(str(len(spans)))
            lines += [f"{number + 1} {' '.join(map(str, row))}" for row in spans]
        path = Path("data/thumos14", f"thumos14_tag_{split}_proposal_list.txt")
        path.write_text("\n".join(lines) + "\n")
    cache = Path(torch.hub.get_dir(), "checkpoints")
    cache.mkdir(parents=True)
    name = Path(ResNet50_Weights.IMAGENET1K_V1.url).name
    torch.save(resnet50(weights=None).state_dict(), cache / name)


def compare_model(folder: Path, name: str) -> str:
    """Whether the tensors have upstream's names and shapes."""
    cfg = Config.fromfile(folder / name)
    if "model" not in cfg:
        return "no model"
    return compare(f"localization/{name}", cfg.model)


def run(command: Callable[[Sequence[str]], int], argv: list[str]) -> tuple[bool, str]:
    """Whether a command succeeds, and the last that it says."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = command(argv)
    lines = [line for line in said.getvalue().splitlines() if line.strip()]
    return code == 0, (lines or ["(nothing)"])[-1][-110:]


def main() -> int:
    """Go through the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="bmn, bsn or ssn")
    args = parser.parse_args()
    folder = args.folder.resolve() / "localization"
    failed = False
    with tempfile.TemporaryDirectory() as place:
        os.environ["TORCH_HOME"] = f"{place}/torch"
        with contextlib.chdir(place):
            write_activitynet()
            write_thumos()
            for name, command, more in COMMANDS:
                if not name.startswith(args.only):
                    continue
                began = time.perf_counter()
                tensors = compare_model(folder, name)
                good, last = run(command, [str(folder / name), *more])
                failed |= not good or tensors.startswith("FAILED")
                verb = command.__module__.rpartition(".")[2]
                took = time.perf_counter() - began
                state = "ok" if good else "FAILED"
                print(f"{name}\n  {verb}: {state}, tensors {tensors}, {took:.0f} s")
                print(f"  {last}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
