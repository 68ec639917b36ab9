"""What a config of MMAction2 names that the engine does not have, and the command that scaffolds a place for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmaction_min import assemble  # noqa: F401  (it fills registries)
from mmaction_min.datasets import DATASETS, PIPELINES
from mmaction_min.models import builder

MODEL_KINDS = {
    "backbone": builder.BACKBONES,
    "neck": builder.NECKS,
    "cls_head": builder.HEADS,
    "loss_cls": builder.LOSSES,
    "blending": builder.BLENDINGS,
}
SCAFFOLDED = {"cls_head": "head", "loss_cls": "loss", "pipeline": "transform"}
"""What scaffold calls a kind, where it is not what the config calls it."""


def missing(cfg: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """(kind, name) of what a config names and is not here, in order; `name` is the config's path."""
    return sorted({(kind, what) for kind, what, known in named(cfg, name) if not known})


def command(kind: str, what: str) -> str:
    """What scaffolds it; the names alone where nothing does, as for what is another library's."""
    if not what.isidentifier() or kind == "blending":
        return f"{kind} {what}"
    return f"scaffold add {SCAFFOLDED.get(kind, kind)} {what}"


def named(cfg: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, bool]]:
    """(kind, name, is it known) of everything that a config builds for training and evaluation."""
    model = cfg["model"]
    kind = "localizer" if name.startswith("localization") else "recognizer"
    known = (*builder.RECOGNIZERS, *builder.LOCALIZERS)
    yield kind, model["type"], model["type"] in known
    parts = [(key, part) for key in MODEL_KINDS for part in find(model, key)]
    for key, part in parts:
        what = part.get("type", "")
        yield key, what, what in MODEL_KINDS[key] or bool(builder.library_of(part))
    for split in ("train", "val", "test"):
        data = cfg.get("data", {}).get(split) or {}
        for one in data if isinstance(data, list) else [data]:
            while "dataset" in one:  # RepeatDataset
                yield "dataset", one["type"], one["type"] in DATASETS
                one = one["dataset"]
            if "type" in one:
                yield "dataset", one["type"], one["type"] in DATASETS
            for step in one.get("pipeline", []):
                yield "pipeline", step["type"], step["type"] in PIPELINES


def find(tree: Any, key: str) -> Iterator[Mapping[str, Any]]:
    """Every dict under `key`, at any depth."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            if name == key and isinstance(value, Mapping):
                yield value
            yield from find(value, key)
