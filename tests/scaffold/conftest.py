"""What the tests of scaffold share: a small tree in a temporary folder, and a guard around the real one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.stub import Stub
from scaffold.tree import Tree

REPOSITORY = Path(__file__).resolve().parents[2]
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
CACHES = ("__pycache__", ".pytest_cache", ".hypothesis")
PACKAGES = (
    "models",
    "models/heads",
    "models/backbones",
    "models/losses",
    "models/necks",
    "models/recognizers",
    "models/localizers",
    "datasets",
    "datasets/pipelines",
    "core",
    "core/hooks",
    "core/optimizer",
    "core/lr",
)


class Guard:
    """An audit hook that refuses every write to the repository while a test runs; Python has no way to take it out."""

    is_on = False

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if self.is_on and self._writes(event, args):
            path = os.path.abspath(os.fsdecode(args[0]))  # type: ignore[arg-type]
            inside = path.startswith(f"{REPOSITORY}{os.sep}")
            if inside and not any(cache in path for cache in CACHES):
                raise PermissionError(f"a test of scaffold writes to {path}")

    @staticmethod
    def _writes(event: str, args: tuple[object, ...]) -> bool:
        if event == "open" and isinstance(args[0], str | bytes):
            return bool(int(str(args[2])) & (os.O_WRONLY | os.O_RDWR))
        return event in WRITES


@pytest.fixture(scope="session")
def _guard() -> Guard:
    guard = Guard()
    sys.addaudithook(guard)
    return guard


@pytest.fixture(autouse=True)
def _never_write_to_the_repository(
    _guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    _guard.is_on = True
    yield
    _guard.is_on = False


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with one framework, `fw`, that has a place for each of the bundled kinds."""
    root = tmp_path / "tree"
    for folder in ("configs", "tests", "fw"):
        (root / folder).mkdir(parents=True)
    (root / "fw/__init__.py").write_text('"""A framework."""\n')
    for package in PACKAGES:
        (root / "fw" / package).mkdir()
        (root / "fw" / package / "__init__.py").write_text(f'"""{package}."""\n')
        parent, _, child = package.rpartition("/")
        if parent:
            with open(root / "fw" / parent / "__init__.py", "a") as init:
                init.write(f"from .{child} import *  # noqa: F403\n")
    (root / "fw/models/heads/tsn_head.py").write_text(
        "@HEADS.register_module()\nclass TSNHead(BaseHead):\n    pass\n"
    )
    (root / "fw/models/heads/__init__.py").write_text(
        'from .tsn_head import TSNHead\n\n__all__ = ["TSNHead"]\n'
    )
    return Tree(root.resolve())


@pytest.fixture
def new_stub(tree: Tree) -> Callable[..., Stub]:
    """Makes a stub for the tree, of a kind, a name and the texts of `--arg`."""

    def make(kind: str = "head", name: str = "MyHead", *options: str) -> Stub:
        found = find_kind(tree.root, kind)
        return Stub(found, make_names(name, found.suffix), "fw", options)

    return make


@pytest.fixture
def snapshot(tree: Tree) -> Callable[[], dict[str, bytes | None]]:
    """Gives every file of the tree with its bytes, and every folder with None."""

    def take() -> dict[str, bytes | None]:
        return {
            path.relative_to(tree.root).as_posix(): (
                path.read_bytes() if path.is_file() else None
            )
            for path in tree.root.rglob("*")
        }

    return take
