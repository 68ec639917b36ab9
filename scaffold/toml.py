"""Reads TOML."""

from __future__ import annotations

import sys
from typing import Any

from .errors import ScaffoldError


def read_toml(text: bytes, where: str) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        ScaffoldError: it is no TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # pragma: no cover (Python 3.10)
        import tomli as tomllib

    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ScaffoldError(f"it is no TOML: {e}", where) from e
