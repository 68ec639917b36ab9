"""Trains the configs of MMAction2 0.24.1: model, pipelines, one step and one evaluation, on made-up clips.

    pip download --no-deps mmaction2==0.24.1 && unzip mmaction2-0.24.1*.whl
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs                        # everything, hours on a CPU
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --small                # smaller frames, an hour
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --models               # the models alone, minutes
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --only 'recognition/ts[mn]/*' --stride 5

For each config that can be run (those of a `_base_` folder are parts of others) it says whether the model's tensors have the
names and shapes of upstream's (`upstream_models.json`, from an installed upstream), and whether `python -m mmaction_min.train`
trains a step and evaluates; a config for tests alone, and one without `evaluation`, goes through `python -m mmaction_min.test`.
What a config names and the engine does not have must be refused and not crash; it is printed with the command that scaffolds it.

The config is not changed, but for what `--cfg-options` says: the paths, one clip a batch, no worker processes, one epoch,
`load_from=None`. Torchvision's weights are random ones under the names that torchvision's have. Configs that differ in paths, sizes
of batches and numbers of the schedule alone are run once. Exits with 1 if one fails that has all it names, or if one crashes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from made_up_clips import MadeUpClips, make_up_weights, shrink
from upstream_models import compare, configs, without_pretrained

from mmaction_min import assemble, test, train  # noqa: F401  (they fill registries)
from mmaction_min.command import KEYS
from mmaction_min.config import Config
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
ONE_STEP = {
    "total_epochs": "1",
    "data.videos_per_gpu": "1",
    "data.workers_per_gpu": "0",
    "load_from": "None",
    "log_config.interval": "1",
}
CRASH = "crashed:"
NO_STEP = (
    "lr_config has the policy CosineAnnealing, and of its base the steps of another"
)
BROKEN = {
    **{
        f"recognition/slowonly/slowonly_imagenet_pretrained_r50_8x4x1_64e_{data}_rgb.py": NO_STEP
        for data in ("hmdb51", "sthv1", "sthv2", "ucf101")
    },
    "recognition/tsn/tsn_r50_1x1x6_100e_mit_rgb.py": "FormatShape has no input_format",
}
"""The configs of whole families here that upstream cannot train either, and why; here too they are refused."""
NUMBERS = ("total_epochs", "load_from", "work_dir", "log_config", "checkpoint_config")
"""What two configs may say differently and still do the same here."""


class Row(NamedTuple):
    """What became of a config.

    Args:
        name: its path in the folder.
        missing: (kind, name) of what it names and is not there.
        parameters: 'equal', 'not compared', or what is wrong.
        trained: 'yes', '-' if the config has no training, 'refused' for what is not here, 'broken' upstream too, or what is wrong.
        evaluated: the metrics, 'test', '-', or what is wrong.
        same_as: the config that ran in its place.
        seconds: that it took.
    """

    name: str
    missing: list[tuple[str, str]]
    parameters: str = "-"
    trained: str = "-"
    evaluated: str = "-"
    same_as: str = ""
    seconds: float = 0

    @property
    def ran(self) -> bool:
        """Whether all went well that the config asks for."""
        return (
            self.parameters in ("equal", "not compared")
            and self.trained in ("yes", "-")
            and not self.failed
            and self.evaluated != "-"
        )

    @property
    def failed(self) -> bool:
        """Whether something is wrong, and not only missing."""
        return any(
            said.startswith("FAILED")
            for said in (self.parameters, self.trained, self.evaluated)
        )


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


def call(command: Callable[[Sequence[str]], int], argv: list[str]) -> str:
    """'' if the command ends well, else what it says is wrong."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            code = command(argv)
        except Exception as e:  # which no command should let through
            return f"{CRASH} {type(e).__name__}: {e}"
    return "" if code == 0 else said.getvalue().rpartition("error: ")[2].strip()


class Trial:
    """Tries configs, with one folder of made-up data for all.

    Args:
        configs: the folder of the configs.
        scratch: where to write.
        small: smaller frames.
    """

    def __init__(self, configs: Path, scratch: Path, *, small: bool) -> None:
        self.configs, self.scratch, self.small = configs, scratch, small
        self.clips = MadeUpClips(scratch / "data")
        self.seen: dict[str, Row] = {}

    def look_at(self, file: Path, *, models: bool) -> Row:
        """What becomes of a config; nothing that it does ends the list."""
        start = time.perf_counter()
        name = file.relative_to(self.configs).as_posix()
        cfg = Config.fromfile(file)
        if not isinstance(cfg.get("model"), Mapping):
            return Row(name, [("model", "")])
        row = Row(
            name,
            sorted(
                {(kind, what) for kind, what, known in named(cfg, name) if not known}
            ),
        )
        if not {kind for kind, _ in row.missing} - {"dataset", "pipeline"}:
            row = row._replace(parameters=compare(name, cfg["model"]))
        if not models:
            row = self._try(file, name, cfg, row)
        return row._replace(seconds=time.perf_counter() - start)

    def _try(self, file: Path, name: str, cfg: Config, row: Row) -> Row:
        key = what_it_does(cfg)
        if key in self.seen:
            before = self.seen[key]
            return row._replace(
                trained=before.trained, evaluated=before.evaluated, same_as=before.name
            )
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            trained, evaluated = self._train_and_evaluate(file, cfg, Path(folder))
        said = f"{trained} {evaluated}"
        if "FAILED" in said and CRASH not in said:
            if name in BROKEN:
                trained, evaluated = "broken", BROKEN[name]
            elif row.missing or isinstance(cfg.get("data", {}).get("train"), list):
                trained, evaluated = "refused", "-"
        self.seen[key] = row._replace(trained=trained, evaluated=evaluated)
        return self.seen[key]

    def _train_and_evaluate(
        self, file: Path, cfg: Config, folder: Path
    ) -> tuple[str, str]:
        options = dict(make_up_weights(cfg["model"]))
        for split in ("train", "val", "test"):
            options |= self.clips.options(cfg, split)
            if self.small and "timm" not in str(cfg["model"].get("backbone")):
                options |= shrink(cfg, split)
        trains = "train" in cfg.get("data", {}) and "optimizer" in cfg
        work, checkpoint = folder / "work", folder / "start.pth"
        trained = evaluated = "-"
        if trains:
            said = self._call(
                train.main, file, ["--work-dir", str(work)], {**ONE_STEP, **options}
            )
            if said:
                return f"FAILED: {said}", "-"
            lines = read_log(work)
            steps = [
                line for line in lines if line["mode"] == "train" and "loss" in line
            ]
            trained = "yes" if steps else "FAILED: no step in the log"
            checkpoint = work / "latest.pth"
            if cfg.get("evaluation"):
                scores = [k for line in lines if line["mode"] == "val" for k in line]
                metrics = sorted(
                    {k for k in scores if k not in ("mode", "epoch", "iter", "lr")}
                )
                return trained, " ".join(metrics) or "FAILED: no metric in the log"
        if "test" in cfg.get("data", {}):
            if not checkpoint.exists():
                try:
                    model = builder.build_model(without_pretrained(cfg["model"]))
                except Exception as e:
                    return trained, f"FAILED: {e}"
                torch.save({"state_dict": model.state_dict()}, checkpoint)
            out = folder / ("out" if cfg.get("output_config") else "out.npy")
            argv = [str(checkpoint), "--out", str(out)]
            said = self._call(
                test.main, file, argv, {"data.workers_per_gpu": "0", **options}
            )
            evaluated = f"FAILED: {said}" if said else "test"
        return trained, evaluated

    def _call(
        self,
        command: Callable[[Sequence[str]], int],
        file: Path,
        argv: list[str],
        options: Mapping[str, str],
    ) -> str:
        pairs = [f"{key}={value}" for key, value in options.items()]
        return call(
            command, [str(file), *argv, "--device", "cpu", "--cfg-options", *pairs]
        )


def what_it_does(cfg: Mapping[str, Any]) -> str:
    """The same for two configs that do the same here."""

    def strip(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                key: strip(entry)
                for key, entry in value.items()
                if key
                not in (
                    "ann_file",
                    "data_prefix",
                    "videos_per_gpu",
                    "workers_per_gpu",
                    "lr",
                    "step",
                )
            }
        return (
            [strip(each) for each in value]
            if isinstance(value, list | tuple)
            else value
        )

    told = {key: cfg[key] for key in KEYS if key in cfg and key not in NUMBERS}
    return json.dumps(strip(told), sort_keys=True, default=str)


def read_log(work_dir: Path) -> list[dict[str, Any]]:
    """The lines of a run's log."""
    (log,) = work_dir.glob("*.log.json")
    return [
        line for line in map(json.loads, log.read_text().splitlines()) if "mode" in line
    ]


def describe(row: Row) -> str:
    """A line of the table."""
    said = f"{row.name}: parameters {row.parameters}, trained: {row.trained}, evaluated: {row.evaluated}"
    if row.same_as:
        said += f", as {row.same_as}"
    if row.missing:
        said += "; not here: " + ", ".join(
            f"{kind} {what}".strip() for kind, what in row.missing
        )
    return f"{said} ({row.seconds:.0f} s)"


def report(rows: Sequence[Row]) -> bool:
    """Print the counts and what is not here; whether something failed that should not."""
    table: dict[str, Counter[str]] = {}
    for row in rows:
        family = table.setdefault("/".join(row.name.split("/")[:2]), Counter())
        family.update(
            {
                "configs": 1,
                "complete": not row.missing,
                "equal": row.parameters == "equal",
                "trained": row.trained == "yes" and row.ran,
                "tested": row.trained == "-" and row.ran,
                "refused": row.trained == "refused",
                "broken": row.trained == "broken",
                "failed": row.failed,
            }
        )
    columns = (
        "configs",
        "complete",
        "equal",
        "trained",
        "tested",
        "refused",
        "broken",
        "failed",
    )
    print(f"\n{'family':28}" + "".join(f"{column:>10}" for column in columns))
    for name, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{name:28}" + "".join(f"{counts[column]:10}" for column in columns))
    alone = sum(bool(row.same_as) for row in rows)
    print(
        f"\n{alone} of them differ from another in paths, sizes and numbers of the schedule alone, and were run as that one"
    )
    print("not here, and what writes a place for it:")
    missing = Counter(pair for row in rows for pair in row.missing)
    for (kind, what), count in missing.most_common():
        command = f"scaffold add {SCAFFOLDED.get(kind, kind)} {what}"
        print(
            f"{count:5} configs: {command if what.isidentifier() else f'{kind} {what}'}"
        )
    for row in rows:
        if row.failed:
            print(describe(row))
    return any(row.failed for row in rows)


def main() -> int:
    """Go through the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--only", default="*", metavar="GLOB", help="a pattern of the paths"
    )
    parser.add_argument("--limit", type=int, help="at most so many")
    parser.add_argument("--stride", type=int, default=1, help="each so many")
    parser.add_argument(
        "--small", action="store_true", help="frames a quarter as wide and high"
    )
    parser.add_argument("--models", action="store_true", help="build the models alone")
    options = parser.parse_args()
    found = list(configs(options.folder, options.only))[:: options.stride][
        : options.limit
    ]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        torch.hub.set_dir(f"{scratch}/hub")
        trial = Trial(options.folder, Path(scratch), small=options.small)
        for _, file in found:
            rows.append(trial.look_at(file, models=options.models))
            print(describe(rows[-1]), flush=True)
    return int(report(rows))


if __name__ == "__main__":
    sys.exit(main())
