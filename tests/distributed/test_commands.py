"""`torchrun -m mmaction_min.train` and `test`, on tiny MotionClips."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.runner import read_checkpoint

Run = Callable[..., Any]
REPO = Path(__file__).parents[2]
TINY = """
_base_ = [
    "{repo}/configs/_base_/models/tsm_r18.py",
    "{repo}/configs/_base_/datasets/motion_clips.py",
    "{repo}/configs/_base_/default_runtime.py",
]
model = dict(
    backbone=dict(num_stages=1, out_indices=(0,), norm_eval=True),
    cls_head=dict(in_channels=64, dropout_ratio=0.0),
)
optimizer = dict(type="SGD", lr=0.01, momentum=0.9)
lr_config = dict(policy="Fixed")
log_config = dict(interval=1)
dist_params = dict(backend="nccl")
total_epochs = 2
data = dict(
    videos_per_gpu=4,
    workers_per_gpu=0,
    train=dict(num_clips=16, root="{cache}"),
    val=dict(num_clips=16, root="{cache}"),
    test=dict(num_clips=16, root="{cache}"),
)
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "tiny.py"
    path.write_text(TINY.format(repo=REPO, cache=tmp_path / "cache"))
    return str(path)


def train(
    run: Run, world_size: int, config: str, work_dir: Path, *args: str, **kwargs: Any
) -> Any:
    words = ["train", config, "--work-dir", str(work_dir), "--device", "cpu"]
    return run("command", world_size, words=[*words, *args], **kwargs)


def entries(work_dir: Path, mode: str) -> list[dict[str, Any]]:
    files = list(work_dir.glob("*.log.json"))
    assert len(files) == 1  # one process writes
    lines = [json.loads(line) for line in files[0].read_text().splitlines()[1:]]
    return [line for line in lines if line["mode"] == mode]


def test_two_processes_train_and_test_like_one(
    run: Run, config: str, tmp_path: Path
) -> None:
    """Losses of each step and accuracies; one log, one config, checkpoints without `module.`; clips written once."""
    two = train(run, 2, config, tmp_path / "two", "--seed", "1")
    half = ["--cfg-options", "data.videos_per_gpu=8"]
    train(run, 1, config, tmp_path / "one", "--seed", "1", *half)

    for mode, names in (("train", ["loss"]), ("val", ["top1_acc"])):
        one, both = (entries(tmp_path / name, mode) for name in ("one", "two"))
        assert len(one) == len(both) > 0
        for a, b in zip(one, both, strict=True):
            assert [b[name] for name in names] == pytest.approx(
                [a[name] for name in names], rel=1e-6
            )
    assert sum("writing 16 train clips" in output for output in two.outputs) == 1
    assert "2 x the CPU, seed 1" in two.outputs[0] and two.outputs[1] == ""
    weights = read_checkpoint(tmp_path / "two" / "latest.pth")["state_dict"]
    assert "backbone.conv1.conv.weight" in weights

    words = ["test", config, str(tmp_path / "two" / "latest.pth"), "--device", "cpu"]
    tested = run("command", 2, words=words)
    accuracy = entries(tmp_path / "two", "val")[-1]["top1_acc"]
    assert f"top1_acc: {accuracy:.4f}" in tested.outputs[0].splitlines()
    assert "top1_acc" not in tested.outputs[1]


def test_batch_norm_cannot_be_shared_on_the_cpu(
    run: Run, config: str, tmp_path: Path
) -> None:
    """And the message says so, with a way out."""
    options = ["--cfg-options", "sync_bn=True"]
    ranks = train(run, 2, config, tmp_path / "run", *options, fails=True)

    assert ranks.codes == [1, 1]
    assert "torch shares batch norm between GPUs" in ranks.outputs[0]


def start(config: str, work_dir: Path, *options: str) -> subprocess.Popen[str]:
    """A real torchrun with two processes, whose output goes to a file."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    words = ["--work-dir", str(work_dir), "--device", "cpu", "--seed", "1"]
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / "out").open("w") as out:
        return subprocess.Popen(
            [*command, *options, "-m", "mmaction_min.train", config, *words],
            cwd=REPO,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
        )


def rank_pids(torchrun: int) -> dict[int, int]:
    """The processes of the ranks, by rank."""
    pids = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            environ = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        if int(parent) == torchrun:
            ranks = [item[5:] for item in environ if item.startswith(b"RANK=")]
            pids.update({int(rank): int(folder.name) for rank in ranks})
    return pids


def wait_for_text(path: Path, text: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while text not in path.read_text():
        assert time.monotonic() < end, path.read_text()
        time.sleep(0.02)


def went_on(tmp_path: Path, out: str) -> None:
    """The run in `run` was started again after its first epoch, and has the weights of that in `quiet`."""
    assert "resumed" in out and "after epoch 1, iteration 2" in out
    quiet, again = (
        read_checkpoint(tmp_path / name / "epoch_2.pth")["state_dict"]
        for name in ("quiet", "run")
    )
    assert all(torch.equal(value, again[name]) for name, value in quiet.items())


def test_what_was_killed_is_started_again_and_ends_with_the_same_weights(
    run: Run, config: str, tmp_path: Path
) -> None:
    """A rank is killed in the second epoch; the run goes on from the end of the first, to the bit."""
    train(run, 2, config, tmp_path / "quiet", "--seed", "1")
    with Path(config).open("a") as file:
        file.write("custom_hooks = [dict(type='Killed')]\n")
    words = [config, "--work-dir", str(tmp_path / "run"), "--device", "cpu"]

    ranks = run("torchrun", 1, words=[*words, "--seed", "1"])

    # torchrun names the rank that it finds first: the one that is killed, or the one that ends for its sake.
    assert "failed (exitcode: " in ranks.outputs[0]
    went_on(tmp_path, ranks.outputs[0])


@pytest.mark.long
def test_the_command_torchrun_starts_again_what_was_killed(
    run: Run, config: str, tmp_path: Path
) -> None:
    """The same as a user gives it, at the price of five imports of torch."""
    train(run, 2, config, tmp_path / "quiet", "--seed", "1")
    with start(config, tmp_path / "run", "--max-restarts", "1") as torchrun:
        wait_for_text(tmp_path / "run" / "out", "Epoch [2/2][1/2]")
        os.kill(rank_pids(torchrun.pid)[1], signal.SIGKILL)

    out = (tmp_path / "run" / "out").read_text()
    assert torchrun.returncode == 0, out
    went_on(tmp_path, out)
