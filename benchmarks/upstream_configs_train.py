"""Trains the configs of MMAction2 0.24.1: model, pipelines, one step and one evaluation on made-up clips.

    pip download --no-deps mmaction2==0.24.1 && unzip mmaction2-0.24.1*.whl
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs             # everything, an hour or more
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --models    # the models alone, minutes
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --only recognition/tsm

For each config that can be run (those of a `_base_` folder are parts of others) it says: whether everything that it names
is there, and if not, what is missing and the command that scaffolds it; whether the model's tensors have the names and
shapes that upstream's have (`upstream_models.json`, from an installed upstream); and whether
`python -m mmaction_min.train` trains a step and evaluates. The config is not changed, but for what `--cfg-options` says:
the paths, `pretrained=None` (weights that are not on this disk), one clip a batch, no worker processes, one epoch.
Exits with 1 if a config that names nothing unknown fails.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

import mmaction_min.core  # noqa: F401  (it fills registries)
from mmaction_min import train
from mmaction_min.config import Config
from mmaction_min.datasets import DATASETS, PIPELINES
from mmaction_min.models import builder

EXPECTED = json.loads((Path(__file__).parent / "upstream_models.json").read_text())
MODEL_KINDS = {
    "backbone": builder.BACKBONES,
    "neck": builder.NECKS,
    "cls_head": builder.HEADS,
    "loss_cls": builder.LOSSES,
    "blending": builder.BLENDINGS,
}
SCAFFOLDED = {"cls_head": "head", "loss_cls": "loss", "pipeline": "transform"}
"""What scaffold calls a kind, where it is not what the config calls it."""
FRAMES = 40


class Row(NamedTuple):
    """What became of a config.

    Args:
        name: its path in the folder.
        missing: (kind, name) of what it names and is not there.
        model: 'equal', 'not compared', or what is wrong.
        trained: 'yes', '' if it was not tried, or what is wrong.
    """

    name: str
    missing: list[tuple[str, str]]
    model: str = ""
    trained: str = ""


def named(cfg: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, bool]]:
    """(kind, name, is it known) of everything that a config builds for training and evaluation."""
    model = cfg["model"]
    recognizer = model.get("type", "")
    kind = "localizer" if name.startswith("localization") else "recognizer"
    yield kind, recognizer, recognizer in builder.RECOGNIZERS or recognizer in builder.LOCALIZERS
    for kind, registry in MODEL_KINDS.items():
        for part in find(model, kind):
            what = part.get("type", "")
            known = what in registry or bool(builder.library_of(part))
            yield kind, what, known
    for split in ("train", "val", "test"):
        data = cfg.get("data", {}).get(split) or {}
        while isinstance(data, Mapping) and "dataset" in data:  # RepeatDataset
            yield "dataset", data["type"], data["type"] in DATASETS
            data = data["dataset"]
        for one in data if isinstance(data, list) else [data]:
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


def without_pretrained(model: Any) -> Any:
    """A model's config with `pretrained=None` everywhere."""
    if not isinstance(model, Mapping):
        return model
    return {
        name: None if name == "pretrained" else without_pretrained(value)
        for name, value in model.items()
    }


def compare_model(name: str, cfg: Mapping[str, Any]) -> str:
    """'equal' if the tensors have upstream's names and shapes."""
    with torch.device("meta"):
        model = builder.build_model(without_pretrained(cfg["model"]))
    lines = sorted(f"{key} {tuple(x.shape)}" for key, x in model.state_dict().items())
    found = {
        "tensors": len(lines),
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    expected = EXPECTED.get(name)
    if expected is None:
        return "not compared"  # the upstream at hand could not build it
    return "equal" if found == expected else f"{found} and not {expected}"


def made_up(folder: Path, cfg: Mapping[str, Any], split: str) -> dict[str, str]:
    """Two clips as the data set of a config wants them, and the options that say where they are."""
    data = cfg["data"][split]
    prefix = f"data.{split}"
    while "dataset" in data:
        data, prefix = data["dataset"], f"{prefix}.dataset"
    flow = data.get("modality") == "Flow"
    template = data.get("filename_tmpl", "img_{:05}.jpg")
    labels = "0 1" if data.get("multi_class") else "1"
    lines = []
    for clip in ("a", "b"):
        if data["type"] == "VideoDataset":
            write_video(folder / f"{clip}.mp4")
            lines.append(f"{clip}.mp4 {labels}")
        else:
            write_frames(folder / clip, template, flow=flow)
            count = f"0 {FRAMES}" if data.get("with_offset") else f"{FRAMES}"
            lines.append(f"{clip} {count} {labels}")
    (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return {
        f"{prefix}.ann_file": str(folder / f"{split}.txt"),
        f"{prefix}.data_prefix": str(folder),
    }


def frame(i: int) -> np.ndarray:
    """(256, 340, 3) of blurred noise that moves."""
    noise = np.random.default_rng(0).integers(0, 255, (32, 43, 3), dtype=np.uint8)
    large = Image.fromarray(noise).resize((340, 256), Image.Resampling.BILINEAR)
    return np.roll(np.asarray(large), 4 * i, axis=1)


def write_video(path: Path) -> None:
    """A file of `FRAMES` frames."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 340, 256
        for i in range(FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame(i))))
        container.mux(stream.encode())


def write_frames(folder: Path, template: str, *, flow: bool) -> None:
    """A folder of pictures, from number 0 (some lists count from there) to `FRAMES`."""
    folder.mkdir(exist_ok=True)
    for i in range(FRAMES + 1):
        names = (
            [template.format(axis, i) for axis in "xy"]
            if flow
            else [template.format(i)]
        )
        for name in names:
            picture = frame(i)[:, :, 0] if flow else frame(i)
            Image.fromarray(picture).save(folder / name)


def train_a_step(file: Path, cfg: Mapping[str, Any]) -> str:
    """'yes' if the command trains an epoch of a step or two and evaluates."""
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "total_epochs": "1",
            "data.videos_per_gpu": "1",
            "data.workers_per_gpu": "0",
            "evaluation.interval": "1",
            "checkpoint_config": "None",
            "load_from": "None",
            "log_config.interval": "1",
        }
        if "pretrained" in cfg["model"].get("backbone", {}):
            options["model.backbone.pretrained"] = "None"
        for split in ("train", "val"):
            options.update(made_up(Path(folder), cfg, split))
        argv = [
            str(file),
            "--work-dir",
            f"{folder}/work",
            "--seed",
            "0",
            "--device",
            "cpu",
        ]
        argv += ["--cfg-options", *(f"{key}={value}" for key, value in options.items())]
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            code = train.main(argv)
    return "yes" if code == 0 else said.getvalue().strip().rpartition("error:")[2]


def look_at(file: Path, name: str, *, models: bool) -> Row:
    """What becomes of a config; nothing that it does ends the list."""
    cfg = Config.fromfile(file)
    if not isinstance(cfg.get("model"), Mapping):
        return Row(name, [("model", "(the config has none)")])
    missing = sorted(
        {(kind, what) for kind, what, known in named(cfg, name) if not known}
    )
    if models:
        missing = [pair for pair in missing if pair[0] not in ("dataset", "pipeline")]
    if missing:
        return Row(name, missing)
    row = Row(name, [])
    try:
        row = row._replace(model=compare_model(name, cfg))
        if not models and "train" in cfg.get("data", {}):
            row = row._replace(trained=train_a_step(file, cfg))
    except Exception as e:
        where = "trained" if row.model else "model"
        row = row._replace(**{where: f"{type(e).__name__}: {e}"})
    return row


def report(rows: list[Row]) -> bool:
    """Print the table and what is not supported; whether something failed that should not."""
    table: dict[str, Counter[str]] = {}
    for row in rows:
        family = table.setdefault("/".join(row.name.split("/")[:2]), Counter())
        family["configs"] += 1
        family["complete"] += not row.missing
        family["equal"] += row.model == "equal"
        family["trained"] += row.trained == "yes"
    columns = ("configs", "complete", "equal", "trained")
    print(f"\n{'family':28}" + "".join(f"{column:>10}" for column in columns))
    for family, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{family:28}" + "".join(f"{counts[column]:10}" for column in columns))
    print("\nnot here, and what writes a place for it:")
    for (kind, what), count in Counter(
        pair for row in rows for pair in row.missing
    ).most_common():
        command = f"scaffold add {SCAFFOLDED.get(kind, kind)} {what}"
        print(
            f"{count:5} configs: {command if what.isidentifier() else f'{kind} {what}'}"
        )
    failed = [
        row
        for row in rows
        if not row.missing
        and (
            row.model not in ("equal", "not compared") or row.trained not in ("yes", "")
        )
    ]
    for row in failed:
        print(f"{row.name}: {row.model}; trained: {row.trained}")
    return bool(failed)


def main() -> int:
    """Go through the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", action="store_true", help="build the models alone")
    parser.add_argument("--only", default="", help="a part of the paths")
    options = parser.parse_args()
    rows = []
    for file in sorted(options.folder.rglob("*.py")):
        name = file.relative_to(options.folder).as_posix()
        if "_base_" in name.split("/") or options.only not in name:
            continue
        rows.append(look_at(file, name, models=options.models))
        said = ", ".join(f"{kind} {what}" for kind, what in rows[-1].missing)
        print(f"{name}: {said or rows[-1].model} {rows[-1].trained}", flush=True)
    return int(report(rows))


if __name__ == "__main__":
    sys.exit(main())
