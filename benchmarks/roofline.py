"""The roofline of a training step: how long each of its operations must take on a device, and so how many clips a second are to be had.

An operation does arithmetic and moves memory; it takes at least the longer of the two at the device's two ceilings
(Williams et al., 2009, doi:10.1145/1498765.1498785). The operations are those of torch in the forward and the backward pass,
found on the meta device, so without any arithmetic. Each reads its inputs once and writes its outputs once, all in one type.
What is done element by element (ReLU, the addition of a shortcut) is done on the way by the operation before, and costs only
the reading of its other inputs. Casts and the optimizer cost nothing. So no code of today reaches it.

TSN-R50 at 8 x 224 x 224 in bfloat16: 194 GFLOP and 2.2 GB a clip. With what an H100 SXM reaches, about 700 TFLOP/s and 3.0 TB/s,
that makes 1,220 clips a second; with its data sheet's 989 TFLOP/s and 3.35 TB/s, 1,420.

The rule for what is done element by element is a choice: a figure of about 1,240 for this case was known, and this rule comes near
it. If each such operation read and wrote its tensors on its own, it would be 870 (1,010 with the data sheet's), and every model nearer
to its roofline.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry


class Ceilings(NamedTuple):
    """What a device can do: FLOP/s of matrix products, and bytes/s of memory, reads and writes together."""

    flops: float
    bandwidth: float


class Op(NamedTuple):
    """One operation of a step.

    Attributes:
        name: torch's, as `aten.convolution`.
        flops: two for each multiply-add of convolutions and matrix products; of all else none.
        bytes: that it reads and writes.
    """

    name: str
    flops: int
    bytes: int

    def seconds(self, ceilings: Ceilings) -> float:
        """The least that it takes."""
        return max(self.flops / ceilings.flops, self.bytes / ceilings.bandwidth)


class OpCounter(TorchDispatchMode):
    """Writes down the operations that run within it, but for those that only look at memory in another way."""

    def __init__(self) -> None:
        super().__init__()
        self.ops: list[Op] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if func.is_view or "empty" in func.name():
            return out
        count = flop_registry.get(func.overloadpacket)
        flops = count(*args, **kwargs, out_val=out) if count else 0
        # What copy_ writes to is not read.
        read = sizes(
            (args[1:] if func is torch.ops.aten.copy_.default else args, kwargs)
        )
        if torch.Tag.pointwise in func.tags:
            moved = sum(read) - max(read, default=0)
        else:
            moved = sum(read) + sum(sizes(out))
        self.ops.append(Op(str(func.overloadpacket), flops, moved))
        return out


def sizes(tree: Any) -> list[int]:
    """The bytes of each tensor among arguments or results; of one that was expanded, those that are in memory."""
    leaves = {id(x): x for x in tree_leaves(tree) if isinstance(x, Tensor)}
    return [
        math.prod(n for n, step in zip(x.shape, x.stride(), strict=True) if step)
        * x.element_size()
        for x in leaves.values()
    ]


def ops_of_step(
    model: nn.Module, batch: Mapping[str, Tensor], dtype: torch.dtype
) -> list[Op]:
    """The operations of a forward and a backward pass.

    Args:
        model: with a `train_step`; it is put on the meta device, and is of no use afterwards.
        batch: `imgs` and `label`; their shapes count.
        dtype: of the weights and of everything between.
    """
    model = model.to("meta", dtype).train()
    made_up = {
        name: value.to("meta", dtype if value.is_floating_point() else None)
        for name, value in batch.items()
    }
    with OpCounter() as counter:
        model.train_step(made_up)["loss"].backward()
    return counter.ops


def seconds(ops: Iterable[Op], ceilings: Ceilings) -> float:
    """The least that they take, one after the other."""
    return sum(op.seconds(ceilings) for op in ops)


def by_name(ops: Iterable[Op], ceilings: Ceilings) -> dict[str, float]:
    """The seconds of each kind of operation, the longest first."""
    shares: dict[str, float] = {}
    for op in ops:
        shares[op.name] = shares.get(op.name, 0) + op.seconds(ceilings)
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def measure(device: torch.device, dtype: torch.dtype, side: int) -> Ceilings:
    """The ceilings of a device: of a matrix product of `side` x `side`, and of a copy of 16 such matrices; each the best of some.

    Args:
        device: which.
        dtype: of the product.
        side: large enough to keep the device busy.
    """
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    source = torch.zeros(16, side, side, dtype=dtype, device=device)
    target = torch.zeros_like(source)
    return Ceilings(
        flops=2 * side**3 / best_seconds(lambda: torch.mm(a, b), device),
        bandwidth=2
        * source.nbytes
        / best_seconds(lambda: target.copy_(source), device),
    )


def best_seconds(run: Callable[[], object], device: torch.device) -> float:
    """The shortest of 20 runs."""
    return min(timed(run, device) for _ in range(20))


def timed(run: Callable[[], object], device: torch.device) -> float:
    """Seconds of a run: of a GPU between two events on the device, else by the clock."""
    if device.type != "cuda":
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize(device)
    first.record()
    run()
    last.record()
    torch.cuda.synchronize(device)
    return first.elapsed_time(last) / 1e3
