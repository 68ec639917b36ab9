"""Who may import whom, and who may write: the rules of the house, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each row may import from the rows above it, not from its own (a package's own modules aside).
LAYERS = {
    "scaffold": [
        ["aside", "errors", "imports", "plan"],
        ["style", "toml"],
        ["layouts"],
        ["arguments", "exports", "names", "render", "tree"],
        ["kinds"],
        ["finding", "registrations", "stub"],
        ["chain", "mentions", "package", "show", "taken", "trust"],
        ["add", "eject", "remove", "survey"],
        ["commit", "config_types", "listing", "project", "rename", "trial"],
        ["audit"],
        ["explain"],
        ["report"],
        ["commands"],
        ["cli"],
        ["__main__"],
    ],
    "mmaction_min": [
        ["errors"],
        ["near", "sources", "whole_numbers"],
        ["places"],
        ["argument_types"],
        ["building"],
        ["registry", "config", "fileio", "_torchvision"],
        ["runner", "values"],
        ["core", "engine", "parallel", "utils"],
        ["localization"],
        ["models", "datasets"],
        ["untrimmed_motion"],
        ["assemble", "checks", "command", "start"],
        ["analysis"],
        [
            *("train", "test", "predict", "inspect", "plot"),
            "bsn_proposal_generation",
        ],
    ],
}
FOREIGN = {"scaffold": {"torch", "mmaction_min"}, "mmaction_min": {"scaffold"}}
# A heavy library -> the module that may import it, in the function that needs it.
LAZY = {
    "jinja2": "render",
    "black": "render",
    "yapf": "render",
    "libcst": "exports",
    "matplotlib": "analysis",
    "torchvision": "",
    "yaml": "",
}
WRITING = {"write_text", "write_bytes", "mkdir", "unlink", "rmdir", "replace", "rename"}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def room(path: Path) -> str:
    """The module or subpackage of a file."""
    return path.relative_to(ROOT).with_suffix("").parts[1]


@cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """The absolute name of each module that a file imports, and whether the import is at the top level."""
    return [*find_imports(path)]


def find_imports(path: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(path.read_text())
    here = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            name = ".".join((*base, *([node.module] if node.module else [])))
            yield name, node in tree.body


@pytest.mark.parametrize("package", LAYERS)
def test_a_room_imports_only_from_the_rooms_below_it(package: str) -> None:
    """The dependencies point one way, so that each room can be read without those above it."""
    layer = {name: i for i, row in enumerate(LAYERS[package]) for name in row}
    wrong = []
    for path in files(package):
        if room(path) == "__init__":
            continue
        for name, _ in imports(path):
            own = name.split(".")[1:2] if name.split(".")[0] == package else []
            target = room(ROOT / package / own[0]) if own else room(path)
            if target != room(path) and layer[target] >= layer[room(path)]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")

    assert wrong == []


@pytest.mark.parametrize("package", LAYERS)
def test_the_two_packages_never_import_each_other(package: str) -> None:
    """And scaffold never imports torch: it reads code, and runs none."""
    found = {name.split(".")[0] for path in files(package) for name, _ in imports(path)}

    assert not found & FOREIGN[package]


@pytest.mark.parametrize("library", LAZY)
def test_a_heavy_library_is_imported_where_it_is_needed(library: str) -> None:
    """In one module, and in a function: a command that does not need it does not pay for it."""
    users = [
        (room(path), top)
        for package in LAYERS
        for path in files(package)
        for name, top in imports(path)
        if name.split(".")[0] == library
    ]

    assert not any(top for _, top in users)
    if LAZY[library]:
        assert {name for name, _ in users} == {LAZY[library]}


def test_only_commit_writes_to_a_tree() -> None:
    """No other module of scaffold opens a file for writing, or makes, moves or deletes one."""
    writers = set()
    for path in files("scaffold"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            on_text = name == "replace" and "os" not in ast.unparse(node.func)
            reads = ast.unparse(node).endswith(("'rb')", "encoding='utf-8')"))
            if (name == "open" and not reads) or (name in WRITING and not on_text):
                writers.add(room(path))

    assert writers == {"commit"}


def test_every_package_is_in_the_wheel() -> None:
    """setup.cfg names each folder that has an `__init__.py`: an editable install would work without."""
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    named = settings["options"]["packages"].split()
    found = {
        ".".join(init.relative_to(ROOT).parts[:-1])
        for package in ("scaffold", "mmaction_min")
        for init in (ROOT / package).rglob("__init__.py")
    }

    data = {f"scaffold.{name}" for name in ("configs", "layouts", "templates")}

    assert sorted(named) == sorted(found | data)
