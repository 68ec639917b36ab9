"""Trains the configs of MMAction2 0.24.1: model, pipelines, one step and one evaluation, on made-up clips.

    pip download --no-deps mmaction2==0.24.1 && unzip mmaction2-0.24.1*.whl
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs                        # everything, 40 minutes
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --small                # smaller frames, less
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --models               # the models alone, minutes
    python benchmarks/upstream_configs_train.py mmaction/.mim/configs --only 'recognition/ts[mn]/*' --stride 5

For each config that can be run (those of a `_base_` folder are parts of others) it says whether the model's tensors have the
names and shapes of upstream's (`upstream_models.json`, from an installed upstream), and whether `python -m mmaction_min.train`
trains a step and evaluates; a config for tests alone, and one without `evaluation`, goes through `python -m mmaction_min.test`.
What a config names and the engine does not have must be refused and not crash; it is printed with the command that scaffolds it.

The config is not changed, but for what `--cfg-options` says: the paths, one clip a batch, no worker processes, one epoch,
`load_from=None`. Torchvision's weights are random ones under the names that torchvision's have, and checkpoints are saved as the
config says (`TMPDIR=/dev/shm` spares the disk). Configs that differ in paths, sizes of batches and numbers of the schedule alone are
run once. Exits with 1 if one fails that has all it names, or if one crashes.
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from made_up_clips import MadeUpClips, make_up_weights, shrink
from upstream_missing import command, missing
from upstream_models import compare, configs, without_pretrained

from mmaction_min import test, train
from mmaction_min.command import KEYS
from mmaction_min.config import Config
from mmaction_min.datasets import Compose
from mmaction_min.errors import EngineError
from mmaction_min.models import build_model

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
SAME = frozenset(
    [
        *("ann_file", "data_prefix", "work_dir", "load_from", "resume_from"),
        *("videos_per_gpu", "workers_per_gpu", "total_epochs", "lr", "step"),
        *("log_config", "checkpoint_config"),
    ]
)
"""What two configs may say differently and still do the same here."""
COLUMNS = (
    *("configs", "complete", "equal", "trained"),
    *("tested", "refused", "broken", "failed"),
)


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
            return Row(name, [], trained="no model, so it is no training")
        row = Row(name, missing(cfg, name))
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
        data = cfg.get("data", {})
        options = make_up_weights(cfg["model"])
        for split in data.keys() & {"train", "val", "test"}:
            options |= self.clips.options(cfg, split)
            if self.small and "timm" not in str(cfg["model"].get("backbone")):
                options |= shrink(cfg, split)
        trained, checkpoint = "-", folder / "start.pth"
        if "train" in data and "optimizer" in cfg:
            work = folder / "work"
            argv = ["--work-dir", str(work)]
            if said := self._call(train.main, file, argv, {**ONE_STEP, **options}):
                return f"FAILED: {said}", "-"
            trained, metrics = read_log(work)
            if cfg.get("evaluation"):
                return trained, build_pipeline(data.get("test")) or metrics
            checkpoint = work / "latest.pth"
        if "test" not in data:
            return trained, "none asked for"
        if trained == "-":
            try:
                model = build_model(without_pretrained(cfg["model"]))
            except EngineError as e:
                return trained, f"FAILED: {e}"
            torch.save({"state_dict": model.state_dict()}, checkpoint)
        out = folder / ("out" if cfg.get("output_config") else "out.npy")
        argv = [str(checkpoint), "--out", str(out)]
        options["data.workers_per_gpu"] = "0"
        said = self._call(test.main, file, argv, options)
        return trained, f"FAILED: {said}" if said else "test"

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
            return {key: strip(value[key]) for key in value.keys() - SAME}
        if isinstance(value, list | tuple):
            return [strip(each) for each in value]
        return value

    return json.dumps(
        strip({key: cfg[key] for key in KEYS & cfg.keys()}), sort_keys=True, default=str
    )


def read_log(work_dir: Path) -> tuple[str, str]:
    """'yes' if a step is in the log of a run, and the metrics that are."""
    (log,) = work_dir.glob("*.log.json")
    trained, metrics = "FAILED: no step in the log", set()
    for line in map(json.loads, log.read_text().splitlines()):
        if line.get("mode") == "train" and "loss" in line:
            trained = "yes"
        if line.get("mode") == "val":
            metrics |= line.keys() - {"mode", "epoch", "iter", "lr"}
    return trained, " ".join(sorted(metrics)) or "FAILED: no metric in the log"


def build_pipeline(data: Mapping[str, Any] | None) -> str:
    """'' if a data set's pipeline can be built, else what is wrong."""
    try:
        Compose((data or {}).get("pipeline", []))
    except EngineError as e:
        return f"FAILED: {e}"
    return ""


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
    print(f"\n{'family':28}" + "".join(f"{column:>10}" for column in COLUMNS))
    for name, counts in [*table.items(), ("all", sum(table.values(), Counter()))]:
        print(f"{name:28}" + "".join(f"{counts[column]:10}" for column in COLUMNS))
    alone = sum(bool(row.same_as) for row in rows)
    print(
        f"\n{alone} of them differ from another in paths, sizes and numbers of the schedule alone, and were run as that one"
    )
    print("not here, and what writes a place for it:")
    lacking = Counter(pair for row in rows for pair in row.missing)
    for pair, count in lacking.most_common():
        print(f"{count:5} configs: {command(*pair)}")
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
