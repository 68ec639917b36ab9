"""The stages of ResNets of 2 and 3 dimensions: what a config may say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import ConfigError
from ..common import freeze


def check_stages(
    depths: Iterable[int],
    depth: int,
    style: str,
    num_stages: int,
    out_indices: Sequence[int],
    **per_stage: Sequence[Any],
) -> None:
    """Refuse what makes no ResNet.

    Args:
        depths: those that there are.
        depth: one of them.
        style: 'pytorch' or 'caffe'.
        num_stages: 1 to 4.
        out_indices: each below `num_stages`.
        **per_stage: the arguments that have an entry for each stage.
    """
    if depth not in depths:
        raise ConfigError(
            f"there is no ResNet of depth {depth}",
            "backbone.depth",
            f"one of {', '.join(map(str, depths))}",
        )
    if style not in ("pytorch", "caffe"):
        raise ConfigError(
            f"there is no style {style!r}", "backbone.style", "'pytorch' or 'caffe'"
        )
    if not 1 <= num_stages <= 4:
        raise ConfigError(f"{num_stages} is not 1 to 4", "backbone.num_stages")
    if not out_indices or not all(0 <= i < num_stages for i in out_indices):
        raise ConfigError(
            f"{tuple(out_indices)} are not all stages of the {num_stages}",
            "backbone.out_indices",
            "they count from 0",
        )
    for name, values in per_stage.items():
        if len(values) < num_stages:
            raise ConfigError(
                f"{len(values)} values for {num_stages} stages", f"backbone.{name}"
            )


def freeze_stages(model: Any, frozen_stages: int) -> None:
    """Freeze the stem and the first stages of a ResNet of 2 or 3 dimensions; nothing for -1."""
    if frozen_stages >= 0:
        stages = model.res_layers[:frozen_stages]
        freeze(model.conv1, *(getattr(model, name) for name in stages))


def per_block(
    choice: int | Sequence[int | Sequence[int]], stage: int, blocks: int
) -> Sequence[int]:
    """Which blocks of a stage are chosen, of `1`, `(0, 0, 1, 1)` or `((1, 0, 1), (1, 0, 1, 0), ...)`.

    Raises:
        ConfigError: the numbers are not as many as the stages, or as the stage's blocks.
    """
    of_stage = choice if isinstance(choice, int) else choice[stage]
    if isinstance(of_stage, int):
        return (of_stage,) * blocks
    if len(of_stage) != blocks:
        raise ConfigError(
            f"{tuple(of_stage)} are {len(of_stage)} numbers, and stage {stage} has {blocks} blocks",
            "backbone",
        )
    return of_stage
