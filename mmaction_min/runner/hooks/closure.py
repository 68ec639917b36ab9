"""ClosureHook: a function at one place of the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import ArgumentError
from .hook import HOOKS, STAGES, Hook


@HOOKS.register_module()
class ClosureHook(Hook):
    """Calls `fn(runner)`.

    Args:
        fn_name: where: 'before_run', 'after_train_iter', ...
        fn: what is called.

    Raises:
        ArgumentError: there is no such place.
    """

    def __init__(self, fn_name: str, fn: Callable[..., Any]) -> None:
        if not hasattr(self, fn_name) or not callable(fn):
            raise ArgumentError(
                f"{fn_name!r} is no place of the loop, or {fn!r} no function",
                hint=f"the places are {', '.join(STAGES)}",
            )
        setattr(self, fn_name, fn)
