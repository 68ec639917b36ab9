"""DistSamplerSeedHook: the runners do its work."""

from __future__ import annotations

from .hook import HOOKS, Hook


@HOOKS.register_module()
class DistSamplerSeedHook(Hook):
    """Nothing: each runner tells the sampler its epoch itself, and after a resume where in the epoch it stands."""
