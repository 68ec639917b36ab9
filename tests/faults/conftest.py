"""What the fault campaign shares: the shim, the forking server that it is loaded into, and a tree to spoil."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
# What a training imports of the tree, so that everything that scaffold can add is reached.
MODULES = ("mmaction_min.train", "mmaction_min.models", "mmaction_min.core")

# A file's content and mode, by its path; a folder has None.
State = dict[str, "tuple[bytes, int] | None"]


class Result(NamedTuple):
    """How a run ended; `code` is below zero for a signal."""

    code: int
    out: str
    err: str


class Forker:
    """A process of forker.py; threads take turns."""

    def __init__(self, job: str, shim: Path) -> None:
        self.lock = Lock()
        self.process = subprocess.Popen(
            [sys.executable, HERE / "forker.py", job],
            env={
                **os.environ,
                "LD_PRELOAD": str(shim),
                "PYTHONPATH": str(REPOSITORY),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, words: Sequence[str], cwd: Path, env: dict[str, str]) -> Result:
        """Do the job in a fork."""
        request = json.dumps({"words": words, "cwd": str(cwd), "env": env})
        assert self.process.stdin and self.process.stdout
        with self.lock:
            print(request, file=self.process.stdin, flush=True)
            return Result(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


@dataclass
class Lab:
    """Runs commands on a tree with a fault at a chosen call.

    Attributes:
        root: the tree, which `reset` makes anew.
        clean: what it is made from.
        scaffold: runs commands.
        importer: imports the tree.
    """

    root: Path
    clean: Path
    scaffold: Forker
    importer: Forker

    def reset(self, clean: Path | None = None) -> None:
        """Make the tree anew, with the times of its files, so that what Python compiled is still good."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(clean or self.clean, self.root, symlinks=True)

    def restore(self, state: State) -> None:
        """Write what differs from a state that the tree had: quicker than `reset`."""
        now = self.state()
        for path in sorted(now.keys() - state.keys(), reverse=True):
            if now[path] is None:
                shutil.rmtree(self.root / path)
            else:
                (self.root / path).unlink()
        for path in sorted(state):
            if (then := state[path]) == now.get(path, ()):
                continue
            if then is None:
                (self.root / path).mkdir()
            else:
                (self.root / path).write_bytes(then[0])
                (self.root / path).chmod(then[1] & 0o7777)

    def run(self, *words: str, at: int = 0, mode: str = "kill") -> Result:
        """A scaffold command in the tree; its call number `at` is spoiled."""
        faults = {
            "FAULT_ROOT": f"{self.root}/",
            "FAULT_LOG": str(self.log),
            "XDG_STATE_HOME": f"{self.root}-state",
        }
        if at:
            faults |= {"FAULT_AT": str(at), "FAULT_MODE": mode}
        self.log.unlink(missing_ok=True)
        return self.scaffold.ask(words, self.root, faults)

    @property
    def log(self) -> Path:
        """The calls of the last run that change a file of the tree."""
        return self.root.with_name(f"{self.root.name}.log")

    def apply(self, diff: str) -> None:
        """Change the tree as a diff says."""
        command = ["git", "apply", "--whitespace=nowarn"]
        subprocess.run(command, cwd=self.root, input=diff, text=True, check=True)

    def calls(self) -> list[str]:
        """The calls of the last run, such as `rename`."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.split()[0] for line in lines]

    def imported(self) -> Result:
        """Import the tree as a training does."""
        return self.importer.ask(MODULES, self.root, {})

    def state(self, root: Path | None = None) -> State:
        """All that is in the tree, but for what Python compiled."""
        root = root or self.root
        found: State = {}
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name != "__pycache__"]
            found[os.path.relpath(folder, root)] = None
            for name in files:
                path = Path(folder, name)
                mode = path.lstat().st_mode
                found[os.path.relpath(path, root)] = (path.read_bytes(), mode)
        return found


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled shim."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = HERE / "shim.c"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    subprocess.run(command, check=True)
    return library


@pytest.fixture(scope="session")
def clean_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what scaffold edits in the repository, at a path without links."""
    root = tmp_path_factory.mktemp("faults").resolve() / "clean"
    ignored = shutil.ignore_patterns("*.pyc")
    for folder in ("mmaction_min", "configs"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    (root / "tests").mkdir()
    return root


@pytest.fixture(scope="session")
def labs(shim: Path, clean_tree: Path) -> Iterator[tuple[Lab, Lab]]:
    """Two labs, each with a tree of its own, for two cores."""
    first, second, importer = (
        Forker(job, shim) for job in ("scaffold", "scaffold", "import")
    )
    labs = (
        Lab(clean_tree.with_name("tree"), clean_tree, first, importer),
        Lab(clean_tree.with_name("other"), clean_tree, second, importer),
    )
    labs[0].reset()
    assert labs[0].imported().code == 0
    shutil.rmtree(clean_tree)  # from here on with what Python compiled
    shutil.copytree(labs[0].root, clean_tree)
    yield labs
    for forker in (first, second, importer):
        forker.close()


@pytest.fixture
def lab(labs: tuple[Lab, Lab]) -> Lab:
    """One of them."""
    return labs[0]


@pytest.fixture(scope="session")
def resume() -> ModuleType:
    """`benchmarks/resume.py` as a module, whose hook is registered."""
    source = REPOSITORY / "benchmarks" / "resume.py"
    spec = importlib.util.spec_from_file_location("benchmarks_resume", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
