"""How long `scaffold` takes, as a multiple of `python -c pass`, with its peers beside it: prints a table.

    python benchmarks/cli.py                # 15 runs of each row: about ten minutes on two cores
    python benchmarks/cli.py --runs 5

A throw-away environment gets this checkout, cookiecutter and copier by pip, so that all start in the same Python, and
by npm, where there is one, hygen and plop. The commands are those that a person types, run alternately in fresh copies
of a small tree, with compiled files and warm caches; the table has the medians of wall and processor time. The peers
write three small files from a template and edit nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

REPO = Path(__file__).parents[1]
LIBRARIES = ("black", "click", "jinja2", "libcst", "cookiecutter", "copier")
KINDS = {
    "backbone": "MyNet",
    "constructor": "MyConstructor",
    "head": "MyHead",
    "loss": "MyLoss",
    "lr-hook": "MyStep",
    "optimizer": "MyOptimizer",
}
MODULE = "class %s:\n    def __init__(self, hidden=%s):\n        self.hidden = hidden\n"
LINES = 10_000


class Row(NamedTuple):
    """A line of the table: a command, the folder in a fresh copy of which it runs, and the exit code that it has."""

    label: str
    command: list[str]
    start: Path
    code: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        rows = [*python_rows(work), *node_rows(work)]
        run = work / "run"
        times: dict[str, list[tuple[float, float]]] = {row.label: [] for row in rows}
        for _ in range(args.runs + 1):
            for row in rows:
                shutil.rmtree(run, ignore_errors=True)
                shutil.copytree(row.start, run)
                times[row.label].append(timed(row, run, work))
    print_table(times)


def timed(row: Row, folder: Path, home: Path) -> tuple[float, float]:
    """The seconds of a whole process: wall, and user and system together."""
    start = time.perf_counter()
    process = subprocess.Popen(
        row.command,
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != row.code:
        raise SystemExit(f"{row.label} exits with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


def print_table(times: dict[str, list[tuple[float, float]]]) -> None:
    """Markdown; the first run of each row, which warms the caches, does not count."""
    walls = {
        label: median(wall for wall, _ in runs[1:]) for label, runs in times.items()
    }
    works = {
        label: median(work for _, work in runs[1:]) for label, runs in times.items()
    }
    count = len(next(iter(times.values()))) - 1
    base = next(iter(times))
    print(f"| median of {count} | ms | wall | user + sys |\n|---|--:|--:|--:|")
    for label, wall in walls.items():
        ratios = f"{wall / walls[base]:.1f}x | {works[label] / works[base]:.1f}x"
        print(f"| {label} | {1000 * wall:.0f} | {ratios} |")


def python_rows(work: Path) -> list[Row]:
    """`python -c pass` first, scaffold, and the peers that pip installs."""
    python = new_environment(work / "venv")
    scaffold = str(python.with_name("scaffold"))
    tree, added, long = work / "tree", work / "added", work / "long"
    make_tree(tree)
    shutil.copytree(tree, added)
    add = [scaffold, "add", "head", "MyHead"]
    subprocess.run(add, cwd=added, check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(tree, long)
    lengthen(long / "mmaction_min/models/heads/__init__.py")
    rows = [
        Row("`python -c pass`", [str(python), "-c", "pass"], tree),
        Row("`import click`", [str(python), "-c", "import click"], tree),
        Row("`import libcst`", [str(python), "-c", "import libcst"], tree),
        *(
            Row(
                f"`{words}`{note}",
                [scaffold, *words.split()[1:]],
                start,
                int(":" in note),
            )
            for words, note, start in [
                ("scaffold --help", "", tree),
                ("scaffold list", "", tree),
                ("scaffold list head", "", tree),
                ("scaffold add head my_head", ": a bad name", tree),
                ("scaffold add hed MyHead", ": no such kind", tree),
                ("scaffold add head TSNHead", ": the name is taken", tree),
                ("scaffold add head MyHead --root tests", ": no tree", tree),
                *((f"scaffold add {k} {n}", "", tree) for k, n in KINDS.items()),
                ("scaffold add head MyHead --arg hidden:int=256", "", tree),
                ("scaffold add head MyHead", f", `__init__.py` of {LINES} lines", long),
                ("scaffold remove head MyHead", "", added),
            ]
        ),
    ]
    peers = work / "peers"
    cookie = peers / "cookie/{{cookiecutter.name}}"
    cookie.mkdir(parents=True)
    facts = json.dumps({"name": "MyHead", "hidden": "256"})
    (peers / "cookie/cookiecutter.json").write_text(facts)
    copied = peers / "copier"
    copied.mkdir()
    questions = (
        "name:\n  type: str\n  default: MyHead\nhidden:\n  type: int\n  default: 256\n"
    )
    (copied / "copier.yml").write_text(questions)
    for role in ("module", "config", "test"):
        text = MODULE % ("{{cookiecutter.name}}", "{{cookiecutter.hidden}}")
        (cookie / f"{role}.py").write_text(text)
        text = MODULE % ("{{ name }}", "{{ hidden }}")
        (copied / f"{role}.py.jinja").write_text(text)
    bake = [str(python.with_name("cookiecutter")), "--no-input", "cookie"]
    copy = [str(python.with_name("copier")), "copy", "--defaults", "copier", "out"]
    return [*rows, Row("cookiecutter", bake, peers), Row("copier", copy, peers)]


def new_environment(folder: Path) -> Path:
    """The Python of an environment that has scaffold, without what only training needs, and its peers."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    source = folder / "source"  # a copy, for pip builds in place
    dirt = shutil.ignore_patterns(".git", "build", "*.egg-info", "work_dirs", ".venv")
    shutil.copytree(REPO, source, ignore=dirt)
    for what in (LIBRARIES, ("--no-deps", str(source))):
        install = [str(python), "-m", "pip", "install", "-qq", *what]
        subprocess.run(install, check=True)
    return python


def make_tree(tree: Path) -> None:
    """This checkout's framework and configs, without what Python compiled."""
    for part in ("mmaction_min", "configs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPO / part, tree / part, ignore=ignored)
    shutil.copy(REPO / "pyproject.toml", tree)
    (tree / "tests").mkdir()


def lengthen(init: Path) -> None:
    """Give an `__init__.py` its number of lines: imports and entries, half of them each."""
    names = [f"Head{i:05}" for i in range((LINES - 3) // 2)]
    imports = "".join(f"from .{name.lower()} import {name}\n" for name in names)
    entries = "".join(f'    "{name}",\n' for name in names)
    init.write_text(f"{imports}\n__all__ = [\n{entries}]\n")


def node_rows(work: Path) -> list[Row]:
    """hygen and plop, if npm can install them."""
    folder = work / "node"
    folder.mkdir()
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "hygen", "plop"]
    if not shutil.which("npm") or subprocess.run(install, cwd=folder).returncode:
        print("hygen and plop are left out: npm cannot install them here.\n")
        return []
    binaries, peers = folder / "node_modules/.bin", work / "node_peers"
    templates = peers / "_templates/module/new"
    templates.mkdir(parents=True)
    actions = []
    for role in ("module", "config", "test"):
        text = (
            f"---\nto: out/{role}.py\n---\n{MODULE % ('<%= name %>', '<%= hidden %>')}"
        )
        (templates / f"{role}.ejs.t").write_text(text)
        text = MODULE % ("{{name}}", "{{hidden}}")
        action = {"type": "add", "path": f"out/{role}.py", "template": text}
        actions.append(action)
    prompts = [{"type": "input", "name": n, "message": n} for n in ("name", "hidden")]
    generator = json.dumps({"prompts": prompts, "actions": actions})
    plopfile = f"module.exports = plop => plop.setGenerator('module', {generator})"
    (peers / "plopfile.cjs").write_text(plopfile)
    hygen = ["module", "new", "--name", "MyHead", "--hidden", "256"]
    plop = ["--plopfile", "plopfile.cjs", "module", "MyHead", "256"]
    return [
        Row("hygen", [str(binaries / "hygen"), *hygen], peers),
        Row("plop", [str(binaries / "plop"), *plop], peers),
    ]


if __name__ == "__main__":
    main()
