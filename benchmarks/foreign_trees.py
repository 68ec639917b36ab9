"""Adds every kind to other people's trees and takes it back; prints what their own tools say in between.

    pip download --no-deps mmaction2==0.24.1 mmaction2==1.2.0 mmpretrain==1.2.0 mmdet==3.3.0   # one by one, and unzip each
    pip install flake8 isort==5.11.5 yapf==0.30.0
    python benchmarks/foreign_trees.py mmaction2-0.24.1 mmaction2-1.2.0 mmpretrain-1.2.0 mmdet-3.3.0

A row says, for each kind: how many files changed, whether all of them compile, whether each edited file only gained or
moved lines about the new name, what the house's tools find that they did not find before, and whether `remove` gives
the old tree back, byte for byte.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from scaffold.add import plan_add
from scaffold.commit import commit, hold
from scaffold.kinds import find_kind, find_kinds
from scaffold.names import make_names
from scaffold.plan import Plan
from scaffold.remove import plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree, find_tree

NAMES = ("Probe", "AnotherProbeWithANameOfSomeLength")
ARGS = ("hidden:int=256", "rates:list[float]=[0.1, 0.2]", "sizes:tuple[int, ...]=(1,)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument(
        "--tools", default=sys.executable, help="a Python with the tools"
    )
    options = parser.parse_args()
    print("| tree | layout | kind | files | compile | edits | tools | removed |")
    print("|---|---|---|---|---|---|---|---|")
    for folder in options.trees:
        tree = find_tree(folder, upwards=False)
        for kind in find_kinds(tree.folder):
            for name, args in zip(NAMES, ((), ARGS), strict=True):
                row = [folder.name, tree.layout.name, f"{kind} {name}"]
                print(
                    f"| {' | '.join(row + try_kind(tree, kind, name, args, options.tools))} |",
                    flush=True,
                )


def try_kind(
    tree: Tree, kind: str, name: str, args: tuple[str, ...], tools: str
) -> list[str]:
    """The cells of one row."""
    before = digests(tree)
    found = find_kind(tree.folder, kind)
    names = make_names(name, found.suffix)
    stub = Stub(found, names, tree.framework(found.package), args)
    with hold(tree):
        plan = plan_add(tree, stub)
        known = findings(tree, plan, tools, is_before=True)
        commit(tree, plan)
    new = findings(tree, plan, tools) - known
    compiled = all(compiles(change.after or b"") for change in plan.changes)
    edits = [
        edit_is_right(c.before, c.after, stub.exports)
        for c in plan.changes
        if c.before is not None
    ]
    with hold(tree):
        commit(tree, plan_remove(tree, stub))
    is_back = digests(tree) == before
    return [
        str(len(plan.changes)),
        "yes" if compiled else "NO",
        f"{sum(edits)} of {len(edits)} right",
        "; ".join(sorted(new)) or "nothing new",
        "byte for byte" if is_back else "DIFFERS",
    ]


def digests(tree: Tree) -> dict[str, str]:
    """The hash of every file."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tree.root.rglob("*")
        if path.is_file()
    }


def compiles(source: bytes) -> bool:
    """Python takes it."""
    try:
        compile(source, "-", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def edit_is_right(before: bytes, after: bytes | None, exports: list[str]) -> bool:
    """What the file imports and lists has grown by the new names, each once; the rest is as it was."""
    old, new = (words(text or b"") for text in (before, after))
    return sorted(new) in (sorted([*old, *exports, *exports]), sorted([*old, "*"]))


def words(source: bytes) -> list[str]:
    """The names that a file imports, and the strings in its lists."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.alias):
            found.append(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


def findings(
    tree: Tree, plan: Plan, tools: str, *, is_before: bool = False
) -> set[str]:
    """What flake8, isort and yapf say of the plan's files, with the house's settings, without line numbers."""
    found = set()
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "setup.cfg")
        settings.write_bytes(tree.read("setup.cfg") or tree.layout.house or b"")
        for change in plan.changes:
            text = change.before if is_before else change.after
            if text is None:
                continue
            path = Path(folder, change.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            for tool in (
                ["flake8", "--config", str(settings), "--format", "%(code)s %(text)s"],
                ["isort", "--settings-file", str(settings), "--check-only", "--quiet"],
                ["yapf", "--style", str(settings), "--diff"],
            ):
                result = subprocess.run(
                    [tools, "-m", *tool, str(path)],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                )
                if result.returncode or (tool[0] == "yapf" and result.stdout):
                    said = (result.stdout.strip() or result.stderr.strip()).splitlines()
                    what = said if tool[0] == "flake8" else [""]
                    found |= {
                        f"{tool[0]} {change.path} {line}".strip() for line in what
                    }
    return found


if __name__ == "__main__":
    main()
