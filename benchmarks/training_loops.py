"""The loops that gpu.py lets train: the engine, one by hand, and one as the reference has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmaction_min.assemble import build_runner
from mmaction_min.config import Config
from mmaction_min.models import build_model
from mmaction_min.runner.device import to_channels_last

CLIP = 40.0
SGD: dict[str, Any] = dict(lr=0.001, momentum=0.9, weight_decay=1e-4)

Batch = Mapping[str, Tensor]
Loop = Callable[[int], object]
"""Trains for so many steps."""


def config(model: Mapping[str, Any], *, compiled: bool = False, **more: Any) -> Config:
    """What a researcher would train with."""
    return Config(
        dict(
            model=model,
            optimizer=dict(type="SGD", **SGD),
            optimizer_config=dict(grad_clip=dict(max_norm=CLIP)),
            lr_config=dict(policy="step", step=[20, 40]),
            log_config=dict(interval=20, hooks=[dict(type="TextLoggerHook")]),
            amp=dict(dtype="bfloat16"),
            channels_last=True,
            compile=compiled,
            total_epochs=1,
            **more,
        )
    )


def here(cfg: Config, batch: Batch, device: torch.device, folder: Path) -> Loop:
    """The engine; an epoch for each call."""
    runner = build_runner(cfg, device, folder)
    return lambda steps: runner.run([[batch] * steps], max_epochs=runner.epoch + 1)


def by_hand(cfg: Config, batch: Batch, device: torch.device) -> Loop:
    """What one writes who needs nothing but speed."""
    model = build_model(cfg.model).to(device).train()
    to_channels_last(model)
    if cfg.compile:
        model.compile()
    params = list(model.parameters())
    optimizer = torch.optim.SGD(params, **SGD, fused=True)

    def run(steps: int) -> None:
        for _ in range(steps):
            with torch.autocast(device.type, torch.bfloat16):
                loss = model(**batch)["loss_cls"]
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(params, CLIP)
            optimizer.step()

    return run


def reference(
    cfg: Config, batch: Batch, device: torch.device, half: torch.dtype | None
) -> Loop:
    """MMAction2 0.x on mmcv 1.x: `train_step`, `_parse_losses`, and OptimizerHook, or with `half` Fp16OptimizerHook and the scale 512."""
    model = build_model(cfg.model).to(device).train()
    params = list(model.parameters())
    optimizer = torch.optim.SGD(params, **SGD)
    scaler = torch.amp.GradScaler(
        device.type, init_scale=512.0, enabled=half is not None
    )
    amp = torch.autocast(device.type, half) if half else nullcontext()

    def step() -> dict[str, float]:
        with amp:
            score, _ = model.forward_scores(batch["imgs"])
        losses = accuracies(score, batch["label"])
        losses["loss_cls"] = F.cross_entropy(score.float(), batch["label"])
        log_vars = {name: value.item() for name, value in losses.items()}
        optimizer.zero_grad(set_to_none=False)
        scaler.scale(losses["loss_cls"]).backward()
        scaler.unscale_(optimizer)
        log_vars["grad_norm"] = float(nn.utils.clip_grad_norm_(params, CLIP))
        scaler.step(optimizer)
        scaler.update(512.0 if half else None)
        return log_vars

    def run(steps: int) -> None:
        with torch.backends.cudnn.flags(benchmark=False):
            for _ in range(steps):
                step()

    return run


def accuracies(score: Tensor, label: Tensor) -> dict[str, Tensor]:
    """By NumPy on the host, and back to the device, as upstream's heads have them."""
    order = np.argsort(score.detach().float().cpu().numpy(), axis=1)
    wanted = label.cpu().numpy()[:, None]
    hits = {k: (order[:, -k:] == wanted).any(axis=1).mean() for k in (1, 5)}
    return {
        f"top{k}_acc": torch.tensor(hit, device=label.device) for k, hit in hits.items()
    }
