"""`add --check`: the generated test and a training step, each as a process of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

from .errors import ScaffoldError
from .stub import Stub
from .tree import Tree


class Outcome(NamedTuple):
    """How one command of a check ended."""

    command: str  # without its options
    passed: bool
    last: str  # the last line that it printed
    output: str  # the file that holds all that it printed; empty if it passed


def run_check(tree: Tree, stub: Stub) -> Iterator[Outcome]:
    """Run the kind's check commands on what was added, each when the one before it is told.

    Give the tree free first: what runs may take its time, and may use scaffold itself.

    Raises:
        ScaffoldError: the kind has none.
    """
    if not stub.kind.check:
        raise ScaffoldError(
            f"the kind {stub.kind.name} does not say how it is checked",
            stub.kind.folder,
            "write `check = [...]` into its kind.toml",
        )
    with tempfile.TemporaryDirectory(prefix="scaffold-check-") as scratch:
        for command in stub.check_commands(scratch):
            yield _run(tree, command)


def _run(tree: Tree, command: str) -> Outcome:
    words = shlex.split(command)
    if words[0] == "python":  # the one that has scaffold has the rest too
        words[0] = sys.executable
    done = subprocess.run(
        words,
        cwd=tree.folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = done.stdout.decode(errors="replace").strip().splitlines() or [""]
    shown = command.partition(" --")[0]
    if done.returncode == 0:
        return Outcome(shown, True, lines[-1], "")
    prefix = f"scaffold-{words[2] if len(words) > 2 else 'check'}-"
    with tempfile.NamedTemporaryFile(
        prefix=prefix, suffix=".log", delete=False
    ) as file:
        file.write(done.stdout)
    return Outcome(shown, False, lines[-1], file.name)
