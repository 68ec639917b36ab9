"""What a person expects of every command: statuses, JSON, silence, colour, completion, and a word when lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.tree import Tree

Snapshot = Callable[[], dict[str, "bytes | None"]]
REPOSITORY = Path(__file__).resolve().parents[2]
HEAD = {
    "fw/models/heads/my_head.py",
    "configs/heads/my_head.py",
    "tests/models/heads/test_my_head.py",
}
INIT = "fw/models/heads/__init__.py"


def scaffold(*words: str, color: bool = False) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False, color=color)


def told(*words: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of a command, which is all that it prints."""
    result = scaffold(*words, "--json")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    answer = json.loads(result.stdout)
    assert (answer["version"], answer["command"]) == (1, words[0])
    assert answer["ok"] == (result.exit_code == 0)
    return result.exit_code, answer


@pytest.fixture(autouse=True)
def _in_the_tree(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.root)
    monkeypatch.delenv("NO_COLOR", raising=False)


def statuses(answer: dict[str, Any]) -> dict[str, str]:
    return {result["path"]: result["status"] for result in answer["results"]}


def test_json_says_what_happened_to_each_file_and_what_comes_next() -> None:
    """One object, the same keys for every command that writes."""
    _, added = told("add", "head", "MyHead")
    _, again = told("add", "head", "MyHead")
    _, renamed = told("rename", "head", "MyHead", "ShiftHead", "--yes")
    _, removed = told("remove", "head", "ShiftHead")
    _, made = told("init", "project")

    assert statuses(added) == {**dict.fromkeys(HEAD, "create"), INIT: "update"}
    assert statuses(again) == dict.fromkeys(HEAD, "identical")
    assert set(statuses(renamed).values()) == {"create", "update", "remove"}
    assert set(statuses(removed).values()) == {"update", "remove"}
    assert set(statuses(made).values()) == {"create"}
    assert added["next"] != []
    assert made["next"] == ["cd project", "scaffold add head OwnHead"]
    for answer in (added, renamed, removed, made):
        assert answer.keys() == {"version", "command", "ok", "results", "next"}


def test_json_of_a_dry_run_has_the_diff(snapshot: Snapshot) -> None:
    """And nothing is written."""
    before = snapshot()

    _, answer = told("add", "head", "MyHead", "--dry-run")

    assert answer["diff"].startswith("diff --git a/fw/models/heads/my_head.py")
    assert set(statuses(answer).values()) == {"create", "update"}
    assert snapshot() == before


@pytest.mark.parametrize(
    ("words", "code", "what", "where"),
    [
        (("add", "heda", "MyHead"), 1, "'heda' is no kind", ""),
        (("add", "head", "TSNHead"), 1, "TSNHead is already", "fw/models/heads/tsn"),
        (("add", "head"), 2, "missing argument 'NAME'", ""),
        (("add", "head", "A", "--nope"), 2, "no such option", ""),
        (("rename", "head", "TSNHead", "A"), 1, "a rename is shown before", ""),
    ],
)
def test_json_of_an_error_has_what_where_and_a_hint(
    words: tuple[str, ...], code: int, what: str, where: str
) -> None:
    """On standard output, with the exit code that the error has without --json."""
    exit_code, answer = told(*words)

    assert exit_code == code
    assert answer["error"].keys() == {"what", "where", "hint"}
    assert answer["error"]["what"].startswith(what)
    assert answer["error"]["where"].startswith(where)


def test_json_of_a_disk_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 74."""

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device", "fw/models/heads/my_head.py")

    monkeypatch.setattr("scaffold.tree.Tree.read", no_space)

    code, answer = told("add", "head", "MyHead")

    assert code == 74
    assert answer["error"]["what"] == "No space left on device"
    assert answer["error"]["where"] == "fw/models/heads/my_head.py"


def test_the_same_add_again_finds_everything_identical(snapshot: Snapshot) -> None:
    """It is refused all the same: of two that are given at once, one alone may say that it added."""
    scaffold("add", "head", "MyHead", "--arg", "hidden:int=3")
    before = snapshot()

    result = scaffold("add", "head", "MyHead", "--arg", "hidden:int=3")

    assert result.exit_code == 1
    assert result.stderr.count("identical ") == 3
    assert "MyHead is already registered in HEADS" in result.stderr
    assert "hint: this very add was made before" in result.stderr
    assert snapshot() == before


@pytest.mark.parametrize("options", [(), ("--arg", "hidden:int=4")])
def test_another_add_of_the_name_is_a_conflict(
    snapshot: Snapshot, options: tuple[str, ...]
) -> None:
    """It is refused, and the files that are in the way are listed."""
    scaffold("add", "head", "MyHead", "--arg", "hidden:int=3")
    before = snapshot()

    code, answer = told("add", "head", "MyHead", *options)

    assert code == 1
    assert statuses(answer) == dict.fromkeys(HEAD, "conflict")
    assert snapshot() == before


def test_an_edited_file_makes_the_same_add_a_conflict(tree: Tree) -> None:
    """What a person wrote is never called identical."""
    scaffold("add", "head", "MyHead")
    with open(tree.root / "configs/heads/my_head.py", "a") as config:
        config.write("# mine\n")

    assert scaffold("add", "head", "MyHead").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("add", "head", "MyHead", "-q"),
        ("rename", "head", "MyHead", "A", "-y", "-q"),
        ("remove", "head", "A", "--quiet"),
        ("init", "project", "-q"),
    ],
)
def test_quiet_prints_errors_alone(words: tuple[str, ...]) -> None:
    """Nothing where all goes well, and the error where it does not."""
    for before in (("add", "head", "MyHead"), ("rename", "head", "MyHead", "A", "-y")):
        if words[0] in ("rename", "remove")[before[0] == "rename" :]:
            scaffold(*before)

    good, bad = scaffold(*words), scaffold("add", "heda", "MyHead", "-q")

    assert (good.exit_code, good.output) == (0, "")
    assert bad.stderr.startswith("error: ")


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NO_COLOR` takes it out there too."""
    on_terminal = scaffold("add", "head", "MyHead", color=True).output
    elsewhere = scaffold("remove", "head", "MyHead").output
    monkeypatch.setenv("NO_COLOR", "1")
    unwanted = scaffold("add", "head", "MyHead", color=True).output

    assert on_terminal.startswith("\x1b[32mcreate\x1b[0m fw/models")
    assert "\x1b" not in elsewhere + unwanted


def test_scaffold_alone_says_what_to_do(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a tree the likeliest commands, elsewhere how to come to one."""
    inside = scaffold()
    monkeypatch.chdir(tmp_path)
    outside = scaffold()

    assert inside.output.startswith(f"the tree is {tree.root}\n  scaffold list ")
    assert outside.output.startswith("there is no tree here; ")
    assert "  scaffold init my_project" in outside.output
    assert inside.exit_code == outside.exit_code == 0


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (
            ("lst",),
            "error: no such command 'lst'. Did you mean 'list'?\nhint: ",
        ),
        (("--nope",), "error: no such option"),
        (
            ("explain",),
            "error: there is no error to explain\nhint: give its text: `scaffold explain",
        ),
        (("add", "head", "A", "--dry-rum"), "--dry-run"),
        (("add", "los", "A"), "did you mean loss?"),
        (("remove", "head", "TSMHead"), "did you mean TSNHead?"),
        (("rename", "head", "TSMHead", "A", "-y"), "did you mean TSNHead?"),
    ],
)
def test_an_unknown_word_is_told_the_nearest(words: tuple[str, ...], near: str) -> None:
    """Of commands, options, kinds and names."""
    assert near in scaffold(*words).stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_prints_what_a_shell_reads(shell: str) -> None:
    """It calls scaffold itself, which knows its commands, options and kinds."""
    result = scaffold("completion", shell)

    assert "_SCAFFOLD_COMPLETE" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize("inside", [True, False])
def test_kinds_are_completed(tree: Tree, tmp_path: Path, inside: bool) -> None:
    """In a tree its own too, outside the bundled ones."""
    if inside:
        own = tree.root / "templates/lozenge"
        own.mkdir(parents=True)
        head = (REPOSITORY / "templates/head/kind.toml").read_text()
        (own / "kind.toml").write_text(head)
    code = "from scaffold.cli import main; main(prog_name='scaffold')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.root if inside else tmp_path,
        env={
            "PYTHONPATH": str(REPOSITORY),
            "_SCAFFOLD_COMPLETE": "zsh_complete",
            "COMP_WORDS": "scaffold add lo",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
    )

    assert [line for line in done.stdout.splitlines() if line.startswith("lo")] == (
        ["localizer", "loss", *(["lozenge"] if inside else [])]
    )


def test_every_command_has_an_example() -> None:
    """In its help."""
    for name, command in main.commands.items():
        assert f"scaffold {name} " in (command.help or "") + " ", name
