"""Is a resumed run the run that never stopped, to the bit? Prints a table: recipes x stops x workers, with SHA-256 of weights.

    python benchmarks/resume.py                       # 8 recipes, 5 stops, 0 and 2 workers: some ten minutes on two cores
    python benchmarks/resume.py --recipes tsn --workers 2 --stops 3 6

Each run is a process of its own that gives `python -m mmaction_min.train`'s command: one is never stopped, one gets SIGTERM
in a step (the one that ends an epoch also has an evaluation to do), one goes on by `--resume auto`. Compared are, of the two
parts together and of the whole: the clips of every step in their order, the bits of every loss and of the random numbers
after it, the lines of the log; and of the last checkpoint every tensor, the optimizer's entries and all generators.
Nothing is sorted, and nothing may differ.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import Tensor

from mmaction_min import train
from mmaction_min.runner import HOOKS, Hook, read_checkpoint

REPO = Path(__file__).resolve().parents[1]
BASE = """
_base_ = [
    "{repo}/configs/_base_/models/{model}_r18.py",
    "{repo}/configs/_base_/datasets/motion_clips.py",
    "{repo}/configs/_base_/schedules/quick.py",
    "{repo}/configs/_base_/default_runtime.py",
]
model = dict(backbone=dict(num_stages=1, out_indices=(0,)), cls_head=dict(in_channels=64))
train_pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=8),
    dict(type="PyAVDecode"),
    dict(type="RandomResizedCrop"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Flip", flip_ratio=0.5),
    dict(type="Normalize", mean=[128, 128, 128], std=[64, 64, 64]),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
data = dict(
    videos_per_gpu=4,
    train=dict(num_clips=24, root="{cache}", pipeline=train_pipeline),
    val=dict(num_clips=8, root="{cache}"),
)
log_config = dict(interval=4)
checkpoint_config = dict(interval=1, max_keep_ckpts=2)
total_epochs = 2
custom_hooks = [dict(type="Witness")]
"""
LOCALIZER = """
_base_ = ["{repo}/configs/bmn_motion.py"]
model = dict(temporal_dim=16, hidden_dim_1d=16, hidden_dim_2d=8, hidden_dim_3d=8)
data = dict(
    videos_per_gpu=4,
    train=dict(num_videos=24, temporal_dim=16, root="{cache}"),
    val=dict(num_videos=8, temporal_dim=16, root="{cache}"),
)
log_config = dict(interval=4)
checkpoint_config = dict(interval=1, max_keep_ckpts=2)
total_epochs = 2
custom_hooks = [dict(type="Witness")]
"""
RECIPES = {
    "tsn": (
        "tsn",
        """
optimizer = dict(_delete_=True, type="SGD", lr=0.01, momentum=0.9, nesterov=True)
lr_config = dict(_delete_=True, policy="step", step=[1], warmup="linear", warmup_iters=8)
momentum_config = dict(policy="CosineAnnealing", min_momentum=0.8, by_epoch=False)
""",
    ),
    "tsm": (
        "tsm",
        """
optimizer = dict(constructor="TSMOptimizerConstructor", paramwise_cfg=dict(fc_lr5=True))
workflow = [("train", 1), ("val", 1)]
""",
    ),
    "i3d": (
        "tsn",
        """
model = dict(
    type="Recognizer3D",
    backbone=dict(_delete_=True, type="ResNet3d", depth=18, pretrained2d=False, num_stages=1, out_indices=(0,),
        spatial_strides=(1,), temporal_strides=(1,), dilations=(1,), base_channels=8),
    cls_head=dict(_delete_=True, type="I3DHead", num_classes=8, in_channels=8, dropout_ratio=0.5),
)
train_pipeline[1] = dict(type="SampleFrames", clip_len=8, frame_interval=1, num_clips=1)
train_pipeline[7] = dict(type="FormatShape", input_format="NCTHW")
data["val"]["pipeline"] = train_pipeline
""",
    ),
    "bmn": ("bmn", "# its loss draws random numbers\n"),
    "generated": (
        "tsn",
        """
custom_imports = dict(imports=["my_project"], allow_failed_imports=False)
model = dict(
    backbone=dict(_delete_=True, type="MyNet", out_channels=32),
    cls_head=dict(_delete_=True, type="MyHead", num_classes=8, in_channels=32, loss_cls=dict(type="MyLoss")),
)
optimizer = dict(_delete_=True, type="MyOptimizer", lr=0.01)
lr_config = dict(_delete_=True, policy="MyStep", steps=[1, 2], lrs=[0.01, 0.002])
""",
    ),
    "iterations": (
        "tsm",
        """
runner = dict(type="IterBasedRunner", max_iters=12)
total_epochs = None
optimizer_config = dict(cumulative_iters=4)
custom_hooks = [dict(type="Witness"), dict(type="EMAHook", momentum=0.01)]
checkpoint_config = dict(interval=4)
evaluation = dict(interval=6)
""",
    ),
    "float16": (
        "tsn",
        """
train_pipeline[4] = dict(type="Resize", scale=(16, 16), keep_ratio=False)  # a CPU is slow at it
fp16 = dict(loss_scale=dict(init_scale=1024.0, growth_interval=3))
optimizer_config = dict(grad_clip=dict(max_norm=1))
""",
    ),
    "bfloat16": (
        "tsm",
        """
amp = dict(dtype="bfloat16")
""",
    ),
}
PROJECT = ("backbone MyNet", "head MyHead", "loss MyLoss", "optimizer MyOptimizer")


@HOOKS.register_module()
class Witness(Hook):
    """Writes down each step: its clips, and the bits of its loss and of the generators; and sends a signal in one of them."""

    def before_run(self, runner: Any) -> None:
        self.clips: list[str] = []
        self.at = int(os.environ.get("STOP_AT", "0"))
        forward = runner.model.train_step

        def train_step(batch: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
            metas = batch.get("img_metas") or batch["video_meta"]
            self.clips = [
                meta.get("video_name") or Path(meta["filename"]).name for meta in metas
            ]
            return forward(batch, *args, **kwargs)

        runner.model.train_step = train_step

    def after_train_iter(self, runner: Any) -> None:
        loss = runner.outputs["loss"].detach()
        generators = [random.getstate(), np.random.get_state(), torch.get_rng_state()]
        row = [runner.iter, self.clips, sha256(loss), sha256(generators)]
        with Path(runner.work_dir, "witness.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        if runner.iter + 1 == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


def sha256(value: Any) -> str:
    """Of the bits of tensors, and of what else is in nested containers."""
    digest = hashlib.sha256()

    def feed(part: Any) -> None:
        if isinstance(part, Tensor):
            digest.update(f"{part.dtype}{tuple(part.shape)}".encode())
            digest.update(part.contiguous().flatten().view(torch.uint8).numpy())
        elif isinstance(part, np.ndarray):
            digest.update(part.tobytes())
        elif isinstance(part, Mapping):
            for key in sorted(part, key=str):
                feed([key, part[key]])
        elif isinstance(part, list | tuple):
            digest.update(f"{len(part)}(".encode())
            for one in part:
                feed(one)
        else:
            digest.update(repr(part).encode())

    feed(value)
    return digest.hexdigest()


def start(
    config: Path, work_dir: Path, workers: int, *, stop_at: int = 0
) -> BaseProcess:
    """Give the command of a training in a fork of this process, which has imported torch already."""

    def run() -> None:
        os.environ["STOP_AT"] = str(stop_at)
        sys.path.insert(0, str(config.parent / "my_project"))
        with open(work_dir.with_suffix(".txt"), "a") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        words = [str(config), "--work-dir", str(work_dir), "--device", "cpu"]
        words += ["--seed", "3", "--resume", "auto"]
        words += ["--cfg-options", f"data.workers_per_gpu={workers}"]
        os._exit(flushed(train.main(words)))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def in_a_process(
    config: Path, work_dir: Path, workers: int, *, stop_at: int = 0
) -> int:
    """The same, waited for; the exit code."""
    process = start(config, work_dir, workers, stop_at=stop_at)
    process.join()
    return int(process.exitcode or 0)


def flushed(code: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def evidence(work_dir: Path) -> dict[str, Any]:
    """What two runs must have in common: steps, lines of the log, and the last checkpoint by parts."""
    steps = (work_dir / "witness.jsonl").read_text().splitlines()
    lines = [
        line
        for log in sorted(work_dir.glob("*.log.json"))
        for line in map(json.loads, log.read_text().splitlines())
        if "mode" in line
    ]
    logged = [
        {key: value for key, value in line.items() if "time" not in key}
        for line in lines
    ]
    return {"steps": steps, "log": logged, **outcome(work_dir)}


def outcome(work_dir: Path) -> dict[str, Any]:
    """The last checkpoint by parts, and its position."""
    last = read_checkpoint(work_dir / "latest.pth")
    parts = {
        name: sha256(value)
        for name, value in last.items()
        if name not in ("meta", "log")
    }
    position = [last["meta"][key] for key in ("epoch", "iter", "inner_iter")]
    return {**parts, "position": position}


def write_configs(folder: Path, recipes: Sequence[str]) -> None:
    """The recipes' configs, and the project of modules that scaffold generates."""
    for name in recipes:
        model, rest = RECIPES[name]
        base = LOCALIZER if name == "bmn" else BASE
        base = base.format(repo=REPO, cache=folder / "cache", model=model)
        if name == "generated":
            base = base.replace("model = dict(backbone", "_ = dict(backbone")
        (folder / f"{name}.py").write_text(base + rest)
    if "generated" in recipes:
        scaffold = [sys.executable, "-m", "scaffold"]
        env = {**os.environ, "PYTHONPATH": str(REPO)}
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "env": env}
        subprocess.run([*scaffold, "init", folder / "my_project"], **quiet)
        for words in (*PROJECT, "lr-hook MyStep"):
            command = [*scaffold, "add", *words.split()]
            subprocess.run(command, cwd=folder / "my_project", **quiet)


def differences(folder: Path, name: str, workers: int, stop_at: int) -> list[str]:
    """Stop a run, let it go on, and say in which parts the two differ from the whole one."""
    whole, parts = folder / f"{name}-{workers}-whole", folder / "parts"
    shutil.rmtree(parts, ignore_errors=True)
    stopped = in_a_process(folder / f"{name}.py", parts, workers, stop_at=stop_at)
    ended = in_a_process(folder / f"{name}.py", parts, workers)
    if (stopped, ended) != (143, 0):
        return [f"exit codes {stopped} and {ended}"]
    first, second = evidence(whole), evidence(parts)
    return [part for part in first if first[part] != second.get(part)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--stops", nargs="+", type=int, default=[1, 3, 6, 8, 11])
    parser.add_argument("--workers", nargs="+", type=int, default=[0, 2])
    args = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_configs(folder, args.recipes)
        print(
            "| recipe | workers | "
            + " | ".join(f"stop in step {n}" for n in args.stops)
            + " | SHA-256 of weights |"
        )
        print("|---" * (len(args.stops) + 3) + "|")
        for recipe in args.recipes:
            for workers in args.workers:
                whole = folder / f"{recipe}-{workers}-whole"
                if in_a_process(folder / f"{recipe}.py", whole, workers):
                    print(whole.with_suffix(".txt").read_text()[-3000:])
                    return 1
                cells = []
                for stop_at in args.stops:
                    found = differences(folder, recipe, workers, stop_at)
                    failures += bool(found)
                    cells.append(", ".join(found) or "equal")
                weights = evidence(whole)["state_dict"][:16]
                print(
                    f"| {recipe} | {workers} | {' | '.join(cells)} | `{weights}` |",
                    flush=True,
                )
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
