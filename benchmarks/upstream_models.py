"""The models of MMAction2 0.24.1's configs, here and in an installed upstream: names and shapes of all tensors, and scores.

    python3 -m venv peer && peer/bin/pip install "setuptools<81" wheel numpy==1.23.5 torch torchvision
    peer/bin/pip install --no-build-isolation mmcv==1.7.2 mmaction2==0.24.1 "opencv-python-headless<4.12" decord
    python benchmarks/upstream_models.py mmaction/.mim/configs --peer peer/bin/python

Prints how many models upstream builds, how many of those are built here with the same tensors, and how far the scores of the
recognizers are apart that have the same weights and see the same frames, small ones. `--write` writes what upstream has into
`upstream_models.json`; otherwise that file is checked against it. Exits with 1 if a model differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch

FILE = Path(__file__).with_name("upstream_models.json")
CONSTANTS = {"BMN": "sample_mask (100, 320000)"}
"""What upstream saves with a model, and can be computed: it is in no checkpoint from here."""
SIDE = 64


def value(name: str, shape: Sequence[int]) -> torch.Tensor:
    """The value of a tensor of a name: a sine, in the range that such a tensor has in a trained network."""
    n = torch.Size(shape).numel()
    x = torch.sin(
        torch.arange(n, dtype=torch.float64) * 1.7 + zlib.crc32(name.encode()) % 1000
    )
    if name.endswith("running_var"):
        x = 1 + x / 4
    elif len(shape) == 1 and name.endswith("weight"):
        x = 0.75 + x / 4
    elif len(shape) <= 1:
        x = x / 10
    else:
        x = x * (3 / torch.Size(shape[1:]).numel()) ** 0.5
    if ".conv_out." in name:  # else non-local blocks, cubic in what they see, overflow
        x = x / 100
    return x.reshape(tuple(shape)).float()


def tensors(model: torch.nn.Module, kind: str = "") -> dict[str, Any]:
    """How many tensors a model saves, and a hash of their names and shapes."""
    lines = [f"{name} {tuple(x.shape)}" for name, x in model.state_dict().items()]
    lines = sorted([*lines, *([CONSTANTS[kind]] if kind in CONSTANTS else [])])
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return {"tensors": len(lines), "sha256": digest}


def scores(model: torch.nn.Module, cfg: Mapping[str, Any]) -> Any:
    """What a recognizer says of made-up frames, with weights made of their names; None of other models."""
    if cfg["type"] not in ("Recognizer2D", "Recognizer3D"):
        return None
    backbone = cfg["backbone"]
    if "swin" in backbone["type"]:  # for frames of one size alone
        return None
    channels = backbone.get("in_channels", 3)
    frames = (backbone.get("num_segments", 8), channels)
    views = frames if cfg["type"] == "Recognizer2D" else (1, channels, 8)
    shape = (1, *views, SIDE, SIDE)
    state = {
        name: value(name, x.shape) if x.is_floating_point() else x
        for name, x in model.state_dict().items()
    }
    model.load_state_dict(state)
    imgs = value("imgs", shape) * (torch.Size(shape[1:]).numel() / 3) ** 0.5
    if hasattr(
        model, "test_cfg"
    ):  # upstream; scores, for probabilities may be all 0 and 1
        model.test_cfg["average_clips"] = None
    else:
        model.average_clips = None
    with torch.no_grad():
        # in double precision: what is apart is then another function, and not another order of sums
        said = model.eval().double()(imgs.double(), return_loss=False)
    return torch.as_tensor(said).flatten().tolist()


def without_pretrained(model: Any) -> Any:
    """A model's config with `pretrained=None` everywhere."""
    if not isinstance(model, Mapping):
        return model
    return {
        name: None if name == "pretrained" else without_pretrained(value)
        for name, value in model.items()
    }


def configs(folder: Path, only: str) -> Iterator[tuple[str, Path]]:
    """The names and files of the configs that can be run."""
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix()
        if "_base_" not in name.split("/") and fnmatch(name, only):
            yield name, file


def compare(name: str, model: Mapping[str, Any]) -> str:
    """'equal' if the tensors of a config's model have upstream's names and shapes, or what is wrong."""
    from mmaction_min.errors import EngineError
    from mmaction_min.models import build_model

    try:
        with torch.device("meta"):
            found = tensors(build_model(without_pretrained(model)), model["type"])
    except EngineError as e:
        return f"FAILED: {e}"
    expected = json.loads(FILE.read_text()).get(name)
    if expected is None:
        return "not compared"  # the upstream at hand could not build it
    return "equal" if found == expected else f"FAILED: {found} and not {expected}"


def say_theirs(folder: Path, only: str, out: Path, *, scored: bool) -> None:
    """Run by the Python that has mmaction2: what its models have and say, into a file."""
    warnings.simplefilter("ignore")
    import mmcv

    mmcv.__version__ = "1.7.0"  # the newest that mmaction2 0.24.1 accepts
    from mmaction.models import build_model

    told: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for name, file in configs(folder, only):
        cfg = mmcv.Config.fromfile(str(file))
        if not isinstance(cfg.get("model"), Mapping):
            continue
        model_cfg = without_pretrained(cfg.model)
        key = json.dumps(model_cfg, sort_keys=True, default=str)
        if key not in said:
            try:
                model = build_model(mmcv.ConfigDict(model_cfg))
                said[key] = {"file": tensors(model)}
                said[key]["scores"] = scores(model, model_cfg) if scored else None
            except Exception as e:  # of many kinds; told by name
                error = f"{type(e).__name__}: {e}".splitlines()[0]
                said.setdefault(key, {})["error"] = error[:200]
        told[name] = said[key]
    out.write_text(json.dumps(told))


def main() -> int:
    """Print what differs, and the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer", help="a Python that has mmaction2 0.24.1")
    parser.add_argument("--only", default="*", help="a pattern of the paths")
    parser.add_argument(
        "--write", action="store_true", help="write upstream_models.json"
    )
    parser.add_argument(
        "--no-scores", action="store_true", help="tensors alone, minutes"
    )
    parser.add_argument("--as-peer", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_peer:
        scored = not options.no_scores
        say_theirs(options.folder, options.only, options.as_peer, scored=scored)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "theirs.json")
        flags = ["--no-scores"] if options.no_scores else []
        command = [options.peer, __file__, str(options.folder), "--only", options.only]
        subprocess.run([*command, *flags, "--as-peer", str(out)], check=True)
        theirs = json.loads(out.read_text())
    built = {name: row["file"] for name, row in theirs.items() if "file" in row}
    for name, row in theirs.items():
        if "error" in row:
            cannot = "score such frames with" if "file" in row else "build"
            print(f"{name}: upstream cannot {cannot} it: {row['error']}")
    stored = json.loads(FILE.read_text())
    if options.write:
        stored = dict(sorted({**stored, **built}.items()))
        lines = (
            f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in stored.items()
        )
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    stale = [name for name in built if stored.get(name) != built[name]]
    print(
        f"upstream builds {len(built)} of {len(theirs)} models; {FILE.name} has {len(built) - len(stale)} of them as they are"
    )
    return int(compare_scores(options.folder, options.only, theirs) or bool(stale))


def compare_scores(folder: Path, only: str, theirs: Mapping[str, Any]) -> bool:
    """Print how far the scores are apart; whether too far."""
    from mmaction_min.config import Config
    from mmaction_min.errors import EngineError
    from mmaction_min.models import build_model

    far: dict[str, float] = {}
    tried = 0
    for name, file in configs(folder, only):
        if theirs.get(name, {}).get("scores") is None:
            continue
        model_cfg = Config.fromfile(file).model
        key = json.dumps(model_cfg.to_dict(), sort_keys=True, default=str)
        if key not in far:
            try:
                model = build_model(without_pretrained(model_cfg))
            except (
                EngineError
            ):  # not here; upstream_configs_train.py says what is missing
                continue
            ours, other = torch.tensor(scores(model, model_cfg)), torch.tensor(
                theirs[name]["scores"]
            )
            far[key] = float((ours - other).abs().max() / other.abs().max())
        tried += 1
        if not far[key] <= 1e-5:  # NaN too
            print(f"{name}: the scores are {far[key]:.1e} apart")
    print(
        f"scores of {tried} configs ({len(far)} models): at most {max(far.values(), default=0):.1e} apart"
    )
    return any(not each <= 1e-5 for each in far.values())


if __name__ == "__main__":
    sys.exit(main())
