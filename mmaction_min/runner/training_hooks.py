"""From the entries of a config to the hooks of a training run, in their order."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .hooks import HOOKS, CheckpointHook, Hook, IterTimerHook
from .hooks.policy import policy_type
from .update import Update

if TYPE_CHECKING:
    from .priority import Priority

Entry = Mapping[str, Any] | Hook | None


class TrainingHooks:
    """The part of a runner that makes hooks of config entries; an entry is a dict, a hook, or None for no hook."""

    by_epoch = True
    """What hooks count by, unless their entry says it."""

    if TYPE_CHECKING:
        update: Update
        trains: bool | None

        def register_hook(
            self, hook: Hook, priority: int | str | Priority = ...
        ) -> None: ...
        def register_hook_from_cfg(self, cfg: Mapping[str, Any]) -> None: ...

    def register_training_hooks(
        self,
        lr_config: Entry,
        optimizer_config: Entry = None,
        checkpoint_config: Entry = None,
        log_config: Mapping[str, Any] | None = None,
        momentum_config: Entry = None,
        timer_config: Entry = {"type": "IterTimerHook"},  # noqa: B006 (never changed)
        custom_hooks_config: Sequence[Entry] | Entry = None,
    ) -> None:
        """Add the hooks that the entries of a config ask for; of two with one priority the custom one is later.

        Args:
            lr_config: `dict(policy='step', step=[20, 40], warmup='linear', ...)`.
            optimizer_config: `dict(grad_clip=dict(max_norm=20))`: data of the step.
            checkpoint_config: arguments of `CheckpointHook`.
            log_config: `dict(interval=20, hooks=[dict(type='TextLoggerHook')])`.
            momentum_config: like `lr_config`, for the momentum.
            timer_config: the hook that measures the steps.
            custom_hooks_config: hooks, or their dicts, which may have a `priority`.

        Raises:
            ConfigError: an entry has an argument that nothing takes.
            NotRegisteredError: a policy or a hook is unknown.
        """
        self.register_lr_hook(lr_config)
        self.register_momentum_hook(momentum_config)
        self.register_optimizer_hook(optimizer_config)
        self.register_checkpoint_hook(checkpoint_config)
        self.register_timer_hook(timer_config)
        self.register_logger_hooks(log_config)
        self.register_custom_hooks(custom_hooks_config)

    def register_lr_hook(self, lr_config: Entry) -> None:
        """The learning rate, before anything that reads it."""
        self._register(
            policy_hook(lr_config, "LrUpdaterHook", self._counting()), "VERY_HIGH"
        )

    def register_momentum_hook(self, momentum_config: Entry) -> None:
        """The momentum; unlike mmcv's, an iteration's runner counts it by iteration too."""
        self._register(
            policy_hook(momentum_config, "MomentumUpdaterHook", self._counting()),
            "HIGH",
        )

    def register_optimizer_hook(self, optimizer_config: Entry) -> None:
        """The settings of the step; a hook of a class of one's own does the update instead."""
        if isinstance(optimizer_config, Mapping) and "type" not in optimizer_config:
            self.update, self.trains = _update(optimizer_config), True
        elif optimizer_config is not None:
            self.trains = False  # unless it is a hook whose registration says else
            self._register(_hook(optimizer_config), "ABOVE_NORMAL")

    def register_checkpoint_hook(self, checkpoint_config: Entry) -> None:
        """The checkpoints, before the evaluation: if that fails, the epoch is saved.

        A hook of one's own whose state goes into the checkpoint comes earlier, as `EMAHook` does.
        """
        default = {"type": CheckpointHook, **self._counting()}
        self._register(_hook(checkpoint_config, default), "NORMAL")

    def register_timer_hook(self, timer_config: Entry) -> None:
        """The times of the steps."""
        self._register(_hook(timer_config, {"type": IterTimerHook}), "LOW")

    def register_logger_hooks(self, log_config: Mapping[str, Any] | None) -> None:
        """The loggers, last, so that they see what the others report."""
        config = log_config or {}
        default = self._counting()
        if "interval" in config:
            default["interval"] = config["interval"]
        for entry in config.get("hooks", []):
            self._register(_hook(entry, default), "VERY_LOW")

    def register_custom_hooks(
        self, custom_hooks_config: Sequence[Entry] | Entry
    ) -> None:
        """Hooks of `custom_hooks`, at their own priority."""
        if isinstance(custom_hooks_config, Mapping | Hook):
            custom_hooks_config = [custom_hooks_config]
        for entry in custom_hooks_config or []:
            if isinstance(entry, Hook):
                self.register_hook(entry)
            elif entry is not None:
                self.register_hook_from_cfg(entry)

    def register_profiler_hook(self, profiler_config: Entry) -> None:
        """torch's profiler, for some iterations."""
        self._register(_hook(profiler_config, {"type": "ProfilerHook"}), "NORMAL")

    def _counting(self) -> dict[str, Any]:
        return {} if self.by_epoch else {"by_epoch": False}

    def _register(self, hook: Hook | None, priority: str) -> None:
        if hook is not None:
            self.register_hook(hook, priority)


def _hook(entry: Entry, default: Mapping[str, Any] | None = None) -> Hook | None:
    if entry is None or isinstance(entry, Hook):
        return entry
    hook: Hook = HOOKS.build(entry, default)
    return hook


def _update(config: Mapping[str, Any]) -> Update:
    known = list(inspect.signature(Update).parameters)
    if unknown := config.keys() - known:
        raise ConfigError(
            f"{', '.join(sorted(unknown))} is unknown",
            "optimizer_config",
            f"it takes {', '.join(known)}",
        )
    return Update(**config)


def policy_hook(
    entry: Entry, suffix: str, default: Mapping[str, Any] | None = None
) -> Hook | None:
    """`dict(policy='CosineAnnealing', ...)` -> the hook `CosineAnnealingLrUpdaterHook(...)`."""
    if entry is None or isinstance(entry, Hook):
        return entry
    arguments = {
        key: value for key, value in entry.items() if key not in ("policy", "type")
    }
    kind = entry.get("type") or policy_type(entry.get("policy", ""), suffix)
    hook: Hook = HOOKS.build({"type": kind, **arguments}, default)
    return hook
