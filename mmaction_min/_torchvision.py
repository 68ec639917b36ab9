"""The one door to torchvision: a build that does not match torch says so here, and breaks nothing else."""

from __future__ import annotations

from importlib import import_module, metadata
from types import ModuleType

from .errors import EngineError


def import_torchvision(name: str) -> ModuleType:
    """Import a module of torchvision where it is used, never at the top of a file.

    Args:
        name: the module's full name (`"torchvision.models"`).

    Raises:
        EngineError: torchvision is missing, or is built for another torch.
    """
    try:
        return import_module(name)
    # A build for another torch fails as an ImportError, an OSError or a RuntimeError, as the versions have it.
    except Exception as e:
        raise EngineError(
            f"torchvision cannot be used with torch {metadata.version('torch')}: {e}",
            hint="install the torchvision that was built for this torch, from the same index",
        ) from e
