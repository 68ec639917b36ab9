"""RUNNERS and RUNNER_BUILDERS, and how a config's `runner` becomes one; under mmcv's names."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from ..registry import Registry

if TYPE_CHECKING:
    from .base_runner import BaseRunner

RUNNERS = Registry("runner")
RUNNER_BUILDERS = Registry("runner builder")


@RUNNER_BUILDERS.register_module()
class DefaultRunnerConstructor:
    """Builds the runner as it is; one of your own, `runner = dict(constructor='MyRunnerConstructor', ...)`, may change it.

    Args:
        runner_cfg: the runner's class, and arguments of it.
        default_args: the others (`model`, `optimizer`, ...).
    """

    def __init__(
        self,
        runner_cfg: Mapping[str, Any],
        default_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.runner_cfg = runner_cfg
        self.default_args = default_args

    def __call__(self) -> BaseRunner:
        runner: BaseRunner = RUNNERS.build(self.runner_cfg, self.default_args)
        return runner


def build_runner(
    cfg: Mapping[str, Any], default_args: Mapping[str, Any] | None = None
) -> BaseRunner:
    """The runner of `runner = dict(type='EpochBasedRunner', max_epochs=...)`.

    Args:
        cfg: its class, and arguments of it; `constructor` is a name in RUNNER_BUILDERS.
        default_args: the others (`model`, `optimizer`, ...).
    """
    runner_cfg: Any = copy(cfg)  # which keeps its place in the config
    kind = runner_cfg.pop("constructor", "DefaultRunnerConstructor")
    build = RUNNER_BUILDERS.build(
        {"type": kind, "runner_cfg": runner_cfg, "default_args": default_args}
    )
    runner: BaseRunner = build()
    return runner
