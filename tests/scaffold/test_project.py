"""`scaffold init`: a project of one's own, in which every command works."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scaffold.cli import main
from scaffold.project import BASES

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = {
    "backbone": "MyNet",
    "head": "MyHead",
    "loss": "MyLoss",
    "optimizer": "MyOptimizer",
    "constructor": "MyConstructor",
    "lr-hook": "RelativeStep",
    "recognizer": "MyRecognizer",
    "localizer": "MyLocalizer",
    "neck": "MyNeck",
    "dataset": "MyDataset",
    "transform": "MyTransform",
    "hook": "MyHook",
}


def scaffold(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, entered."""
    assert scaffold("init", "my-project").exit_code == 0
    monkeypatch.chdir(tmp_path / "my-project")
    return tmp_path / "my-project"


def test_a_project_has_a_package_configs_and_tests(tmp_path: Path) -> None:
    """The package is called as the folder; a line for each file, and what to type next."""
    result = scaffold("init", "my-project")

    made = files(tmp_path / "my-project")
    assert result.output.endswith(
        "create my-project/my_project/__init__.py\n\nnext:\n  cd my-project\n  scaffold add head OwnHead\n"
    )
    assert result.output.count("create ") == len(made)
    for package in ("models/backbones", "models/heads", "models/losses", "core/lr"):
        assert f"my_project/{package}/__init__.py" in made
    assert {"pyproject.toml", "setup.cfg", "README.md", ".gitignore"} < made.keys()
    assert all(b"{{" not in text for path, text in made.items() if path[-3:] != ".py")


def test_its_base_configs_are_the_bundled_ones_and_import_the_package(
    project: Path,
) -> None:
    """The runtime says `custom_imports` beside what it says in the framework."""
    for path, text in files(Path(BASES)).items():
        own = (project / "configs/_base_" / path).read_bytes()
        added = own.removeprefix(text)
        assert own.startswith(text)
        assert added == (
            b'custom_imports = dict(imports=["my_project"], allow_failed_imports=False)\n'
            if path == "default_runtime.py"
            else b""
        )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_added_takes_the_engine_s_registries_and_can_be_taken_back(
    project: Path, kind: str
) -> None:
    """Nothing is imported relatively that the project does not have; `remove` gives the old bytes."""
    before = files(project)

    added = scaffold("add", kind, KINDS[kind])
    names = {path.name for path in project.rglob("*.py")} | {"my_project"}
    new = {path: text for path, text in files(project).items() if path not in before}

    assert added.output.splitlines()[-1].startswith("  python -m mmaction_min.train ")
    assert len(new) == 3
    for text in new.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0 or f"{node.module}.py" in names
    assert scaffold("remove", kind, KINDS[kind]).exit_code == 0
    assert files(project) == before


def test_the_generated_tests_pass_in_a_project(
    project: Path, python_m: Callable[..., Any]
) -> None:
    """In a process of its own, as a person runs them: the engine imports the package by `custom_imports`."""
    scaffold("add", "head", "MyHead")
    scaffold("rename", "head", "MyHead", "ShiftHead", "--yes")
    (project / "probe.py").write_text(
        "from mmaction_min.config import Config\n"
        "from mmaction_min.models import build_head\n"
        "print(build_head(Config.fromfile('configs/heads/shift_head.py').model.cls_head))\n"
        "import sys, pytest; sys.exit(pytest.main())\n"
    )

    done = python_m(["probe", "-q"], project, PYTHONPATH=REPOSITORY)

    assert done.code == 0, done.out + done.err
    assert " passed" in done.out
    assert done.out.startswith("ShiftHead(")


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    """And left as it is; an empty one, or one with a git repository alone, will do."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    (tmp_path / "fresh/.git").mkdir(parents=True)

    refused = scaffold("init", "full")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "the folder is not empty: it has mine.txt\nhint:" in refused.stderr
    assert list(files(tmp_path / "full")) == ["mine.txt"]
    assert scaffold("init", "fresh").exit_code == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("1st",), "'1st' is no name for a package"),
        (("x", "--name", "class"), "--name: 'class' is no name for a package"),
        (("x", "--name", "torch"), "--name: a package torch would hide another"),
        (("json",), "a package json would hide another"),
    ],
)
def test_a_name_that_python_could_not_import_is_refused(
    tmp_path: Path, words: tuple[str, ...], error: str
) -> None:
    """Before anything is made."""
    result = scaffold("init", *words)

    assert (result.exit_code, result.stdout) == (1, "")
    assert error in result.stderr
    assert not any(tmp_path.iterdir())


def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file nor the folders that were made for it."""

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device", "my_project")

    monkeypatch.setattr("os.fsync", no_space)
    result = scaffold("init", "deep/my_project")

    assert result.exit_code == 74
    assert "No space left on device" in result.stderr
    assert not any(tmp_path.iterdir())


def test_the_next_init_undoes_what_a_killed_one_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is then as new, and the project is made in it."""
    with monkeypatch.context() as patch:
        patch.setattr("scaffold.commit.write.stage", lambda *_: sys.exit(9))
        patch.setattr("scaffold.commit.write.Work.undo", lambda *_: None)
        CliRunner().invoke(main, ["init", "p"])
    assert [p.name for p in (tmp_path / "p").iterdir()] == [".scaffold-journal"]

    result = scaffold("init", "p")

    assert result.stderr == "note: what a killed command began was undone\n"
    assert result.exit_code == 0
    assert not (tmp_path / "p/.scaffold-journal").exists()


def test_a_name_of_the_engine_is_refused_and_its_place_is_said(project: Path) -> None:
    """It would be registered twice when the project is trained; nothing of the engine is run to know it."""
    result = scaffold("add", "head", "TsnHead")

    assert result.exit_code == 1
    assert "TSNHead is already registered in HEADS, by mmaction_min" in result.output
    assert "mmaction_min/models/heads/tsn_head.py:" in result.output


def test_what_init_and_the_readmes_say_next_is_free_beside_the_first_line_of_the_readme(
    project: Path,
) -> None:
    """`scaffold add head MyHead` was given in the framework by then, and its name is taken in the project too."""
    said = "scaffold add head OwnHead\n"
    block = (
        (REPOSITORY / "README.md").read_text().partition("scaffold init my_project")[2]
    )

    assert block.splitlines(keepends=True)[1] == said
    assert said in (project / "README.md").read_text()


def test_a_project_s_configs_are_checked_against_the_engine_s_names_too(
    project: Path,
) -> None:
    """Those that inherit the import of the package; a name of either that is misspelt is a finding."""
    assert scaffold("add", "head", "MyHead").exit_code == 0
    assert scaffold("check").output == "nothing found\n"
    config = project / "configs/heads/my_head.py"
    base = project / "configs/_base_/models/tsn_r18.py"
    config.write_text(config.read_text().replace('"MyHead"', '"MyHaed"'))
    base.write_text(base.read_text().replace('"TSNHead"', '"TNSHead"'))

    result = scaffold("check")

    assert "did you mean MyHead?" in result.output
    assert "did you mean TSNHead?" in result.output
