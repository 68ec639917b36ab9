"""A model as a table: parameters, output shapes and operations of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from .tables import format_table, in_units


@dataclass(frozen=True)
class Part:
    """A module of a model.

    Args:
        name: its dotted name; empty for the model.
        kind: its class.
        parameters: how many numbers it has.
        trainable: how many of them are trained.
        shape: of what it gave, as text; empty if it was not called.
        flops: operations of its forward pass, two for each multiply-add of convolutions, matrix products and attention.
    """

    name: str
    kind: str
    parameters: int
    trainable: int
    shape: str = ""
    flops: int | None = None


def model_parts(
    model: nn.Module, batch: Mapping[str, Any] | None, depth: int
) -> list[Part]:
    """The model and its parts down to some depth, in the order of their definition.

    Args:
        model: is left in training mode, in which what is frozen shows; the batch is put through it in evaluation mode.
        batch: what a loader gives, on the model's device; without it shapes and operations are unknown.
        depth: 0 for the model alone, 1 for backbone and head, ...
    """
    shapes: dict[str, str] = {}
    flops: dict[str, Any] = {}
    modules = dict(_modules(model, depth))
    if batch is not None:
        shapes, flops = _trace(model, modules, batch)
    model.train()
    parts = []
    for name, module in modules.items():
        sizes = [(p.numel(), p.requires_grad) for p in module.parameters()]
        parts.append(
            Part(
                name,
                type(module).__name__,
                sum(size for size, _ in sizes),
                sum(size for size, trained in sizes if trained),
                shapes.get(name, ""),
                flops.get(name) if batch is not None else None,
            )
        )
    return parts


def _modules(
    module: nn.Module, depth: int, name: str = ""
) -> Iterator[tuple[str, nn.Module]]:
    yield name, module
    if depth > 0:
        for child_name, child in module.named_children():
            full = f"{name}.{child_name}" if name else child_name
            yield from _modules(child, depth - 1, full)


def _trace(
    model: nn.Module, modules: Mapping[str, nn.Module], batch: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, int]]:
    """Shapes of the outputs, and operations, by the modules' names."""
    shapes: dict[str, str] = {}

    def remember(name: str) -> Any:
        return lambda module, args, output: shapes.update({name: shape_of(output)})

    handles = [
        module.register_forward_hook(remember(name)) for name, module in modules.items()
    ]
    inputs = {key: value for key, value in batch.items() if key != "label"}
    # What a localizer learns from is not what it is tested on.
    is_localizer = "imgs" not in batch or "reg_targets" in batch
    model.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(return_loss=is_localizer, **inputs)
    finally:
        for handle in handles:
            handle.remove()
    counts = counter.get_flop_counts()
    root = type(model).__name__
    flops = {
        name: sum(counts.get(f"{root}.{name}" if name else root, {}).values())
        for name in modules
    }
    return shapes, flops


def shape_of(output: Any) -> str:
    """`(1, 512, 4, 4)`; of a list of tensors all of them."""
    if isinstance(output, Tensor) or hasattr(output, "shape"):
        return str(tuple(output.shape))
    if isinstance(output, Mapping):
        return ", ".join(f"{key} {shape_of(value)}" for key, value in output.items())
    if isinstance(output, list | tuple):
        return ", ".join(shape_of(value) for value in output)
    return type(output).__name__


def format_parts(parts: list[Part]) -> str:
    """The parts as a table, and the totals below; the first part is the model."""
    rows = []
    for part in parts[1:]:
        *parents, name = part.name.split(".")
        rows.append(
            (
                "  " * len(parents) + name,
                part.kind,
                f"{part.parameters:,}" if part.parameters else "",
                _trainable(part),
                part.shape,
                in_units(part.flops) if part.flops else "",
            )
        )
    header = ("name", "type", "parameters", "trained", "output", "FLOPs")
    total = parts[0]
    trained = f"{total.trainable:,}" if total.trainable < total.parameters else "all"
    text = f"{total.kind}: {total.parameters:,} parameters, {trained} trained"
    if total.flops is not None:
        macs = in_units(total.flops / 2, "MACs")
        text += f"; {in_units(total.flops, 'FLOPs')} ({macs}, which papers often call FLOPs)"
    return f"{format_table(header, rows)}\n{text}" if rows else text


def _trainable(part: Part) -> str:
    if part.trainable == part.parameters:
        return "all" if part.parameters else ""
    return f"{part.trainable:,}" if part.trainable else "none"
