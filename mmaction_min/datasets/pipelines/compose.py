"""Compose: a pipeline, from the list in a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import ConfigError, EngineError
from ..builder import PIPELINES, Results

Transform = Callable[[Results], Results]


class Compose:
    """Transforms, one after the other; an error says which one it came from.

    Args:
        transforms: each a config (`dict(type='Flip', flip_ratio=0.5)`), or anything that takes and returns `results`.
    """

    def __init__(self, transforms: Sequence[Mapping[str, Any] | Transform]) -> None:
        self.transforms: list[Transform] = [
            transform if callable(transform) else PIPELINES.build(transform)
            for transform in transforms
        ]

    def __call__(self, results: Results) -> Results:
        """Run the pipeline.

        Raises:
            ConfigError: a transform needs what no earlier one made, or returns nothing.
            RuntimeError: a transform failed for another reason, which is the cause of this error.
        """
        for step, transform in enumerate(self.transforms, 1):
            name = getattr(transform, "__name__", type(transform).__name__)
            results = _run(transform, results, f"{name} (step {step} of the pipeline)")
        return results

    def __repr__(self) -> str:
        return f"Compose({self.transforms})"


def _run(transform: Transform, results: Results, name: str) -> Results:
    where = str(results.get("filename", ""))
    try:
        output = transform(results)
    except EngineError:
        raise
    except Exception as e:
        missing = e.args[0] if isinstance(e, KeyError) and e.args else None
        if not isinstance(missing, str) or missing in results:
            raise RuntimeError(f"{where}: {name} failed: {e!r}") from e
        raise ConfigError(
            f"{name} needs {missing!r}, and the steps before it made only {', '.join(map(repr, results))}",
            where,
            "look at the order of the pipeline: sample, decode, augment, format, collect",
        ) from e
    if output is None:
        raise ConfigError(
            f"{name} returned nothing", where, "end its __call__ with `return results`"
        )
    return output
