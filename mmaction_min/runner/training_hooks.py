"""From the entries of a config to the hooks of a training run, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import NotRegisteredError
from .hooks import HOOKS, CheckpointHook, Hook, IterTimerHook

Entry = Mapping[str, Any] | Hook | None


def training_hooks(
    lr_config: Entry,
    momentum_config: Entry,
    checkpoint_config: Entry,
    log_config: Mapping[str, Any] | None,
) -> list[tuple[Hook, str]]:
    """The hooks with their priorities; see `EpochBasedRunner.register_training_hooks`."""
    interval = {
        key: value for key, value in (log_config or {}).items() if key == "interval"
    }
    loggers = [
        HOOKS.build(hook, interval) for hook in (log_config or {}).get("hooks", [])
    ]
    hooks = [
        (
            _policy_hook(lr_config, "LrUpdaterHook"),
            "VERY_HIGH",
        ),  # before anything that reads the rate
        (_policy_hook(momentum_config, "MomentumUpdaterHook"), "HIGH"),
        (
            _checkpoint_hook(checkpoint_config),
            "NORMAL",
        ),  # before the evaluation: if that fails, the epoch is saved
        (IterTimerHook(), "LOW"),
        *(
            (logger, "VERY_LOW") for logger in loggers
        ),  # last, so that they see what the others report
    ]
    return [(hook, priority) for hook, priority in hooks if hook is not None]


def _checkpoint_hook(config: Entry) -> Hook | None:
    if config is None or isinstance(config, Hook):
        return config
    hook: Hook = HOOKS.build(config, {"type": CheckpointHook})
    return hook


def _policy_hook(config: Entry, suffix: str) -> Hook | None:
    """`dict(policy='CosineAnnealing', ...)` -> the hook `CosineAnnealingLrUpdaterHook(...)`."""
    if config is None or isinstance(config, Hook):
        return config
    arguments = {
        key: value for key, value in config.items() if key not in ("policy", "type")
    }
    kind = config.get("type") or _policy_type(config.get("policy", ""), suffix)
    hook: Hook = HOOKS.build({"type": kind, **arguments})
    return hook


def _policy_type(policy: str, suffix: str) -> str:
    """The registered name of a policy; an all-lower-case one may be written so ('step'), as in mmcv.

    Raises:
        NotRegisteredError: there is no such policy; the message says the right word where it is near.
    """
    name = (policy.title() if policy == policy.lower() else policy) + suffix
    if name in HOOKS:
        return name
    policies = {key.removesuffix(suffix) for key in HOOKS if key.endswith(suffix)}
    near = [
        known
        for known in policies
        if known.lower() == policy.lower().replace("_", "").removesuffix(suffix.lower())
    ]
    hint = (
        f"write policy={near[0]!r}"
        if near
        else f"there are {', '.join(sorted(policies))}; {_import_hint(suffix)}"
    )
    raise NotRegisteredError(
        f"there is no policy {policy!r}, for no hook is registered as {name}", hint=hint
    )


def _import_hint(suffix: str) -> str:
    return (
        "is yours imported in mmaction_min/core/lr/__init__.py?"
        if suffix == "LrUpdaterHook"
        else ""
    )
