"""A command that is stopped at any call leaves a tree that imports, and the next one makes it the old or the new one."""

from __future__ import annotations

import errno
import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.faults.conftest import Lab, Result, State

KINDS = {
    "head": "MyHead",
    "lr-hook": "MyPolicy",
    "backbone": "MyNet",
    "constructor": "MyConstructor",
    "dataset": "MyDataset",
    "hook": "MyHook",
    "localizer": "MyLocalizer",
    "loss": "MyLoss",
    "neck": "MyNeck",
    "optimizer": "MyOptimizer",
    "recognizer": "MyRecognizer",
    "transform": "MyTransform",
}
# The kinds differ in no line of Python: the first has a full package, and the second one without an `__all__`.
OFTEN = ("head", "lr-hook")
# What may come next: commands that look, that refuse, and one that would write.
NEXT = (
    ("list",),
    ("list", "head"),
    ("add", "head", "not-a-name"),
    ("add", "spoon", "MySpoon"),
    ("remove", "loss", "Nothing"),
    ("add", "loss", "Other", "--dry-run"),
)
# Calls whose failure does no harm: the folder is there already, a cache stays, the end is not synced.
HARMLESS = {"mkdir", "unlink", "rmdir", "fsync"}
NEW = "Renamed"
every_kind = pytest.mark.parametrize(
    "kind",
    [
        kind if kind in OFTEN else pytest.param(kind, marks=pytest.mark.long)
        for kind in KINDS
    ],
)
# Every day the fault comes at each third call, from one that the run's seed says; the long tests take them all.
STRIDE = 3


def at_some_calls(name: str, often: Sequence[str], all_: Iterable[str]) -> Any:
    """A test for a few values of an argument at each third call, and for all at every call in the long tests."""
    return pytest.mark.parametrize(
        (name, "stride"),
        [
            *((value, STRIDE) for value in often),
            *(pytest.param(value, 1, marks=pytest.mark.long) for value in all_),
        ],
    )


both_ways = pytest.mark.parametrize("way", ["add", "remove"])


class Trial:
    """One command on one tree, to be given again and again with another fault."""

    def __init__(
        self, lab: Lab, way: str, kind: str = "head", faults: slice = slice(None)
    ) -> None:
        self.lab = lab
        self.faults = faults  # of those that a campaign knows, which are tried
        self.words: tuple[str, ...] = (way, kind, KINDS[kind])
        self.next = NEXT
        self.start = lab.root.with_name(f"{lab.root.name}-start")
        lab.reset()
        self.prepare(way)
        assert lab.imported().code == 0
        shutil.rmtree(self.start, ignore_errors=True)
        lab.root.rename(self.start)
        lab.reset(self.start)
        self.old = lab.state()
        self.code = lab.run(*self.words).code
        # A check finds that Python would take the package from the repository, and does not mend it.
        assert self.code == (way == "fix")
        self.calls = lab.calls()
        self.new = lab.state()
        assert lab.imported().code == 0
        self.importable = {self.fingerprint(self.old), self.fingerprint(self.new)}

    def prepare(self, way: str) -> None:
        """Make the tree what the command needs, and the command what it is."""
        if way in ("remove", "rename"):
            assert self.lab.run("add", *self.words[1:]).code == 0
        if way == "rename":
            self.words = (*self.words, NEW, "--yes")
            self.mention()
        elif way == "fix":
            self.words = ("check", "--fix")
            self.spoil()
        elif way == "eject":
            self.words = ("show", self.words[1], "--eject")
        elif way == "init":
            self.words = ("init", f"{self.lab.root}/project")
            self.next = (self.words,)

    def spoil(self) -> None:
        """Leave a module without its import, and put a name into `__all__` that is there already."""
        models = self.lab.root / "mmaction_min/models"
        head = '\n@HEADS.register_module()\nclass MyHead:\n    """A head."""\n'
        (models / "heads/my_head.py").write_text(f"from ..builder import HEADS\n{head}")
        losses = models / "losses/__init__.py"
        name = '"CrossEntropyLoss"'
        text = losses.read_text()
        assert name in text
        losses.write_text(text.replace(name, f"{name}, {name}"))

    def mention(self) -> None:
        """Let a parent, a module and a config speak of the head, if it is one."""
        if "head" not in self.words:
            return
        models = self.lab.root / "mmaction_min/models"
        with open(models / "__init__.py", "a") as parent:
            parent.write("from .heads import MyHead\n")
        with open(models / "recognizers/recognizer2d.py", "a") as user:
            user.write("\n\nfrom ..heads import MyHead\n")
        (self.lab.root / "configs/mine.py").write_text("a = dict(type='MyHead')\n")

    def run(self, at: int, mode: str | int) -> Result:
        """The command on the tree of the start, with a fault."""
        self.lab.restore(self.old)
        return self.lab.run(*self.words, at=at, mode=str(mode))

    def touches(self, path: str) -> bool:
        """The command changes this file."""
        old, new = self.old.get(path), self.new.get(path)
        return old != new and (old or new) is not None

    def imports(self) -> bool:
        """The tree can be imported as it is; a state that was tried before is not tried again."""
        state = self.fingerprint(self.lab.state())
        if state not in self.importable and self.lab.imported().code == 0:
            self.importable.add(state)
        return state in self.importable

    @staticmethod
    def fingerprint(state: State) -> int:
        """What a training imports of a tree; what is staged has a dot in front, and Python does not see it."""
        return hash(
            frozenset(
                item
                for item in state.items()
                if item[0].startswith("mmaction_min/") and "/." not in item[0]
            )
        )


def kills(calls: list[str]) -> Iterator[tuple[int, str]]:
    """A kill before each call, and one in the middle of each write."""
    for at, call in enumerate(calls, start=1):
        yield at, "kill"
        if call == "write":
            yield at, "half"


def draw(stride: int) -> slice:
    """Each `stride`-th fault, the first one by chance: pytest-randomly prints the seed, and takes it."""
    return slice(random.randrange(stride), None, stride)


@at_some_calls("kind", OFTEN, KINDS)
def test_killed_at_any_call_the_tree_imports_and_the_next_command_ends_it(
    labs: tuple[Lab, Lab], kind: str, stride: int
) -> None:
    """The old tree or the new one, byte for byte and mode for mode, with nothing left over."""
    assert in_both_ways(killed, labs, kind, draw(stride)) == []


def killed(trial: Trial) -> list[tuple[object, ...]]:
    """What is wrong after each kill; nothing, if all is as it should be."""
    damaged = []
    faults = [*kills(trial.calls)][trial.faults]
    for number, (at, mode) in enumerate(faults):
        end = trial.run(at, mode)
        imports = trial.imports()
        then = trial.lab.run(*trial.next[number % len(trial.next)])
        whole = trial.lab.state() in (trial.old, trial.new)
        if end.code != -9 or not imports or then.code not in (0, 1) or not whole:
            damaged.append((at, trial.calls[at - 1], mode, end, imports, then))
    return damaged


@at_some_calls("kind", OFTEN, KINDS)
def test_a_disk_that_refuses_any_call_changes_nothing(
    labs: tuple[Lab, Lab], kind: str, stride: int
) -> None:
    """Exit code 74, the path, and the old tree at once, without another command."""
    assert in_both_ways(without_room, labs, kind, draw(stride)) == []


def without_room(trial: Trial) -> list[tuple[object, ...]]:
    """What is wrong after the disk refused each call."""
    damaged = []
    for at, call in [*enumerate(trial.calls, start=1)][trial.faults]:
        error = errno.EIO if call == "fsync" else errno.ENOSPC
        damaged += refused(trial, at, error)
    return damaged


def in_both_ways(
    campaign: Callable[[Trial], list[tuple[object, ...]]],
    labs: tuple[Lab, Lab],
    kind: str,
    faults: slice,
) -> list[tuple[object, ...]]:
    """A campaign on an add and on a remove, side by side."""

    def run(lab: Lab, way: str) -> list[tuple[object, ...]]:
        trial = Trial(lab, way, kind, faults)
        assert len(trial.calls) > 20
        return campaign(trial)

    with ThreadPoolExecutor() as pool:
        return [*chain.from_iterable(pool.map(run, labs, ("add", "remove")))]


@at_some_calls("kind", ["head"], OFTEN)
def test_a_rename_is_as_safe_as_an_add(
    labs: tuple[Lab, Lab], kind: str, stride: int
) -> None:
    """Killed at any call, or refused by the disk; also where a file changes twice, since a parent names the class."""
    assert in_both_campaigns(labs, "rename", kind, draw(stride)) == [[], []]


@at_some_calls("way", ["eject"], ["eject", "fix", "init"])
def test_what_else_writes_is_as_safe_as_an_add(
    labs: tuple[Lab, Lab], way: str, stride: int
) -> None:
    """Whatever goes through a plan: killed at any call, or refused by the disk."""
    assert in_both_campaigns(labs, way, "head", draw(stride)) == [[], []]


def in_both_campaigns(
    labs: tuple[Lab, Lab], way: str, kind: str, faults: slice
) -> list[list[tuple[object, ...]]]:
    """Kills, and a disk that refuses, side by side."""

    def run(
        lab: Lab, campaign: Callable[[Trial], list[tuple[object, ...]]]
    ) -> list[tuple[object, ...]]:
        return campaign(Trial(lab, way, kind, faults))

    with ThreadPoolExecutor() as pool:
        return [*pool.map(run, labs, (killed, without_room))]


@pytest.mark.long
@every_kind
@both_ways
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT", "EACCES"])
def test_every_error_at_any_call_changes_nothing(
    lab: Lab, kind: str, way: str, error: str
) -> None:
    """As above, for each error at each call."""
    trial = Trial(lab, way, kind)
    number = getattr(errno, error)

    assert [
        d for at in range(len(trial.calls)) for d in refused(trial, at + 1, number)
    ] == []


def refused(trial: Trial, at: int, error: int) -> list[tuple[object, ...]]:
    """What is wrong after the call failed; nothing, if all is as it should be."""
    result, state = trial.run(at, error), trial.lab.state()
    call = trial.calls[at - 1]
    if result.code == 74:
        told = re.match(r"error: \S+: .+; nothing was (changed|made)\n", result.err)
        right = bool(told) and state == trial.old
    else:
        is_done = result.code == trial.code and state == trial.new
        right = is_done and call in HARMLESS
    return [] if right else [(at, call, error, result)]


@pytest.mark.long
@both_ways
def test_killed_while_it_ends_what_was_killed_nothing_is_lost(
    lab: Lab, way: str
) -> None:
    """At every call of the second command, after every call of the first; the third brings it to an end."""
    trial = Trial(lab, way, "head")
    damaged = []
    for first in range(1, len(trial.calls) + 1):
        for second in count(1):
            trial.run(first, "kill")
            again = lab.run("list", at=second)
            imports = trial.imports()
            then = lab.run("list")
            whole = lab.state() in (trial.old, trial.new)
            if not imports or then.code != 0 or not whole:
                damaged.append((first, second, again, imports, then))
            if again.code != -9:
                break

    assert damaged == []


@pytest.mark.parametrize(
    "way", ["add", "remove", pytest.param("rename", marks=pytest.mark.long)]
)
def test_what_someone_edits_after_a_kill_is_kept(lab: Lab, way: str) -> None:
    """Whatever file of the change it is, and wherever the command was killed; the tree imports, and nothing is left.

    In a rename there is a moment in which the module has two names, and either of its files may be the one.
    """
    trial = Trial(lab, way, "head")
    paths = [path for path in trial.old | trial.new if trial.touches(path)]
    damaged = []
    for at in range(1 + random.randrange(8), len(trial.calls) + 1, 8):
        for path in paths:
            trial.run(at, "kill")
            file = lab.root / path
            if not file.exists():
                continue
            file.write_bytes(file.read_bytes() + b"# mine\n")
            then = lab.run("list")
            kept = file.exists() and file.read_bytes().endswith(b"# mine\n")
            left = [name for name in lab.state() if ".scaffold" in name]
            if then.code != 0 or not kept or left or not trial.imports():
                damaged.append((at, trial.calls[at - 1], path, then, left))

    assert len(paths) == {"add": 4, "remove": 4, "rename": 10}[way]
    assert damaged == []


@every_kind
def test_a_command_that_only_looks_changes_nothing(lab: Lab, kind: str) -> None:
    """Not one call that could: a list, a dry run, a refusal."""
    lab.reset()
    commands = [
        ("list",),
        ("list", kind),
        ("add", kind, KINDS[kind], "--dry-run"),
        ("add", kind, "no name"),
        ("remove", kind, "Nothing"),
    ]
    for words in commands:
        assert lab.run(*words).code in (0, 1)
        assert lab.calls() == []


@every_kind
def test_the_printed_diff_is_the_change(lab: Lab, kind: str) -> None:
    """`git apply` of what --dry-run prints gives the tree that the command gives."""
    lab.reset()
    diff = lab.run("add", kind, KINDS[kind], "--dry-run").out
    lab.apply(diff)
    applied = lab.state()
    lab.reset()
    lab.run("add", kind, KINDS[kind])

    assert applied == lab.state()
