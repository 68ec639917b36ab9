"""Fifty epochs need no more files, threads, processes and memory than ten."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.datasets import build_dataloader
from mmaction_min.runner import EpochBasedRunner, EvalHook, Hook


class Layer(nn.Module):
    """Something that trains and is evaluated."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(64, 64)

    def forward(self, imgs: Any, return_loss: bool = True, **_: Any) -> Any:
        score = self.fc(imgs)
        return score.square().mean() if return_loss else score.detach().numpy()

    def train_step(self, batch: Any, optimizer: Any) -> dict[str, Any]:
        loss = self(batch["imgs"])
        return {"loss": loss, "log_vars": {"loss": loss.detach()}, "num_samples": 4}


class Data:
    """Twelve samples of 64 numbers."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"imgs": torch.rand(64)}

    def evaluate(self, results: list[Any], **_: Any) -> dict[str, float]:
        return {"top1_acc": float(len(results))}


class Meter(Hook):
    """What the process has at the end of each epoch."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []

    def before_train_epoch(self, runner: Any) -> None:
        gc.collect()
        memory = int(Path("/proc/self/statm").read_text().split()[1])
        files = len(os.listdir("/proc/self/fd"))
        workers = len(multiprocessing.active_children())
        self.rows.append([files, threading.active_count(), workers, memory])


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("workers", "persistent"), [(0, False), (2, True), (2, False)])
def test_nothing_grows(tmp_path: Path, workers: int, persistent: bool) -> None:
    """With evaluation, checkpoints and a log in every epoch; memory by at most 1 %."""
    model, meter = Layer(), Meter()
    loaders = [
        build_dataloader(
            Data(),
            videos_per_gpu=4,
            workers_per_gpu=workers,
            seed=0,
            shuffle=shuffle,
            persistent_workers=persistent,
        )
        for shuffle in (True, False)
    ]
    runner = EpochBasedRunner(
        model,
        optimizer=torch.optim.Adam(model.parameters()),
        work_dir=tmp_path,
        max_epochs=51,
    )
    runner.register_training_hooks(
        None,
        checkpoint_config=dict(interval=1, max_keep_ckpts=2),
        log_config=dict(interval=2, hooks=[dict(type="TextLoggerHook")]),
    )
    runner.register_hook(EvalHook(loaders[1]), "LOW")
    runner.register_hook(meter)

    runner.run(loaders[:1])
    for loader in loaders:
        loader.close()

    # A thread, or a pipe of workers that have just ended, may be there at one look and not at the next.
    early = [max(column) for column in zip(*meter.rows[10:20], strict=True)]
    late = [max(column) for column in zip(*meter.rows[41:], strict=True)]
    assert all(b <= a for a, b in zip(early[:3], late[:3], strict=True)), (early, late)
    assert late[3] <= 1.01 * early[3]
