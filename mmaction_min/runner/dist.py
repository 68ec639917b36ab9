"""Many processes: who is who, and what they tell each other. In one process everything here does nothing.

`torchrun` starts the processes and says by the environment who they are. Tensors on a GPU go through NCCL; everything
else (tensors on the CPU, objects, flags) through gloo, so that no GPU waits for it.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..errors import ConfigError, EngineError, LostProcessError
from .heartbeat import Heartbeat, open_store

T = TypeVar("T")
P = ParamSpec("P")

MINUTES = 30
"""How long one process may wait for the others: for a slow disk or a cache that is written. One that is gone is noticed sooner, by its heartbeat."""


def get_dist_info() -> tuple[int, int]:
    """This process' rank and how many there are: `(0, 1)` where there is one."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def is_launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_started_again() -> bool:
    """Whether torchrun has started this process in place of one that failed."""
    return is_launched() and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"


def local_rank() -> int:
    """Which of this machine's processes this one is."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def init_dist(
    launcher: str = "pytorch", backend: str | None = None, **kwargs: Any
) -> None:
    """Join the other processes.

    Args:
        launcher: 'pytorch', which is torchrun; on Slurm too, by `srun torchrun`.
        backend: of `torch.distributed`. By default 'cpu:gloo,cuda:nccl' where there are GPUs and 'gloo' where there are
            none. mmcv's 'nccl' means that too: metrics and flags want gloo beside it.
        **kwargs: of `torch.distributed.init_process_group`; `timeout` may be a number of seconds, and is 30 minutes by
            default.

    Raises:
        ConfigError: another launcher, an unknown argument, or torchrun did not start this process.
    """
    if launcher != "pytorch" or "RANK" not in os.environ:
        raise ConfigError(
            f"no processes are started by {launcher!r} here",
            "init_dist",
            "start it by torchrun; on Slurm by srun torchrun",
        )
    if backend in (None, "nccl"):
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    known = inspect.signature(dist.init_process_group).parameters
    if unknown := kwargs.keys() - known:
        raise ConfigError(
            f"{', '.join(sorted(unknown))} is unknown",
            "dist_params",
            f"there are {', '.join(known)}",
        )
    timeout = kwargs.pop("timeout", MINUTES * 60)
    if not isinstance(timeout, timedelta):
        timeout = timedelta(seconds=timeout)
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    dist.init_process_group(
        backend,
        store=open_store(rank),
        rank=rank,
        world_size=world_size,
        timeout=timeout,
        **kwargs,
    )


@contextmanager
def processes(
    device: torch.device, *, backend: str | None = None, **kwargs: Any
) -> Iterator[None]:
    """Within the block, this process is one of those that torchrun started; each watches over the others.

    Who leaves by an error does not wait for anybody: its end is what the others notice.

    Args:
        device: where this process trains.
        backend: as in `init_dist`; on the CPU always gloo.
        **kwargs: as in `init_dist`, a config's `dist_params`.

    Raises:
        LostProcessError: another process has ended while this one waited for it.
    """
    if not is_launched():
        yield
        return
    init_dist(backend=backend if device.type == "cuda" else "gloo", **kwargs)
    rank, world_size = get_dist_info()
    heartbeat = Heartbeat(rank, world_size)
    heartbeat.start()
    # Threads of a broken process group may keep the interpreter from ending.
    end = atexit.register(signal.alarm, 10)
    try:
        yield
        barrier()
    except RuntimeError as e:
        lost = isinstance(e, dist.DistError) or "gloo" in str(e)
        if isinstance(e, EngineError) or not lost:
            raise
        raise LostProcessError(
            "another process of this run has ended while this one waited for it",
            f"rank {rank}",
            "its own message, above or below, says why",
        ) from e
    heartbeat.stop()
    dist.destroy_process_group()
    atexit.unregister(end)


def pick_gpu(device: torch.device) -> torch.device:
    """The GPU of this process among its machine's; another device, or one process, as it is.

    Raises:
        ConfigError: there are more processes than GPUs.
    """
    if device.type != "cuda" or not is_launched():
        return device
    if local_rank() >= torch.cuda.device_count():
        raise ConfigError(
            f"this machine has {torch.cuda.device_count()} GPUs, too few for a process numbered {local_rank()} from 0",
            "torchrun",
            "give --nproc-per-node the number of GPUs, or train with --device cpu",
        )
    torch.cuda.set_device(local_rank())
    return torch.device("cuda", local_rank())


# ---- what processes tell each other


def barrier() -> None:
    """Wait until every process is here."""
    if get_dist_info()[1] > 1:
        dist.all_reduce(torch.zeros(1))


def gather_objects(value: T) -> list[T]:
    """Everybody's value, by rank, for everybody."""
    world_size = get_dist_info()[1]
    if world_size == 1:
        return [value]
    values: list[Any] = [None] * world_size
    dist.all_gather_object(values, value)
    return values


def on_rank_0(function: Callable[[], T]) -> T:
    """Call `function` on rank 0 alone; everybody gets what it returns, or raises its `EngineError`."""
    rank, world_size = get_dist_info()
    if world_size == 1:
        return function()
    outcome: list[Any] = [None, None]
    if rank == 0:
        try:
            outcome[0] = function()
        except EngineError as e:
            outcome[1] = e
    dist.broadcast_object_list(outcome)
    if outcome[1] is not None:
        raise outcome[1]
    result: T = outcome[0]
    return result


@contextmanager
def one_first() -> Iterator[None]:
    """Each machine's first process goes through the block alone, then the others: for a file that whoever comes first writes."""
    if local_rank() != 0:
        barrier()
    try:
        yield
    finally:
        if local_rank() == 0:
            barrier()


def master_only(function: Callable[P, T]) -> Callable[P, T | None]:
    """Let a function do its work on rank 0, and nothing, with the result None, on the others."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T | None:
        return function(*args, **kwargs) if get_dist_info()[0] == 0 else None

    return wrapper


def allreduce_params(
    params: Iterable[Tensor], coalesce: bool = True, bucket_size_mb: int = -1
) -> None:
    """Put the mean over all processes into parameters or buffers, in place.

    Args:
        params: of the same shapes everywhere.
        coalesce: send them together, a type at a time, and not one by one.
        bucket_size_mb: at most so much together; -1 for no limit.
    """
    world_size = get_dist_info()[1]
    if world_size == 1:
        return
    for bucket in _buckets(
        [param.detach() for param in params], coalesce, bucket_size_mb
    ):
        flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
        dist.all_reduce(flat)
        flat = flat / world_size if flat.is_floating_point() else flat // world_size
        parts = torch.split(flat, [tensor.numel() for tensor in bucket])
        for tensor, part in zip(bucket, parts, strict=True):
            tensor.copy_(part.view_as(tensor))


def allreduce_grads(
    params: Iterable[nn.Parameter], coalesce: bool = True, bucket_size_mb: int = -1
) -> None:
    """Put the mean over all processes into the gradients of parameters; see `allreduce_params`. DDP has done so already."""
    grads = [param.grad for param in params if param.requires_grad]
    allreduce_params(
        [grad for grad in grads if grad is not None], coalesce, bucket_size_mb
    )


def broadcast_buffers(model: nn.Module) -> None:
    """Let everybody's buffers be those of rank 0, as mmcv does before an evaluation: while training, each has its own running means."""
    if get_dist_info()[1] > 1:
        for buffer in model.buffers():
            dist.broadcast(buffer, 0)


def _buckets(
    tensors: list[Tensor], coalesce: bool, size_mb: int
) -> Iterator[list[Tensor]]:
    """The tensors, in lists of one type and device."""
    kinds: dict[Any, list[Tensor]] = {}
    for tensor in tensors:
        kinds.setdefault((tensor.dtype, tensor.device), []).append(tensor)
    limit = (
        size_mb * 2**20 if coalesce and size_mb > 0 else float("inf" if coalesce else 0)
    )
    for same in kinds.values():
        bucket: list[Tensor] = []
        for tensor in same:
            if bucket and sum(other.nbytes for other in [*bucket, tensor]) > limit:
                yield bucket
                bucket = []
            bucket.append(tensor)
        yield bucket
