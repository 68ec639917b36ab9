"""Small things that upstream's code imports from `mmcv.runner`."""

from __future__ import annotations

import getpass
import socket
import sys
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ..errors import ArgumentError


def get_host_info() -> str:
    """`user@host`; empty where there is no such user, as in some containers."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError, ImportError):
        return ""


def get_time_str() -> str:
    """The local time as the names of logs have it: `20260131_235959`."""
    return time.strftime("%Y%m%d_%H%M%S", time.localtime())


def obj_from_dict(
    info: Mapping[str, Any],
    parent: ModuleType | None = None,
    default_args: Mapping[str, Any] | None = None,
) -> Any:
    """Build `dict(type=..., **arguments)` where `type` is a class, or the name of one in the module `parent`.

    Args:
        info: the type and the arguments.
        parent: the module; without it a name is that of a module that is loaded.
        default_args: arguments that `info` may leave out.

    Raises:
        ArgumentError: (a TypeError) there is no type, or it is neither a name nor a class.
    """
    arguments = {**(default_args or {}), **info}
    kind = arguments.pop("type", None)
    if isinstance(kind, str):
        kind = sys.modules[kind] if parent is None else getattr(parent, kind)
    if not callable(kind):
        raise ArgumentError(f"type is a name or a class, not {kind!r}")
    return kind(**arguments)
