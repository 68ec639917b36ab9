"""Trees of odd shapes: what an add refuses, what it does, and what it never touches."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.faults.conftest import Lab

ADD = ("add", "head", "MyHead")
HEADS = "mmaction_min/models/heads"
INIT = f"{HEADS}/__init__.py"
MODULE = f"{HEADS}/my_head.py"
CONFIGS = "configs/heads"
OUTSIDE = "outside"  # beside the tree


def link(path: str, target: str, *, move: bool = True) -> Callable[[Path], None]:
    """A link in place of a file or folder, which is moved to where the link leads."""

    def make(root: Path) -> None:
        goal = (root / target).resolve()
        if move and (root / path).exists():
            shutil.move(root / path, goal)
        else:
            goal.mkdir(parents=True)
        (root / path).symlink_to(goal)

    return make


def write(
    path: str, content: bytes = b"mine\n", mode: int = 0o644
) -> Callable[[Path], None]:
    """A file with some content."""

    def make(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        (root / path).chmod(mode)

    return make


def pipe(path: str) -> Callable[[Path], None]:
    """A named pipe in place of a file; whoever reads it waits for ever."""

    def make(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(root / path)

    return make


def folder(path: str) -> Callable[[Path], None]:
    """A folder in place of a file."""

    def make(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).mkdir(parents=True)

    return make


def dangling(path: str) -> Callable[[Path], None]:
    """A link to nothing in place of a file."""

    def make(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to("nothing")

    return make


REFUSED = {
    "the init is a link out of the tree": (link(INIT, f"../{OUTSIDE}"), "a link leads out of the tree"),
    "the package is a link out of the tree": (link(HEADS, f"../{OUTSIDE}"), "a link leads out of the tree"),
    "the configs are a link out of the tree": (link(CONFIGS, f"../{OUTSIDE}"), "a link leads out of the tree"),
    "the tests are a link out of the tree": (link("tests/models", f"../{OUTSIDE}"), "a link leads out of the tree"),
    "the init is read-only": (lambda root: (root / INIT).chmod(0o444), "read-only"),
    "the init is a pipe": (pipe(INIT), "no regular file"),
    "the init is a folder": (folder(INIT), "no regular file"),
    "the init is a link to nothing": (dangling(INIT), "no __init__.py"),
    "the init is missing": (lambda root: (root / INIT).unlink(), "no __init__.py"),
    "the module is there": (write(MODULE), "is there already"),
    "the module is there in another case": (write(f"{HEADS}/My_Head.py"), "is there already"),
    "the module is a pipe": (pipe(MODULE), "is there already"),
    "the module is a folder": (folder(MODULE), "is there already"),
    "the module is a package": (folder(f"{HEADS}/my_head"), "is there already"),
    "the module is a link to nothing": (dangling(MODULE), "is there already"),
    "the config is there": (write(f"{CONFIGS}/my_head.py"), "is there already"),
    "the config is a pipe": (pipe(f"{CONFIGS}/my_head.py"), "is there already"),
    "the folder of the configs is a file": (write(CONFIGS), ""),
    "the folder of the tests is a file": (write("tests/models"), ""),
    "a staged name is taken": (write(f"{HEADS}/.my_head.py.scaffold"), "in the way"),
    "a staged name is a link out": (link(f"{HEADS}/.my_head.py.scaffold", f"../{OUTSIDE}", move=False), "in the way"),
    "the journal is no journal": (write(".scaffold-journal"), "no journal"),
    "the journal is a folder": (folder(".scaffold-journal"), "no regular file"),
    "the journal is a link out": (link(".scaffold-journal", f"../{OUTSIDE}", move=False), "a link leads out of the tree"),
    "the journal leads out": (write(".scaffold-journal", b'[[["../outside/a", null, "a", null]], [], []]'), "a link leads out of the tree"),
    "the journal leads out, from the root": (write(".scaffold-journal", b'[[["/outside/a", null, "a", null]], [], []]'), "a link leads out of the tree"),
}  # fmt: skip
DONE = {
    "the init is a link in the tree": link(INIT, "mmaction_min/real_init.py"),
    "the package is a link in the tree": link(HEADS, "mmaction_min/models/real_heads"),
    "the configs are a link in the tree": link(CONFIGS, "configs/real", move=False),
    "nothing is odd": lambda root: None,
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_written_safely_is_refused(lab: Lab, shape: str) -> None:
    """With a reason and without a traceback; nothing is changed, in the tree or beside it."""
    make, reason = REFUSED[shape]
    prepare(lab, make)
    before, beside = survey(lab.root), survey(lab.root.parent / OUTSIDE)

    result = lab.run(*ADD)

    assert result.code in (1, 74)
    assert result.err.startswith("error: ") and reason in result.err
    assert "Traceback" not in result.err
    assert survey(lab.root) == before
    assert survey(lab.root.parent / OUTSIDE) == beside


@pytest.mark.parametrize("shape", DONE)
def test_a_link_within_the_tree_stays_a_link(lab: Lab, shape: str) -> None:
    """What it leads to is edited, and a remove gives back every byte."""
    prepare(lab, DONE[shape])
    before = survey(lab.root)

    assert lab.run(*ADD).code == 0
    links = {path for path, what in survey(lab.root).items() if isinstance(what, str)}
    assert links == {path for path, what in before.items() if isinstance(what, str)}
    assert lab.imported().code == 0
    assert lab.run("remove", *ADD[1:]).code == 0
    assert survey(lab.root) == before


def test_another_name_of_the_same_file_keeps_what_it_had(lab: Lab) -> None:
    """A hard link, as package caches make them, is parted from the file that is edited."""
    lab.reset()
    other = lab.root / "mmaction_min/other_name.py"
    os.link(lab.root / INIT, other)
    before = other.read_bytes()

    assert lab.run(*ADD).code == 0

    assert other.read_bytes() == before
    assert (lab.root / INIT).read_bytes() != before


@pytest.mark.parametrize(
    "name", ["two words", "new\nline", b"byte-\xff", "ünïcode", "-rf"]
)
def test_a_tree_may_be_called_anything(lab: Lab, name: str | bytes) -> None:
    """Its name is no text, no option and no line to anyone."""
    lab.reset()
    root = lab.root.parent / os.fsdecode(name)
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(lab.root, root)
    before = survey(root)

    assert lab.run(*ADD, "--root", f"../{os.fsdecode(name)}").code == 0
    assert lab.run("list", "--root", f"../{os.fsdecode(name)}").code == 0
    assert lab.run("remove", *ADD[1:], "--root", f"../{os.fsdecode(name)}").code == 0
    assert survey(root) == before


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o755, 0o700])
def test_a_mode_stays(lab: Lab, mode: int) -> None:
    """Of the file that is edited, through an add and a remove."""
    prepare(lab, lambda root: (root / INIT).chmod(mode))

    for words in (ADD, ("remove", *ADD[1:])):
        assert lab.run(*words).code == 0
        assert (lab.root / INIT).stat().st_mode & 0o7777 == mode


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_an_owner_and_a_group_stay(lab: Lab) -> None:
    """Of the file that is edited."""
    prepare(lab, lambda root: os.chown(root / INIT, 1234, 4321))

    assert lab.run(*ADD).code == 0

    info = (lab.root / INIT).stat()
    assert (info.st_uid, info.st_gid) == (1234, 4321)


def test_an_owner_who_cannot_stay_is_a_refusal(lab: Lab) -> None:
    """A file of someone else is not taken over, even if the folder would let it be replaced."""
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    prepare(lab, lambda root: os.chown(root / INIT, 1234, 4321))
    lab.run(*ADD)
    at = lab.calls().index("chown") + 1
    prepare(lab, lambda root: os.chown(root / INIT, 1234, 4321))
    before = survey(lab.root)

    result = lab.run(*ADD, at=at, mode=str(errno.EPERM))

    assert result.code == 74
    assert "nothing was changed" in result.err
    assert survey(lab.root) == before


def test_attributes_stay(lab: Lab) -> None:
    """Those that the file system lets a user set."""
    lab.reset()
    try:
        os.setxattr(lab.root / INIT, "user.origin", b"here")
    except OSError:
        pytest.skip("the file system has no attributes")

    assert lab.run(*ADD).code == 0

    assert os.getxattr(lab.root / INIT, "user.origin") == b"here"


HAND = b'"""Heads."""\n\nfrom .base import BaseHead\nfrom .tsm_head import TSMHead\nfrom .tsn_head import TSNHead\n\n__all__ = ["BaseHead", "TSMHead", "TSNHead"]\n'


@pytest.mark.parametrize(
    "content",
    [
        HAND.replace(b"\n", b"\r\n"),
        HAND.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + HAND,
        "# -*- coding: latin-1 -*-\n# Überschrift\n".encode("latin-1") + HAND,
        HAND.rstrip(),
        HAND.replace(b"\n", b"\r\n", 3),
    ],
    ids=["CRLF", "CR", "BOM", "latin-1", "no last newline", "mixed"],
)
def test_line_ends_and_encodings_stay(lab: Lab, content: bytes) -> None:
    """Every line that was there is there still, to the byte; a remove gives back the file."""
    prepare(lab, write(INIT, content))

    assert lab.run(*ADD).code == 0
    edited = (lab.root / INIT).read_bytes()
    assert lab.imported().code == 0
    assert lab.run("remove", *ADD[1:]).code == 0

    assert (lab.root / INIT).read_bytes() == content
    assert edited.count(b"MyHead") == 2
    assert edited[:3] == content[:3]
    assert (b"\r" in edited, b"\n" in edited) == (b"\r" in content, b"\n" in content)


@pytest.mark.parametrize("error", [0, errno.ENOSPC])
def test_times_of_files_stay(lab: Lab, error: int) -> None:
    """Of each that is not edited; and of each that was, when the edit is taken back."""
    prepare(lab, lambda root: [os.utime(p, (1, 1)) for p in root.rglob("*.py")])
    lab.run(*ADD)
    at = len(lab.calls()) - 1
    new = {p for p in lab.root.rglob("*.py") if p.stat().st_mtime != 1}
    assert {str(p.relative_to(lab.root)) for p in new} == {
        INIT,
        MODULE,
        f"{CONFIGS}/my_head.py",
        "tests/models/heads/test_my_head.py",
    }
    prepare(lab, lambda root: [os.utime(p, (1, 1)) for p in root.rglob("*.py")])

    result = lab.run(*ADD, at=at, mode=str(errno.EIO))

    assert result.code == 74
    assert {p.stat().st_mtime for p in lab.root.rglob("*.py")} == {1}


def test_a_disk_that_is_read_only_is_an_error_of_its_own(lab: Lab) -> None:
    """What the system calls it is said, with exit code 74."""
    lab.reset()

    result = lab.run(*ADD, at=1, mode=str(errno.EROFS))

    assert result.code == 74
    assert "Read-only file system; nothing was changed" in result.err


def prepare(lab: Lab, make: Callable[[Path], object]) -> None:
    """A new tree of some shape, with nothing beside it."""
    lab.reset()
    outside = lab.root.parent / OUTSIDE
    if outside.is_dir():
        shutil.rmtree(outside)
    outside.unlink(missing_ok=True)
    make(lab.root)


def survey(root: Path) -> dict[str, object]:
    """All that is in a folder: content and mode of each file, target of each link."""
    found: dict[str, object] = {}
    for path in [root, *root.rglob("*")]:
        if "__pycache__" in path.parts or not os.path.lexists(path):
            continue
        name, mode = str(path.relative_to(root)), path.lstat().st_mode
        if path.is_symlink():
            found[name] = os.readlink(path)
        else:
            found[name] = (mode, path.read_bytes() if path.is_file() else None)
    return found
