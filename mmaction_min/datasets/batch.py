"""From samples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch.utils.data import default_collate

from ..errors import DataError, EngineError
from ..runner.arriving import Arriving
from .seeding import Replaced


class Listed(NamedTuple):
    """A value whose shape differs from sample to sample: a batch has them in a list."""

    value: Any


def collate_replaced(
    samples: Sequence[dict[str, Any] | EngineError | Replaced],
) -> dict[str, Any] | EngineError | Replaced:
    """`collate` of what a `SeededDataset` gives: what was broken stays beside the batch."""
    broken = [
        one for each in samples if isinstance(each, Replaced) for one in each.broken
    ]
    batch = collate(
        [each.values if isinstance(each, Replaced) else each for each in samples]
    )
    return Replaced(batch, broken) if broken and isinstance(batch, dict) else batch


def collate(
    samples: Sequence[dict[str, Any] | EngineError],
) -> dict[str, Any] | EngineError:
    """Samples -> one batch: every value stacked along a new first axis; dicts (`img_metas`) and what is `Listed` stay a list.

    Args:
        samples: dicts with the same keys; an error among them is given back instead of a batch.
    """
    batch: list[dict[str, Any]] = []
    for sample in samples:
        if isinstance(sample, EngineError):
            return sample
        batch.append(sample)
    try:
        return {key: _stack(key, batch) for key in batch[0]}
    except EngineError as e:
        return e


def _stack(key: str, samples: Sequence[dict[str, Any]]) -> Any:
    values = [sample[key] for sample in samples]
    if isinstance(values[0], Mapping):
        return values
    if isinstance(values[0], Listed):
        return [value.value for value in values]
    shapes = [tuple(getattr(value, "shape", ())) for value in values]
    if len(set(shapes)) > 1:
        raise DataError(
            f"{key!r} has more than one shape in a batch: {', '.join(map(str, sorted(set(shapes))))}",
            _name_of(samples[shapes.index(min(set(shapes), key=shapes.count))]),
            "let the pipeline end with one size: a crop, or Resize with keep_ratio=False; or features of one length",
        )
    if isinstance(values[0], Arriving):
        return Arriving.stack(values)
    return default_collate(values)


def _name_of(sample: dict[str, Any]) -> str:
    """The name of a sample's video, where the pipeline collected it among its metas."""
    metas = [value for value in sample.values() if isinstance(value, Mapping)]
    names = [
        meta[key] for meta in metas for key in ("filename", "video_name") if key in meta
    ]
    return str(names[0]) if names else ""
