"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.tree import Tree

Snapshot = Callable[[], dict[str, "bytes | None"]]
REPOSITORY = Path(__file__).resolve().parents[2]

LIBRARIES = {"jinja2", "black", "libcst"}


def scaffold(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_add_prints_a_line_for_each_file_and_what_to_type_next(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paths are those of the current folder, to be pasted."""
    monkeypatch.chdir(tree.root)

    result = scaffold("add", "head", "MyHead", "--arg", "hidden:int=256")

    assert result.output == (
        "create fw/models/heads/my_head.py\n"
        "create configs/heads/my_head.py\n"
        "create tests/models/heads/test_my_head.py\n"
        "update fw/models/heads/__init__.py\n"
        "\n"
        "next:\n"
        "  python -m pytest tests/models/heads/test_my_head.py\n"
        "  python -m fw.train configs/heads/my_head.py\n"
    )
    assert result.exit_code == 0


def test_in_a_folder_of_the_tree_the_paths_are_from_there(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tree is found upwards, and what is printed fits the folder."""
    monkeypatch.chdir(tree.root / "configs")

    lines = scaffold("add", "head", "MyHead").output.splitlines()

    assert lines[:2] == [
        "create ../fw/models/heads/my_head.py",
        "create heads/my_head.py",
    ]
    assert lines[-1] == "  python -m fw.train heads/my_head.py"


def test_from_elsewhere_the_paths_are_absolute(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With `--root`, from a folder that has nothing to do with the tree."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    result = scaffold("add", "head", "MyHead", "--root", str(tree.root))

    module = tree.root / "fw/models/heads/my_head.py"
    assert result.output.startswith(f"create {module}\n")
    assert module.exists()


def test_a_path_with_a_space_is_quoted(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands can be pasted into a shell."""
    spaced = tree.root.rename(tree.root.with_name("my tree"))
    monkeypatch.chdir(spaced.parent)

    lines = scaffold("add", "head", "MyHead", "--root", "my tree").output.splitlines()

    assert lines[-1] == "  python -m fw.train 'my tree/configs/heads/my_head.py'"


@pytest.mark.parametrize("command", ["add", "remove"])
def test_a_dry_run_prints_a_diff_and_writes_nothing(
    tree: Tree, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """`git apply` makes of the diff what the command makes itself."""
    monkeypatch.chdir(tree.root)
    subprocess.run(["git", "init", "--quiet"], check=True)
    if command == "remove":
        scaffold("add", "head", "MyHead")
    before = snapshot()

    diff = scaffold(command, "head", "MyHead", "--dry-run").stdout_bytes

    assert snapshot() == before
    scaffold(command, "head", "MyHead")
    expected = snapshot()
    subprocess.run(["git", "apply", "--reverse", "-"], input=diff, check=True)
    assert {k: v for k, v in snapshot().items() if v} == {
        k: v for k, v in before.items() if v
    }
    subprocess.run(["git", "apply", "-"], input=diff, check=True)
    assert {k: v for k, v in snapshot().items() if v} == {
        k: v for k, v in expected.items() if v
    }


def test_remove_prints_a_line_for_each_file(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export goes first, for the tree to stay importable; an add has said what a config calls a policy."""
    monkeypatch.chdir(tree.root)
    added = scaffold("add", "lr-hook", "RelativeStep").output

    assert 'a config says "RelativeStep" for RelativeStepLrUpdaterHook\n' in added
    assert scaffold("remove", "lr-hook", "RelativeStep").output == (
        "update fw/core/lr/__init__.py\n"
        "remove fw/core/lr/relative_step.py\n"
        "remove configs/lr_hooks/relative_step.py\n"
        "remove tests/core/lr/test_relative_step.py\n"
    )


def test_list_shows_the_kinds_and_what_is_registered(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind with its summary; below it a name with its place in a line, all places in one column, or that it has none."""
    monkeypatch.chdir(tree.root)
    long = "A" * 60
    (tree.root / "fw/models/necks/long.py").write_text(
        f"\n@NECKS.register_module()\nclass {long}(Neck): ...\n"
    )

    everything = scaffold("list").output
    heads = scaffold("list", "head").output

    assert heads.splitlines() == [
        "head: from feature maps to class scores: the last part of a recognizer",
        "  TSNHead  fw/models/heads/tsn_head.py:2",
    ]
    assert f"\n  {'TSNHead':<60}  fw/models/heads/tsn_head.py:2\n" in everything
    assert f"\n  {long}  fw/models/necks/long.py:3  (not exported)\n" in everything
    assert (
        "\n\nloss: from scores and labels to one number: a function and a class\n  (none)\n\n"
        in everything
    )
    kinds = [line.split(":")[0] for line in everything.splitlines() if line[:1].strip()]
    assert kinds == [
        *("backbone", "constructor", "dataset", "head", "hook", "localizer", "loss"),
        *("lr-hook", "neck", "optimizer", "recognizer", "transform"),
    ]
    assert "  from outside the tree: ASGD, Adadelta," in everything


def test_a_hook_that_is_named_as_a_policy_is_refused(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in one registry, and `list` and `remove` would look for it among the policies."""
    monkeypatch.chdir(tree.root)

    refused = scaffold("add", "hook", "WarmLrUpdaterHook")

    assert refused.exit_code == 1
    assert "of the kind lr-hook" in refused.output
    assert "`scaffold add lr-hook Warm`" in refused.output


def test_list_knows_a_class_with_several_names_as_exported(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If its package exports one of them."""
    monkeypatch.chdir(tree.root)
    heads = tree.root / "fw/models/heads/tsn_head.py"
    heads.write_text(
        'names = ["TSNHead", "Old"]\n'
        '@HEADS.register_module(["TSNHead", "Old"])\nclass TSNHead(BaseHead): ...\n'
    )

    listed = scaffold("list", "head").output

    assert "Old" in listed
    assert "not exported" not in listed


def test_list_says_where_a_tree_has_no_place_for_a_kind(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other kinds are listed all the same."""
    monkeypatch.chdir(tree.root)
    (tree.root / "fw/core/lr").rename(tree.root / "fw/core/rates")

    result = scaffold("list")

    assert "  (none: no package here has a folder core/lr/)\n" in result.output
    assert "TSNHead" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("add", "heda", "MyHead"), "error: 'heda' is no kind\nhint: did you mean"),
        (("add", "head", "list"), "error: list would hide a builtin of Python\nhint:"),
        (("add", "head", "TSNHead"), "error: fw/models/heads/tsn_head.py:2: TSNHead"),
        (("add", "head", "A", "--arg", "x:Y"), "error: --arg 'x:Y': 'Y' is no type"),
        (("remove", "head", "MyHead"), "error: the tree has no head MyHead\nhint:"),
        (("list", "heads"), "error: 'heads' is no kind\nhint: did you mean head?"),
    ],
)
def test_a_refusal_is_an_error_and_a_hint_on_stderr(
    tree: Tree,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    error: str,
) -> None:
    """Exit code 1, nothing on standard output, nothing written."""
    monkeypatch.chdir(tree.root)
    before = snapshot()

    result = scaffold(*words)

    assert result.stderr.startswith(error)
    assert (result.exit_code, result.stdout) == (1, "")
    assert snapshot() == before


def test_a_folder_that_is_no_tree_is_refused(tmp_path: Path) -> None:
    """The hint says what a tree is, and how to name one."""
    result = scaffold("list")

    assert result.exit_code == 1
    assert f"error: {tmp_path}: there is no tree here or in a" in result.stderr
    assert "give --root DIR" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("add", "head"),
        ("add", "head", "-rf"),
        ("add", "head", "MyHead", "--nope"),
        ("list", "--root", "nowhere"),
        ("make", "head", "MyHead"),
    ],
)
def test_a_wrong_use_exits_with_2(words: tuple[str, ...]) -> None:
    """With how the command is used, and in the form of all refusals."""
    result = scaffold(*words)

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")
    assert "\nerror: " in result.stderr
    assert "--help` shows how\n" in result.stderr


def test_an_io_error_exits_with_74(
    tree: Tree, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the file and the reason; the tree is as before."""
    monkeypatch.chdir(tree.root)
    before = snapshot()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device", "fw/models/heads/my_head.py")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_space)
        written = scaffold("add", "head", "MyHead")
    with monkeypatch.context() as patch:
        patch.setattr("scaffold.tree.Tree.read", no_space)
        read = scaffold("add", "head", "MyHead")

    for result in (written, read):
        assert result.exit_code == 74
        assert "fw/models/heads/my_head.py: No space left on device" in result.stderr
    assert snapshot() == before


def test_a_closed_pipe_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """`scaffold list | head` ends as click ends it."""

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("scaffold.commands.common.open_tree", closed)
    result = scaffold("list")

    assert (result.exit_code, result.stderr) == (1, "")


@pytest.mark.parametrize("words", [(), ("add",), ("remove",), ("list",)])
def test_help_has_an_example(words: tuple[str, ...]) -> None:
    """Every command shows how it is typed; -h is short for --help."""
    result = scaffold(*words, "-h")

    assert "..." not in result.output.partition("Commands:")[2]  # no summary is cut
    assert ("\n  lr-hook  " in result.output) == (words == ("add",))
    assert f"scaffold {words[0] if words else 'add head MyHead'}" in result.output
    assert result.exit_code == 0


def test_the_version_is_that_of_the_installed_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`scaffold --version`, for bug reports."""
    monkeypatch.setattr("importlib.metadata.version", {"mmaction-min": "1.2.3"}.get)

    assert scaffold("--version").output == "scaffold 1.2.3\n"


@pytest.mark.parametrize(
    ("words", "forbidden"),
    [
        (["--help"], {*LIBRARIES, "tomllib", "pathlib", "dataclasses"}),
        (["list"], {*LIBRARIES, "pathlib", "dataclasses"}),
        (["add", "head", "my_head"], {*LIBRARIES, "pathlib", "dataclasses"}),
        (["add", "hed", "MyHead"], {*LIBRARIES, "pathlib", "dataclasses"}),
        (["add", "head", "TSNHead"], {*LIBRARIES, "pathlib", "dataclasses"}),
        (["remove", "head", "my_head"], {*LIBRARIES, "pathlib", "dataclasses"}),
        (["add", "head", "MyHead", "--root", "fw"], LIBRARIES),
        (["add", "head", "MyHead"], {"black", "libcst.matchers", "libcst.codemod"}),
        (["add", "loss", "MyLoss", "--arg", "mode:str=a"], {"black"}),
    ],
)
def test_a_command_imports_only_what_it_needs(
    tree: Tree, words: list[str], forbidden: set[str]
) -> None:
    """A look and a refusal pay for click alone, an add not for black, and nothing for torch or the tree's own code."""
    code = (
        f"import sys, click; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        f"own = {{*sys.modules}}\n"
        f"from scaffold.__main__ import main\n"
        f"sys.argv[1:] = {words!r}\n"
        f"try: main()\n"
        f"finally: print(*{{*sys.modules}} - own, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.root,
        capture_output=True,
        text=True,
    )

    loaded = set(result.stderr.split())
    assert "scaffold.cli" in loaded
    assert not (forbidden | {"torch", "mmaction_min", "fw"}) & loaded


def test_check_prints_a_line_with_a_hint_for_each_finding_and_fix_mends(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1 while anything is left; a dry run shows the change and makes none."""
    monkeypatch.chdir(tree.root)
    (tree.root / "fw/models/heads/my_head.py").write_text(
        "@HEADS.register_module()\nclass MyHead:\n    pass\n"
    )

    result = scaffold("check")

    assert result.exit_code == 1
    assert result.output == (
        "fw/models/heads/my_head.py:2: MyHead is registered in HEADS, and nothing imports this module\n"
        "  hint: `from .my_head import MyHead` is missing in fw/models/heads/__init__.py\n"
        "1 found; `scaffold check --fix` mends 1\n"
    )
    dry = scaffold("check", "--fix", "--dry-run")
    assert "+from .my_head import MyHead\n" in dry.output
    assert scaffold("check").output == result.output
    assert scaffold("check", "--fix").output == (
        "update fw/models/heads/__init__.py\nnothing left\n"
    )
    assert scaffold("check").output == "nothing found\n"
    assert scaffold("check").exit_code == 0


def test_json_has_one_schema(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version, the command, whether it is well, and results; or the refusal."""
    monkeypatch.chdir(tree.root)
    (tree.root / "fw/models/heads/my_head.py").write_text(
        "@HEADS.register_module()\nclass MyHead:\n    pass\n"
    )

    listed = json.loads(scaffold("list", "head", "--json").output)
    checked = json.loads(scaffold("check", "--json").output)
    words = "KeyError: 'MyHead is not in the head registry'"
    explained = json.loads(scaffold("explain", words, "--json").output)
    refused = scaffold("explain", "no idea", "--json")

    assert listed["results"][0] == {
        "kind": "head",
        "name": "MyHead",
        "path": "fw/models/heads/my_head.py",
        "line": 2,
        "exported": False,
    }
    assert (checked["version"], checked["command"], checked["ok"]) == (
        1,
        "check",
        False,
    )
    assert checked["results"][0]["fixable"] is True
    assert checked["changes"] == []
    assert explained["results"][0]["mend"] == "scaffold check --fix"
    assert refused.exit_code == 1
    assert json.loads(refused.output) == {
        "version": 1,
        "command": "explain",
        "ok": False,
        "error": {
            "what": "this error is not one that scaffold can explain",
            "where": "",
            "hint": "`scaffold check` shows what does not agree in the tree",
        },
    }


def test_explain_reads_the_standard_input(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a failed run can be piped into it."""
    monkeypatch.chdir(tree.root)

    result = CliRunner().invoke(
        main, ["explain"], input="KeyError: 'NewHead is not in the models registry'\n"
    )

    assert result.output == (
        "cause: no file of this tree registers NewHead\n"
        "mend:  scaffold add head NewHead\n"
    )


def test_list_marks_what_is_not_exported(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the disk, and a config does not find it; a module of the root is imported by who needs it."""
    monkeypatch.chdir(tree.root)
    (tree.root / "fw/whole.py").write_text(
        "@HEADS.register_module()\nclass WholeHead: ...\n"
    )
    (tree.root / "fw/models/heads/my_head.py").write_text(
        "@HEADS.register_module()\nclass MyHead:\n    pass\n"
    )

    lines = scaffold("list", "head").output.splitlines()

    assert lines[1].endswith("fw/models/heads/my_head.py:2  (not exported)")
    assert lines[2].endswith("fw/models/heads/tsn_head.py:2")
    assert lines[3].endswith("fw/whole.py:2")
