"""The hooks of a runner: their order, and how the entries of a config become hooks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .hooks import HOOKS, CheckpointHook, Hook, IterTimerHook
from .hooks.hook import STAGES
from .hooks.optimizer import OptimizerHook
from .hooks.policy import policy_type
from .priority import Priority, get_priority
from .update import Update

if TYPE_CHECKING:
    import torch

Entry = Mapping[str, Any] | Hook | None


class TrainingHooks:
    """The part of a runner that has the hooks, and makes them of config entries: a dict, a hook, or None for no hook."""

    by_epoch = True
    """What hooks count by, unless their entry says it."""

    update: Update
    trains: bool | None
    amp_dtype: torch.dtype | None
    _hooks: list[Hook]

    @property
    def hooks(self) -> list[Hook]:
        """The hooks, in the order in which they run."""
        return self._hooks

    def register_hook(
        self, hook: Hook, priority: int | str | Priority | None = None
    ) -> None:
        """Add a hook; a lower number runs earlier, of two equal ones the one that came first.

        An `OptimizerHook` is also the settings of the step, unless its class does the update in its own way.

        Args:
            hook: the hook.
            priority: 0 to 100, or one of mmcv's names ('VERY_HIGH' 10, 'NORMAL' 50, 'LOW' 70, ...); by default the
                class's own, which is 'NORMAL' if it does not say it.
        """
        hook.priority = get_priority(
            hook.default_priority if priority is None else priority
        )
        place = sum(other.priority <= hook.priority for other in self._hooks)
        self._hooks.insert(place, hook)
        if isinstance(hook, OptimizerHook):
            self.trains = hook.is_settings
            if hook.is_settings:
                self.update = hook.update
                self.amp_dtype = self.amp_dtype or hook.amp_dtype

    def register_hook_from_cfg(self, cfg: Mapping[str, Any]) -> None:
        """Add the hook of `dict(type='MyHook', priority='LOW', **arguments)`."""
        arguments: Any = copy(cfg)  # which keeps its place in the config
        priority = arguments.pop("priority", None)
        self.register_hook(HOOKS.build(arguments), priority)

    def call_hook(self, stage: str) -> None:
        """Call that method of every hook, in their order."""
        for hook in self._hooks:
            getattr(hook, stage)(self)

    def get_hook_info(self) -> str:
        """The hooks at each stage, in the order in which they run, as text."""
        names = {priority.value: priority.name for priority in Priority}
        lines = []
        for stage in STAGES:
            hooks = [
                f"  {names.get(hook.priority, hook.priority):<12} {type(hook).__name__}"
                for hook in self._hooks
                if stage in hook.get_triggered_stages()
            ]
            lines += [f"{stage}:", *hooks] if hooks else []
        return "\n".join(lines)

    # ---- of a config's entries

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
    arguments: Any = copy(entry)  # which keeps its place in the config
    policy = arguments.pop("policy", "")
    if not arguments.get("type"):
        arguments["type"] = policy_type(policy, suffix)
    hook: Hook = HOOKS.build(arguments, default)
    return hook
