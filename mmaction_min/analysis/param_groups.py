"""The param groups of an optimizer, equal ones together."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .tables import format_table

SHOWN = ("lr", "weight_decay", "momentum", "betas")
HIDDEN = frozenset(["params", "initial_lr", "name", "param_names"])


def equal_groups(
    optimizer: torch.optim.Optimizer, keys: tuple[str, ...] | None = None
) -> list[list[dict[str, Any]]]:
    """The groups in bundles whose settings are the same.

    Args:
        optimizer: the optimizer.
        keys: the settings that count; all, and whether the parameters are trained, if None.
    """
    bundles: dict[str, list[dict[str, Any]]] = {}
    for group in optimizer.param_groups:
        counting = [key for key in group if key not in HIDDEN] if keys is None else keys
        settings: dict[str, Any] = {key: group.get(key) for key in counting}
        if keys is None:
            settings["trained"] = [p.requires_grad for p in group["params"]][:1]
        bundles.setdefault(repr(settings), []).append(group)
    return list(bundles.values())


def format_groups(model: nn.Module, optimizer: torch.optim.Optimizer) -> str:
    """A table with a row for each kind of group: how many tensors and numbers, settings, and which parameters.

    Beside rate, decay and momentum, it has the settings in which groups differ.
    """
    names = {id(param): name for name, param in model.named_parameters()}
    bundles = equal_groups(optimizer)
    firsts = [bundle[0] for bundle in bundles]
    keys = [key for key in SHOWN if key in firsts[0]]
    keys += [
        key
        for key in firsts[0]
        if key not in {*SHOWN, *HIDDEN}
        and len({repr(group.get(key)) for group in firsts}) > 1
    ]
    rows = []
    for bundle in bundles:
        params = [param for group in bundle for param in group["params"]]
        trained = [param.numel() for param in params if param.requires_grad]
        rows.append(
            [
                f"{len(params):,}",
                f"{sum(param.numel() for param in params):,}",
                "" if len(trained) == len(params) else f"{sum(trained):,}",
                *(_setting(bundle[0].get(key)) for key in keys),
                _which([names.get(id(param), "?") for param in params], bundle),
            ]
        )
    header = ["tensors", "numbers", "trained", *keys, "parameters"]
    kind = type(optimizer).__name__
    count = len(optimizer.param_groups)
    title = f"{kind}: {count} param group{'s' * (count > 1)}, {len(bundles)} different"
    return f"{title}\n{format_table(header, rows)}"


def _setting(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _which(names: list[str], bundle: list[dict[str, Any]]) -> str:
    """The groups' own names if they have some, else the first and the last parameter."""
    own = list(dict.fromkeys(str(group["name"]) for group in bundle if "name" in group))
    names = own or names
    return names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]}"
