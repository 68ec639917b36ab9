"""A week's run in small: everything that can happen to a training happens, and the weights are those of a quiet run.

    python benchmarks/week.py               # 2,000 steps, twice: a minute or two on two cores that are idle
    python benchmarks/week.py --steps 400

Of 200 videos two are broken. The quiet run is left alone. The other one is killed by SIGKILL three times at a random
step, gets SIGTERM twice, and loses a worker once; after each it is started again by `--resume auto`. Both must end with
the same SHA-256 of weights, optimizer and random numbers.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import resume
import torch
from torch import Tensor, nn

from mmaction_min.datasets.motion_clips import Recipe, write_clips
from mmaction_min.models import BACKBONES
from mmaction_min.runner import HOOKS, Hook

CONFIG = """
_base_ = ["{repo}/configs/_base_/models/tsn_r18.py", "{repo}/configs/_base_/datasets/motion_clips.py",
    "{repo}/configs/_base_/schedules/quick.py", "{repo}/configs/_base_/default_runtime.py"]
model = dict(backbone=dict(_delete_=True, type="OneConv"), cls_head=dict(in_channels=8))
data = dict(
    videos_per_gpu=2, workers_per_gpu=2, timeout_s=60,
    train=dict(_delete_=True, type="VideoDataset", ann_file="{folder}/train.txt", data_prefix="{folder}", pipeline={{{{_base_.train_pipeline}}}}),
)
optimizer = dict(_delete_=True, type="SGD", lr=0.01, momentum=0.9)
evaluation = None
total_epochs = {epochs}
checkpoint_config = dict(interval=50, by_epoch=False, max_keep_ckpts=3)
log_config = dict(interval=20)
custom_hooks = [dict(type="Weather")]
"""


@BACKBONES.register_module()
class OneConv(nn.Module):
    """A backbone that costs next to nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=4)

    def init_weights(self) -> None:
        """They are random already."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 8, H', W')."""
        return torch.relu(self.conv(x))


@HOOKS.register_module()
class Weather(Hook):
    """What the environment's WEATHER says, `step what`, happens in that step."""

    def before_run(self, runner: Any) -> None:
        step, self.what = os.environ.get("WEATHER", "-1 nothing").split()
        self.step = int(step)

    def after_train_iter(self, runner: Any) -> None:
        if runner.iter != self.step:
            return
        if self.what == "worker":
            worker = next(iter(runner.data_loader.processes))
            os.kill(worker.pid, signal.SIGKILL)
        else:
            os.kill(os.getpid(), signal.Signals[self.what])


EXITS = {"SIGKILL": -9, "SIGTERM": 143, "worker": 1}


def run(config: Path, work_dir: Path, weather: str) -> int:
    """Train, and go on if there is something to go on from; the exit code."""
    os.environ["WEATHER"] = weather
    return resume.in_a_process(config, work_dir, 2)


def write_data(folder: Path, epochs: int) -> Path:
    """200 clips, of which two are broken; and the config."""
    clips = write_clips(Recipe("train", 200, 64, 0), folder)
    lines = (clips / "train.txt").read_text().splitlines()
    for line in (lines[17], lines[120]):
        path = clips / line.split()[0]
        path.write_bytes(path.read_bytes()[:500])
    text = CONFIG.format(repo=resume.REPO, folder=clips, epochs=epochs)
    config = folder / "week.py"
    config.write_text(text)
    return config


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=2000, help="a multiple of 100")
    parser.add_argument("--seed", type=int, default=0, help="of the weather")
    args = parser.parse_args()
    draw = random.Random(args.seed)
    troubles = [*3 * ["SIGKILL"], *2 * ["SIGTERM"], "worker"]
    draw.shuffle(troubles)
    moments = sorted(draw.sample(range(args.steps - 100), len(troubles)))
    with tempfile.TemporaryDirectory() as name:
        config = write_data(Path(name), args.steps // 100)
        quiet, stormy = Path(name, "quiet"), Path(name, "stormy")
        print("quiet run: exit code", run(config, quiet, "-1 nothing"), flush=True)
        for step, trouble in zip(moments, troubles, strict=True):
            code = run(config, stormy, f"{step} {trouble}")
            print(f"step {step + 1}: {trouble}, exit code {code}", flush=True)
            if code != EXITS[trouble]:
                print(stormy.with_suffix(".txt").read_text()[-3000:])
                return 1
        print("the rest: exit code", run(config, stormy, "-1 nothing"))
        named = stormy.with_suffix(".txt").read_text().count("broken video")
        first, second = resume.outcome(quiet), resume.outcome(stormy)
    print(f"broken videos were named {named} times in {len(troubles) + 1} processes")
    for part, digest in first.items():
        print(f"{part}: {digest[:16]} and {second[part][:16]}")
    return int(first != second)


if __name__ == "__main__":
    sys.exit(main())
