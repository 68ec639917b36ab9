"""MyTransform: one step of a pipeline."""

from __future__ import annotations

import numpy as np

from ..builder import PIPELINES, Results


@PIPELINES.register_module()
class MyTransform:
    """Makes a sample darker or brighter: all of its frames by one random factor.

    Args:
        strength: how much darker or brighter at most, as a part of the grey level, in 0..1.
    """

    def __init__(
        self,
        strength: float = 0.2,
    ) -> None:
        self.strength = strength

    def __call__(self, results: Results) -> Results:
        """Change a sample.

        Args:
            results: `imgs` is (T, H, W, C) in grey levels (0..255); see what the steps before this one put there.

        Returns:
            `results`, which the next step gets.
        """
        # TODO: your idea goes here; np.random is seeded anew for each sample.
        factor = np.random.uniform(1 - self.strength, 1 + self.strength)
        imgs = np.clip(results["imgs"] * factor, 0, 255)
        results["imgs"] = imgs.astype(results["imgs"].dtype)
        return results
