"""The JSON lines of a run, joined over its restarts, as curves."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError

Position = tuple[int, int]  # epoch and iteration, both from 1
Entry = tuple[Position, Mapping[str, Any]]
Curve = tuple[list[float], list[float]]  # x, y
ENDING = ".log.json"


@dataclass(frozen=True)
class Run:
    """The curves of one run.

    Args:
        name: for the legend.
        by_epoch: x is in epochs; otherwise in iterations, as an iteration-based run counts.
        train: a curve for each number that training logs.
        val: the same for evaluations.
    """

    name: str
    by_epoch: bool
    train: Mapping[str, Curve]
    val: Mapping[str, Curve]


def read_run(path: str | Path, name: str = "") -> Run:
    """The curves of a work_dir with all its logs, or of one `.log.json`, of this engine or of mmcv 1.x.

    A run that was resumed has a log for each start. They are joined in the order of their names, which are times;
    steps that were done twice count as the later log has them.

    Raises:
        DataError: there is no such folder, it has no logs, or a log is broken or says nothing yet.
    """
    train: list[Entry] = []
    val: list[Entry] = []
    for file in log_files(Path(path)):
        entries = list(_entries(file, train[-1][0] if train else (1, 0)))
        started = [at for at, line in entries if line["mode"] == "train"]
        if started:  # what was logged from there on before was done again
            train = [entry for entry in train if entry[0] < started[0]]
            val = [entry for entry in val if entry[0] < started[0]]
        for at, line in entries:
            (train if line["mode"] == "train" else val).append((at, line))
    if not train and not val:
        raise DataError("the logs have no step and no evaluation yet", str(path))
    by_epoch = not _counts_on([at for at, _ in train])
    length = max((iteration for (_, iteration), _ in train), default=1)
    return Run(
        name or Path(path).resolve().name.removesuffix(ENDING),
        by_epoch,
        _curves(train, length if by_epoch else None),
        _curves(val, length if by_epoch else None),
    )


def log_files(path: Path) -> list[Path]:
    """The JSON logs of a work_dir, oldest first; or the file itself.

    Raises:
        DataError: there are none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError("there is no such folder or log", str(path))
    files = sorted(path.glob(f"*{ENDING}"), key=lambda file: file.name)
    if files:
        return files
    below = sorted({str(file.parent) for file in path.glob(f"*/*{ENDING}")})
    raise DataError(
        f"the folder has no *{ENDING}",
        str(path),
        (
            f"there are runs below: {', '.join(below[:5])}"
            if below
            else "name the work_dir of a run whose log_config has a TextLoggerHook"
        ),
    )


def _entries(file: Path, last: Position) -> Iterator[Entry]:
    """The lines of a log with their positions; that of an evaluation is the step before it, so `last` if there is none."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            if "mode" not in line:  # what the run is
                continue
            if line["mode"] == "train":
                last = (int(line["epoch"]), int(line["iter"]))
        except (ValueError, TypeError, KeyError) as e:
            if number == len(lines):  # the machine stopped in the middle of it
                return
            raise DataError(
                f"the line is no entry of a log: {e!r}",
                f"{file}:{number}",
                "delete the line if the others are whole",
            ) from e
        yield last, line


def _counts_on(positions: Sequence[Position]) -> bool:
    """Whether the iterations go on from epoch to epoch, as those of an iteration-based run do."""
    changes = [
        (before[1], after[1])
        for before, after in itertools.pairwise(positions)
        if before[0] != after[0]
    ]
    return bool(changes) and all(before < after for before, after in changes)


def _curves(entries: Sequence[Entry], length: int | None) -> dict[str, Curve]:
    """A curve for each number of the entries; `length` is that of an epoch where x is in epochs."""
    curves: dict[str, Curve] = {}
    for (epoch, iteration), line in entries:
        x = iteration if length is None else epoch - 1 + iteration / length
        for key, value in line.items():
            if line["mode"] == "val" and key == "lr":  # mmcv repeats it there
                continue
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, int | float) and not isinstance(value, bool):
                xs, ys = curves.setdefault(key, ([], []))
                xs.append(x)
                ys.append(float(value))
    return curves
