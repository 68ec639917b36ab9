"""What the ranks do; each function runs in a process of its own, and returns what JSON can hold."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from mmaction_min import test as test_command
from mmaction_min import train as train_command
from mmaction_min.datasets import build_dataloader
from mmaction_min.errors import ConfigError, LostProcessError
from mmaction_min.runner import (
    HOOKS,
    EpochBasedRunner,
    EvalHook,
    Hook,
    TextLoggerHook,
    allreduce_grads,
    allreduce_params,
    get_dist_info,
    master_only,
    multi_gpu_test,
    set_random_seed,
)
from mmaction_min.runner.checkpoint.folder import newest_checkpoint
from mmaction_min.runner.dist import (
    broadcast_buffers,
    gather_objects,
    is_started_again,
    on_rank_0,
    one_first,
    processes,
)
from mmaction_min.runner.heartbeat import Heartbeat
from mmaction_min.runner.parallel import DistributedModel
from mmaction_min.runner.shared_stop import stop_request
from mmaction_min.runner.signals import stop_on_signal

CPU = torch.device("cpu")


class Points:
    """Points of 16 numbers; sample `i` begins with `i`."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Any]:
        x = np.random.default_rng(index).random(16, np.float32)
        x[0] = index
        return {"imgs": x, "label": float(x.sum())}

    def evaluate(self, results: list[Any], **_: Any) -> dict[str, float]:
        assert [int(result[0]) for result in results] == list(range(self.length))
        return {"top1_acc": len(results) / self.length}


class Net(nn.Module):
    """Two layers with a buffer and, if asked, dropout and a layer that nothing uses."""

    def __init__(self, dropout: float = 0.0, unused: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(16), nn.Linear(16, 300), nn.ReLU(), nn.Linear(300, 1)
        )
        self.drop = nn.Dropout(dropout)
        if unused:
            self.unused = nn.Linear(2, 2)

    def train(self, mode: bool = True) -> Net:
        super().train(mode)
        self.layers[0].eval()
        return self

    def forward(self, imgs: Tensor, label: Any = None, return_loss: bool = True) -> Any:
        if not return_loss:
            return imgs.numpy()
        return (self.layers(self.drop(imgs / 16))[:, 0] - label).square().mean()

    def train_step(self, batch: Mapping[str, Any], optimizer: Any) -> dict[str, Any]:
        loss = self(**batch)
        logged = {"loss": loss.detach()}
        return {"loss": loss, "log_vars": logged, "num_samples": len(batch["imgs"])}

    val_step = train_step


def digest(model: nn.Module) -> str:
    values = [value.numpy().tobytes() for value in model.state_dict().values()]
    return hashlib.sha256(b"".join(values)).hexdigest()


def build(work_dir: str, dropout: float = 0.0, **kwargs: Any) -> EpochBasedRunner:
    set_random_seed(0)
    model: nn.Module = Net(dropout)
    if get_dist_info()[1] > 1:
        set_random_seed(get_dist_info()[0])
        model = DistributedModel(model, static_graph="cumulative_iters" not in kwargs)
    optimizer = torch.optim.SGD(model.parameters(), kwargs.pop("lr", 0.002), 0.9)
    runner = EpochBasedRunner(
        model,
        optimizer=optimizer,
        work_dir=work_dir,
        max_epochs=3,
        stop=kwargs.pop("stop", None),
    )
    runner.register_training_hooks(
        None, kwargs, {"interval": 1, "max_keep_ckpts": 2}, None
    )
    return runner


def loader(length: int, batch: int, shuffle: bool = True) -> Any:
    rank, world_size = get_dist_info()
    return build_dataloader(
        Points(length),
        videos_per_gpu=batch,
        workers_per_gpu=0,
        seed=3,
        shuffle=shuffle,
        rank=rank,
        world_size=world_size,
    )


# ---- what they tell each other


def talk() -> dict[str, Any]:
    with processes(CPU):
        rank, world_size = get_dist_info()
        first = master_only(lambda: "only the first")()
        calls: list[int] = []
        shared = on_rank_0(lambda: calls.append(rank) or "for all")
        try:
            on_rank_0(lambda: _refuse())
            refused = ""
        except ConfigError as e:
            refused = str(e)
        params = [torch.full((3,), float(rank)), torch.tensor([rank, 2 * rank])]
        allreduce_params(params)
        single = [torch.full((2, 2), float(rank))]
        allreduce_params(single, coalesce=False)
        weight = nn.Parameter(torch.zeros(2))
        weight.grad = torch.full((2,), float(rank))
        allreduce_grads([weight, nn.Parameter(torch.zeros(1))], bucket_size_mb=1)
        norm = nn.BatchNorm1d(2)
        norm.running_mean = torch.full((2,), float(rank))
        broadcast_buffers(norm)
        return {
            "info": [rank, world_size],
            "first": first,
            "shared": [shared, len(calls)],
            "refused": refused,
            "gathered": gather_objects(rank * 10),
            "means": [params[0].tolist(), params[1].tolist(), single[0].tolist()],
            "grad": weight.grad.tolist(),
            "buffer": norm.running_mean.tolist(),
        }


def _refuse() -> None:
    raise ConfigError("what", "where", "hint")


def write_first(folder: str) -> float:
    """The first writes slowly; when do the others begin?"""
    path = Path(folder, "cache")
    with processes(CPU), one_first():
        if not path.exists():
            time.sleep(0.3)
            path.write_text(f"written by {get_dist_info()[0]}")
        return float(path.exists())


# ---- training


def train(
    work_dir: str, length: int, batch: int, resume: str = "", **kwargs: Any
) -> dict[str, Any]:
    """Losses of each step as they are logged, and the weights at the end."""
    with processes(CPU):
        runner = build(work_dir, **kwargs)
        losses = []

        class Record(TextLoggerHook):
            def log(self, runner: Any) -> None:
                losses.append(runner.log_buffer.output["loss"])

        runner.register_hook(Record(interval=1), "LOW")
        if resume:
            runner.resume(resume)
        runner.run([loader(length, batch)])
        draw = torch.rand(1).item()
        return {
            "losses": losses,
            "digest": digest(
                runner.model.module if hasattr(runner.model, "module") else runner.model
            ),
            "iter": runner.iter,
            "draw": draw,
        }


def evaluate(work_dir: str, length: int, batch: int) -> dict[str, Any]:
    with processes(CPU):
        runner = build(work_dir)
        val = loader(length, batch, shuffle=False)
        results = multi_gpu_test(runner.model, val)
        hook = EvalHook(val, save_best="top1_acc")
        runner.register_hook(hook, "LOW")
        runner.run([loader(8, 4)])
        return {
            "own": len(val.sampler),
            "order": [int(result[0]) for result in results],
            "best": runner.meta["hook_msgs"]["best_score"],
        }


def accumulate(work_dir: str, batch: int, groups: int) -> str:
    with processes(CPU):
        runner = build(work_dir, cumulative_iters=groups)
        runner.run([loader(24, batch)])
        return (
            digest(runner.model)
            if get_dist_info()[1] == 1
            else digest(runner.model.module)
        )


def unused(find: bool) -> str:
    with processes(CPU):
        model = DistributedModel(Net(unused=True), find_unused_parameters=find)
        batch = {"imgs": torch.rand(2, 16), "label": torch.rand(2)}
        try:
            for _ in range(3):
                model.train_step(batch)["loss"].backward()
        except ConfigError as e:
            return str(e)
        return "trains"


def stop(work_dir: str, number: int) -> dict[str, Any]:
    """The last rank gets a signal in its sixth step."""
    with processes(CPU):
        rank, world_size = get_dist_info()

        class Send(Hook):
            def after_train_iter(self, runner: Any) -> None:
                if runner.iter == 5 and rank == world_size - 1:
                    os.kill(os.getpid(), number)

        with stop_on_signal(stop_request()) as request:
            runner = build(work_dir, stop=request)
            runner.register_hook(Send())
            runner.run([loader(40, 2)])
        return {"iter": runner.iter, "signal": request.signal}


# ---- faults


def lose(how: str) -> str:
    """Rank 1 leaves while rank 0 waits for it."""
    try:
        with processes(CPU):
            gather_objects(0)
            if get_dist_info()[0] == 1:
                if how == "raise":
                    raise ConfigError("its own message")
                os.kill(os.getpid(), signal.SIGKILL)
            gather_objects(0)
    except ConfigError as e:
        return str(e)
    except LostProcessError as e:
        return str(e)
    return "nobody was lost"


def freeze() -> None:
    """Rank 1 stops; the others wait for it with a heartbeat that is quick to judge."""
    import mmaction_min.runner.dist as dist

    dist.Heartbeat = lambda rank, size: Heartbeat(rank, size, silence=2)
    with processes(CPU):
        gather_objects(0)
        if get_dist_info()[0] == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        gather_objects(0)


def survive(work_dir: str, fault: str, moment: int, resume: bool) -> dict[str, Any]:
    """Something happens to rank 1 in step `moment`, before, in or after its forward pass; or the run goes on after that."""
    import mmaction_min.runner.dist as dist

    dist.Heartbeat = lambda rank, size: Heartbeat(rank, size, silence=2)
    stages = ("before_train_iter", "forward", "after_train_iter")

    def happen(stage: str) -> None:
        if (runner.iter, stage, get_dist_info()[0]) != (moment, stages[moment % 3], 1):
            return
        if fault in ("SIGKILL", "SIGTERM", "SIGSTOP"):
            threading.Timer(
                moment % 7 / 1000, os.kill, (os.getpid(), signal.Signals[fault])
            ).start()

    class Happen(Hook):
        def before_train_iter(self, runner: Any) -> None:
            happen("before_train_iter")

        def after_train_iter(self, runner: Any) -> None:
            happen("after_train_iter")

    class Slow(Net):
        def train_step(self, batch: Any, optimizer: Any) -> dict[str, Any]:
            happen("forward")
            time.sleep(0.005)
            outputs = super().train_step(batch, optimizer)
            if fault == "nan" and runner.iter == moment and get_dist_info()[0] == 1:
                outputs["loss"] = outputs["loss"] * float("nan")
            return outputs

    with processes(CPU), stop_on_signal(stop_request()) as request:
        runner = build(work_dir, dropout=0.5, stop=request, lr=1e-5)
        if not resume:
            runner.model.module.__class__ = Slow
            runner.register_hook(Happen())
        elif newest := newest_checkpoint(Path(work_dir), logging.getLogger()):
            runner.resume(newest)
        runner.run([loader(56, 4)])
    if request.signal:
        raise SystemExit(128 + request.signal)
    return {"digest": digest(runner.model.module), "iter": runner.iter}


def command(words: list[str]) -> int:
    """`python -m mmaction_min.train` (or `test`)."""
    torch.set_num_threads(1)
    main = {"train": train_command.main, "test": test_command.main}[words[0]]
    code = main(words[1:])
    raise SystemExit(code)


@HOOKS.register_module()
class Killed(Hook):
    """Kills rank 1 in the second epoch, unless torchrun has started it again."""

    def after_train_iter(self, runner: Any) -> None:
        here = (runner.rank, runner.epoch, runner.inner_iter)
        if here == (1, 1, 0) and not is_started_again():
            os.kill(os.getpid(), signal.SIGKILL)


def torchrun(words: list[str]) -> None:
    """What `torchrun --nproc-per-node 2 --max-restarts 1 -m mmaction_min.train` does, with forks for its processes."""
    settings = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=2,
        max_restarts=1,
        run_id="test",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        start_method="fork",
        monitor_interval=0.1,
    )
    elastic_launch(settings, command)(["train", *words])
