"""Commands at the same time, and people who edit meanwhile: nothing is lost, and nothing is written over."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffold.add import plan_add
from scaffold.commit import commit, hold
from scaffold.errors import LockedError, ScaffoldError
from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.plan import Plan
from scaffold.remove import plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree

if TYPE_CHECKING:
    from tests.faults.conftest import Lab

REPOSITORY = Path(__file__).resolve().parents[2]
SCAFFOLD = (sys.executable, "-c", "from scaffold.cli import main; main()")


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own, not waited for."""
    return subprocess.Popen(
        [*SCAFFOLD, *words, "--root", str(root)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def together(root: Path, commands: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """Exit code and messages of commands that are started at once."""
    processes = [start(root, *words) for words in commands]
    messages = [process.communicate(timeout=120)[1] for process in processes]
    return [(p.returncode, m) for p, m in zip(processes, messages, strict=True)]


def two_names(lab: Lab, rounds: int) -> None:
    one, two = ("add", "head", "OneHead"), ("add", "head", "TwoHead")
    serial = []
    for order in ((one, two), (two, one)):
        lab.reset()
        assert [lab.run(*words).code for words in order] == [0, 0]
        serial.append(lab.state())
    for _ in range(rounds):
        lab.reset()
        assert together(lab.root, [one, two]) == [(0, ""), (0, "")]
        assert lab.state() in serial


def one_name(lab: Lab, rounds: int) -> None:
    lab.reset()
    lab.run("add", "loss", "OneLoss")
    after = lab.state()
    for _ in range(rounds):
        lab.reset()
        (code, _), (other, message) = sorted(
            together(lab.root, [("add", "loss", "OneLoss")] * 2)
        )
        assert (code, other) == (0, 1)
        assert "OneLoss is already registered in LOSSES" in message
        assert lab.state() == after


def test_two_adds_at_once_both_take_effect(lab: Lab) -> None:
    """The tree is the one that they give one after the other."""
    two_names(lab, rounds=3)


def test_two_adds_of_one_name_at_once_add_it_once(lab: Lab) -> None:
    """One says that it added, the other that the name is taken."""
    one_name(lab, rounds=2)


@pytest.mark.long
def test_two_adds_at_once_many_times(lab: Lab) -> None:
    """Two hundred pairs of two names, a hundred of one."""
    two_names(lab, rounds=200)
    one_name(lab, rounds=100)


def test_eight_adds_at_once_lose_nothing(lab: Lab) -> None:
    """Of all kinds, three of them in one package."""
    lab.reset()
    names = ["AHead", "BHead", "CHead", "ANet", "ALoss", "AOpt", "AConstructor", "APo"]
    kinds = ["head", "head", "head", "backbone", "loss", "optimizer"]
    kinds += ["constructor", "lr-hook"]
    pairs = list(zip(kinds, names, strict=True))

    ends = together(lab.root, [("add", kind, name) for kind, name in pairs])

    assert ends == [(0, "")] * 8
    listed = lab.run("list").out.split()
    assert [name for name in names if name not in listed] == []
    assert lab.imported().code == 0
    for kind, name in pairs:
        assert lab.run("remove", kind, name).code == 0
    assert lab.state() == lab.state(lab.clean)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_adders_and_removers_for_half_a_minute(lab: Lab, seed: int) -> None:
    """Eight that add and two that remove, over and over: what is there at the end is whole."""
    lab.reset()
    chance = random.Random(seed)
    names = [f"Head{letter}" for letter in "ABCDEFGHIJKL"]
    end = time.monotonic() + 30
    codes = set()
    while time.monotonic() < end:
        ways = ["add"] * 8 + ["remove"] * 2
        words = [(way, "head", chance.choice(names)) for way in ways]
        codes |= {code for code, _ in together(lab.root, words)}

    assert codes <= {0, 1, 75}
    assert lab.imported().code == 0
    listed = lab.run("list", "head").out.split()
    for name in names:
        assert lab.run("remove", "head", name).code == (0 if name in listed else 1)
    assert lab.state() == lab.state(lab.clean)


def test_a_command_waits_for_one_that_is_at_work_and_goes_on_when_it_is_killed(
    lab: Lab,
) -> None:
    """The lock goes with its process, whatever ends it."""
    lab.reset()
    script = (
        "import sys, time; from scaffold.commit import hold; from scaffold.tree import Tree;"
        "from pathlib import Path\nwith hold(Tree(Path(sys.argv[1]))): print(flush=True); time.sleep(99)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, lab.root], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    assert holder.stdout
    holder.stdout.readline()
    waiting = start(lab.root, "list")
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=2)
    holder.send_signal(signal.SIGKILL)

    assert waiting.communicate(timeout=60)[1] == ""
    assert waiting.returncode == 0
    holder.stdout.close()
    holder.wait()


def test_a_command_that_has_waited_long_enough_is_told_to_come_back(
    clean_tree: Path,
) -> None:
    """Exit code 75, and nothing is read or written."""
    tree = Tree(clean_tree)
    with (
        hold(tree),
        pytest.raises(LockedError, match="another scaffold command is at work") as told,
        hold(tree, patience=0),
    ):
        pass

    assert told.value.exit_code == 75


@pytest.mark.parametrize("way", ["add", "remove"])
@pytest.mark.parametrize("kind", ["head", "lr-hook"])
def test_a_file_that_someone_edits_between_plan_and_commit_is_not_written_over(
    lab: Lab, kind: str, way: str
) -> None:
    """Each file of the plan in turn, edited, created or deleted: refused, and nothing is written."""
    lab.reset()
    tree = Tree(lab.root)
    names = make_names("MyName", find_kind(tree.root, kind).suffix)
    stub = Stub(find_kind(tree.root, kind), names, "mmaction_min")
    plan = plan_add(tree, stub)
    if way == "remove":
        commit(tree, plan)
        plan = plan_remove(tree, stub)

    for change in plan.changes:
        for new in (b"# mine\n", None):
            if new != change.before:
                refused(lab, plan, lab.root / change.path, new)


def refused(lab: Lab, plan: Plan, path: Path, new: bytes | None) -> None:
    """The plan is refused after a file got another content, which is then put back."""
    old = path.read_bytes() if path.exists() else None
    write(path, new)
    before = lab.state()
    with pytest.raises(ScaffoldError, match="the file changed since scaffold read it"):
        commit(Tree(lab.root), plan)
    assert lab.state() == before
    write(path, old)


def write(path: Path, content: bytes | None) -> None:
    """Give a file its content; None deletes it."""
    if content is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
