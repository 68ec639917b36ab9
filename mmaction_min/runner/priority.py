"""The priorities of hooks, by mmcv's names."""

from __future__ import annotations

from enum import Enum

from ..errors import ConfigError


class Priority(Enum):
    """A lower number runs earlier, and of two equal ones the hook that was registered first."""

    HIGHEST = 0
    VERY_HIGH = 10
    HIGH = 30
    ABOVE_NORMAL = 40
    NORMAL = 50
    BELOW_NORMAL = 60
    LOW = 70
    VERY_LOW = 90
    LOWEST = 100


def get_priority(priority: int | str | Priority) -> int:
    """The number of a priority.

    Raises:
        ConfigError: it is neither 0 to 100 nor one of the names.
    """
    if isinstance(priority, Priority):
        return priority.value
    if isinstance(priority, str) and priority.upper() in Priority.__members__:
        return Priority[priority.upper()].value
    if isinstance(priority, int) and 0 <= priority <= 100:
        return priority
    raise ConfigError(
        f"{priority!r} is no priority",
        hint=f"0 to 100, or one of {', '.join(Priority.__members__)}",
    )
