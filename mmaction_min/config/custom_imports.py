"""`custom_imports`: what a config wants imported, so that the registries know a project's own modules."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError

CUSTOM_KEY = "custom_imports"


def import_custom(custom: Any, where: str) -> None:
    """Import what `custom_imports = dict(imports=["my_project"], allow_failed_imports=False)` names."""
    if not custom:
        return
    known = {"imports": [], "allow_failed_imports": False}
    if not isinstance(custom, Mapping) or custom.keys() - known.keys():
        raise ConfigError(
            f"{CUSTOM_KEY} is {custom!r}",
            where,
            f"write {CUSTOM_KEY} = dict(imports=['my_project'], allow_failed_imports=False)",
        )
    imports, may_fail = ({**known, **custom}[key] for key in known)
    names = [imports] if isinstance(imports, str) else imports
    if not (isinstance(names, list | tuple) and all(isinstance(n, str) for n in names)):
        raise ConfigError(
            f"{CUSTOM_KEY}.imports is {imports!r}", where, "a name, or a list of names"
        )
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as e:
            if may_fail:
                warnings.warn(
                    f"{where}: {name} is left out: {e}", UserWarning, stacklevel=3
                )
                continue
            missing = getattr(e, "name", None) == name.partition(".")[0]
            hint = f"run the command in the folder that has {name.partition('.')[0]}/"
            raise ConfigError(
                f"{CUSTOM_KEY}: {name} cannot be imported: {e}",
                where,
                hint if missing else "",
            ) from e
