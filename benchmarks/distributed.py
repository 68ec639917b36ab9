"""Two processes that share a run against the same two that train on their own: what does it cost to agree?

    python benchmarks/distributed.py [--steps 3] [--rounds 20]

Each process has one thread, and takes batches of 8 clips of MotionClips' size through TSM-R18, with clipping and AdamW.
When they share the run, 45 MB of gradients go through gloo at each step, and the flag that asks whether to stop. A round
times a few steps of each, side by side, so that a machine that is busy slows both. The table has the samples per second
of both processes together, and the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from mmaction_min.assemble import build_runner
from mmaction_min.config import Config
from mmaction_min.runner import BaseRunner
from mmaction_min.runner.dist import barrier, gather_objects, processes
from mmaction_min.runner.shared_stop import stop_request

REPO = Path(__file__).resolve().parents[1]
BATCH = 8


def samples_per_second(runner: BaseRunner, batch: Any, steps: int) -> float:
    """Of all processes together."""
    barrier()
    start = time.perf_counter()
    for _ in range(steps):
        runner.step(batch)
        runner.stop.after_step()
    seconds = time.perf_counter() - start
    runner.log_buffer.clear()
    return sum(steps * BATCH / value for value in gather_objects(seconds))


def measure(steps: int, rounds: int) -> None:
    """What each process does."""
    torch.set_num_threads(1)
    cfg = Config.fromfile(REPO / "configs" / "tsm_r18_motion.py")
    device = torch.device("cpu")
    imgs, label = torch.rand(BATCH, 8, 3, 32, 32), torch.arange(BATCH) % 8
    batch = {"imgs": imgs, "label": label}
    alone = build_runner(cfg, device, None)
    with processes(device):
        shared = build_runner(cfg, device, None, stop=stop_request())
        rates = []
        for number in range(-1, rounds):  # the first is to warm up
            own = samples_per_second(alone, batch, steps)
            both = samples_per_second(shared, batch, steps)
            if number >= 0:
                rates.append((both, own))
    if int(os.environ["RANK"]) > 0:
        return
    ratios = sorted(both / own for both, own in rates)
    quarter = len(ratios) // 4
    print("samples/s       shared    alone    ratio  (quartiles)")
    print(
        f"two processes   {statistics.median(both for both, _ in rates):6.1f}   {statistics.median(own for _, own in rates):6.1f}"
        f"     {statistics.median(ratios):.2f}   ({ratios[quarter]:.2f} to {ratios[-1 - quarter]:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    if "RANK" in os.environ:
        measure(args.steps, args.rounds)
        return
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    words = ["--steps", str(args.steps), "--rounds", str(args.rounds)]
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, __file__, *words], env=environ, check=True)


if __name__ == "__main__":
    main()
