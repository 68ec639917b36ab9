"""From a config to what runs: the model, the loaders, the runner with its hooks."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import SyncBatchNorm
from torch.utils.data import DataLoader

from . import (  # noqa: F401  (they fill the registries)
    core,
    datasets,
    models,
    untrimmed_motion,
)
from .building import check_arguments
from .config import Config
from .datasets import build_dataloader, build_dataset, finish_on_device
from .errors import ConfigError
from .models import build_model, register_module_hooks
from .runner import (
    BaseRunner,
    build_optimizer,
    get_dist_info,
    set_random_seed,
    with_fused,
)
from .runner.builder import build_runner as runner_of
from .runner.device import to_channels_last
from .runner.dist import on_rank_0, one_first
from .runner.parallel import DistributedModel
from .runner.signals import StopRequest
from .runner.update import LossScale


def prepare_model(cfg: Config, device: torch.device) -> nn.Module:
    """The model of a config, on the device, with its `module_hooks` and in the memory format that the config asks for."""
    model = build_model(cfg.model).to(device)
    register_module_hooks(model, cfg.get("module_hooks") or [])
    if cfg.get("channels_last"):
        to_channels_last(model)
    return model


def distribute(model: nn.Module, cfg: Config, seed: int) -> nn.Module:
    """The model of one process among several, or in one process the model as it is.

    The weights are those of rank 0; what is drawn from now on, as by dropout, differs from rank to rank. The learning
    rate is not scaled.

    Args:
        model: on its device.
        cfg: `sync_bn`: batch norm over the batches of all processes; `find_unused_parameters` and `static_graph` (by
            default on where it may be): see `DistributedModel`.
        seed: the run's.

    Raises:
        ConfigError: batch norm cannot be shared on this device.
    """
    rank, world_size = get_dist_info()
    if world_size == 1:
        return model
    if cfg.get("sync_bn"):
        model = SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
    if next(model.parameters()).device.type == "cpu" and any(
        isinstance(module, SyncBatchNorm) for module in model.modules()
    ):
        raise ConfigError(
            "torch shares batch norm between GPUs, and not between processes on the CPU",
            "sync_bn or norm_cfg",
            "take it out for the CPU; with norm_eval the running means are used instead",
        )
    if rank:
        set_random_seed(
            seed + rank, deterministic=torch.are_deterministic_algorithms_enabled()
        )
    unused = bool(cfg.get("find_unused_parameters"))
    accumulates = (cfg.get("optimizer_config") or {}).get("cumulative_iters", 1) > 1
    return DistributedModel(
        model,
        find_unused_parameters=unused,
        static_graph=cfg.get("static_graph", not unused and not accumulates),
    )


AMP = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def precision(cfg: Config) -> tuple[torch.dtype | None, LossScale]:
    """The type of the forward pass, None for the model's own, and how float16's losses are scaled.

    `amp = dict(dtype='bfloat16')`; `amp = dict(dtype='float16', loss_scale='dynamic')`, where that scale may be left out; or as
    the configs of MMAction2 0.x say it: `fp16 = dict(loss_scale=512.)`.

    Raises:
        ConfigError: it is none of these, or both.
    """
    amp, fp16 = cfg.get("amp"), cfg.get("fp16")
    if fp16 is not None:
        if amp:
            raise ConfigError("there are both amp and fp16", cfg.filename, "say amp")
        amp = {"dtype": "float16", "loss_scale": 512.0, **fp16}
    if not amp:
        return None, None
    scaled = amp.get("dtype") == "float16"
    known = {"dtype", "loss_scale"} if scaled else {"dtype"}
    if amp.get("dtype") not in AMP or amp.keys() - known:
        raise ConfigError(
            f"amp is {dict(amp)}",
            cfg.filename,
            "write amp = dict(dtype='bfloat16'), or dict(dtype='float16', loss_scale='dynamic')",
        )
    return AMP[amp["dtype"]], amp.get("loss_scale", "dynamic") if scaled else None


def build_loader(
    cfg: Config, split: str, seed: int, device: torch.device, **changes: Any
) -> DataLoader[Any]:
    """The loader of `data.train`, `data.val` or `data.test`; only training shuffles.

    Args:
        cfg: the config; `data` also has `videos_per_gpu`, `workers_per_gpu`, `timeout_s` and, for training, `max_bad` (1 %),
            and `{split}_dataloader` to override them. `finish_on_device` (so on a GPU): frames travel as bytes, and are flipped,
            normalised and put in order there, where the pipeline allows it.
        split: 'train', 'val' or 'test'.
        seed: of the order and of the augmentation.
        device: pinned memory is used for a GPU.
        **changes: arguments of the data set to replace.
    """
    if split not in cfg.data:
        raise ConfigError(f"the config has no data.{split}", cfg.filename)
    with one_first():  # who comes first may write a cache
        dataset = build_dataset(
            _changed(cfg.data[split], changes), {"test_mode": split != "train"}
        )
    if cfg.data.get("finish_on_device", device.type == "cuda"):
        finish_on_device(dataset)
    rank, world_size = get_dist_info()
    sizes = {
        key: cfg.data[key]
        for key in ("videos_per_gpu", "workers_per_gpu", "timeout_s")
        if key in cfg.data
    }
    if split == "train":
        sizes["max_bad"] = cfg.data.get("max_bad", 0.01)
    own = cfg.data.get(f"{split}_dataloader", {})
    arguments = {
        "dataset": dataset,
        "seed": seed,
        "shuffle": split == "train",
        "pin_memory": device.type == "cuda",
        "rank": rank,
        "world_size": world_size,
        **sizes,
        **own,
    }
    check_arguments(f"{split}_dataloader", build_dataloader, arguments, own or cfg.data)
    loader = build_dataloader(**arguments)
    on_rank_0(loader.check_files)
    return loader


def innermost(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry of a data set, or of the one that it wraps, as `RepeatDataset` does."""
    inner = None if "pipeline" in entry else entry.get("dataset")
    return innermost(inner) if isinstance(inner, Mapping) else entry


def _changed(entry: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
    """A copy of a data set's entry, which keeps its place, with other arguments of the innermost."""
    changed: Any = copy(entry)
    if innermost(entry) is not entry:
        changes = {"dataset": _changed(entry["dataset"], changes)}
    changed.update(changes)
    return changed


def build_runner(
    cfg: Config,
    device: torch.device,
    work_dir: Path | None,
    *,
    seed: int = 0,
    stop: StopRequest | None = None,
) -> BaseRunner:
    """The runner of a config, with its model on the device and its training hooks, without data; None makes no folder.

    Raises:
        ConfigError: the config says what cannot be done.
    """
    model = prepare_model(cfg, device)
    dtype, loss_scale = precision(cfg)
    optimizer_config = dict(cfg.get("optimizer_config") or {})
    if loss_scale is not None:
        optimizer_config.setdefault("loss_scale", loss_scale)
    if cfg.get("compile"):
        model.compile(**(cfg.compile if isinstance(cfg.compile, Mapping) else {}))
    model = distribute(model, cfg, seed)
    runner = runner_of(
        cfg.get("runner") or {},
        {
            "type": "EpochBasedRunner",
            "model": model,
            "optimizer": build_optimizer(model, with_fused(cfg.optimizer, device)),
            "work_dir": work_dir,
            "meta": {"seed": seed, "config": cfg.pretty_text},
            "device": device,
            "amp_dtype": dtype,
            "stop": stop,
            **length_of(cfg),
        },
    )
    runner.register_training_hooks(
        cfg.get("lr_config"),
        optimizer_config,
        cfg.get("checkpoint_config"),
        cfg.get("log_config"),
        cfg.get("momentum_config"),
    )
    return runner


def length_of(cfg: Config) -> dict[str, int]:
    """`max_epochs` or `max_iters` of the run: as `runner` says, or `total_epochs`.

    Raises:
        ConfigError: the config does not say it, or says two things.
    """
    said = cfg.get("runner") or {}
    length = {key: said[key] for key in ("max_epochs", "max_iters") if key in said}
    total = cfg.get("total_epochs")
    if not length and total is None:
        raise ConfigError(
            "the config has no `total_epochs`, so it does not say how long to train",
            cfg.filename,
            "write total_epochs = 50, or runner = dict(type='IterBasedRunner', max_iters=20000)",
        )
    if total is not None and length.get("max_epochs", total) != total:
        raise ConfigError(
            f"total_epochs is {total}, and runner.max_epochs {length['max_epochs']}",
            cfg.filename,
            "say it once",
        )
    return length or {"max_epochs": total}
