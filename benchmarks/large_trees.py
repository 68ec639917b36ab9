"""How long `scaffold check` and `scaffold list` take on trees of many modules: prints a table.

    python benchmarks/large_trees.py                  # trees of 500 and of 5,000 modules, 3 runs of each command
    python benchmarks/large_trees.py --runs 5 100 1000

A tree is this checkout's framework with that many heads in one package, each as `scaffold add head` writes it: module,
export, config and test. The last column is the time of the largest tree by that of the smallest: a command that is
linear comes near the ratio of their modules, less what every command costs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

REPO = Path(__file__).resolve().parents[1]
COMMANDS = (("check",), ("check", "--fix"), ("list",), ("list", "head"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[500, 5000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    print(f"| median of {options.runs}, user + sys | ", end="")
    print(" | ".join(f"{size} modules" for size in sizes), "| ratio |")
    print("|---|" + "--:|" * (len(sizes) + 1))
    with tempfile.TemporaryDirectory() as folder:
        trees = [make_tree(Path(folder).resolve() / str(size), size) for size in sizes]
        for words in COMMANDS:
            times = [median(timed(tree, words, options.runs)) for tree in trees]
            cells = [f"{seconds:.2f} s" for seconds in times]
            ratio = f"{times[-1] / times[0]:.1f}x"
            print(f"| `scaffold {' '.join(words)}` | {' | '.join(cells)} | {ratio} |")


def make_tree(root: Path, size: int) -> Path:
    """A tree with this many heads beside those of the checkout."""
    for part in ("mmaction_min", "configs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPO / part, root / part, ignore=ignored)
    shutil.copy(REPO / "pyproject.toml", root)
    (root / "tests").mkdir()
    run(root, ("add", "head", "ZeroHead"))
    texts = {path: path.read_text() for path in [*root.rglob("*zero_head.py")]}
    for number in range(1, size):
        for path, text in texts.items():
            new = path.with_name(path.name.replace("zero_head", f"h{number:05}_head"))
            new.write_text(renamed(text, number))
    init = root / "mmaction_min/models/heads/__init__.py"
    line, entry = "from .zero_head import ZeroHead\n", '"ZeroHead"'
    text = init.read_text()
    numbers = range(1, size)
    lines = "".join(renamed(line, number) for number in numbers)
    entries = ", ".join(renamed(entry, number) for number in numbers)
    init.write_text(
        text.replace(line, line + lines).replace(entry, f"{entry}, {entries}")
    )
    return root


def renamed(text: str, number: int) -> str:
    """The text of another head."""
    text = text.replace("zero_head", f"h{number:05}_head")
    return text.replace("ZeroHead", f"H{number:05}Head")


def timed(tree: Path, words: tuple[str, ...], runs: int) -> list[float]:
    """The processor seconds of a command, after one run that does not count."""
    return [run(tree, words) for _ in range(runs + 1)][1:]


def run(tree: Path, words: tuple[str, ...]) -> float:
    """A command in a process of its own; its processor seconds."""
    command = [sys.executable, "-m", "scaffold", *words]
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # A check of the copy says that Python would take the package from the checkout.
    if process.returncode not in (0, int(words[0] == "check")):
        raise SystemExit(f"scaffold {' '.join(words)} exits with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
