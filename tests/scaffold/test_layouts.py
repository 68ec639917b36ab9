"""Other frameworks' trees: found by their look, and added to in their own house's form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scaffold.add import plan_add
from scaffold.audit import audit
from scaffold.commit import commit, hold
from scaffold.errors import ScaffoldError
from scaffold.kinds import find_kind, find_kinds
from scaffold.layouts import LAYOUTS, find_layout
from scaffold.listing import list_kinds
from scaffold.names import make_names
from scaffold.remove import plan_remove
from scaffold.rename import plan_rename
from scaffold.stub import Stub
from scaffold.tree import Tree, find_tree

OLD = "from mmcv.utils import Registry\n"
NEW = "from mmengine.registry import MODELS as MMENGINE_MODELS\n"
# The layout -> its package, and the file that tells.
SIGNS = {
    "mmaction2-0.x": ("mmaction", "models/builder.py", OLD),
    "mmaction2-1.x": ("mmaction", "registry.py", NEW),
    "mmdet-3.x": ("mmdet", "registry.py", NEW),
    "mmpretrain-1.x": ("mmpretrain", "registry.py", NEW),
}
KINDS = [
    (layout, kind)
    for layout in SIGNS
    for kind in find_kinds("/", find_layout("/", layout))
]
ARGS = ("hidden:int=256", "sizes:tuple[int, ...]=(1,)", "mode:str=mean")


def new_tree(root: Path, layout: str) -> Tree:
    """An unpacked wheel: the package alone, with its configs inside it."""
    package, file, text = SIGNS[layout]
    for kind in find_kinds("/", find_layout("/", layout)).values():
        folder = root / package / kind.package
        folder.mkdir(parents=True, exist_ok=True)
        parts = folder.relative_to(root).parts
        for end in range(1, len(parts) + 1):
            init = root.joinpath(*parts[:end]) / "__init__.py"
            child = parts[end] if end < len(parts) else ""
            line = f"from .{child} import *  # noqa: F401,F403\n" if child else ""
            known = init.read_text() if init.exists() else ""
            init.write_text(known if line in known else known + line)
    (root / package / file).write_text(text)
    (root / package / ".mim/configs").mkdir(parents=True)
    return find_tree(root, upwards=False)


def new_stub(tree: Tree, kind: str, *options: str) -> Stub:
    found = find_kind(tree.folder, kind)
    names = make_names("Probe", found.suffix)
    return Stub(found, names, tree.framework(found.package), options)


@pytest.mark.parametrize("layout", SIGNS)
def test_a_tree_is_known_by_its_look(tmp_path: Path, layout: str) -> None:
    """Also where neither configs/ nor tests/ is there, and from a folder inside it."""
    tree = new_tree(tmp_path, layout)

    assert tree.layout.name == layout
    assert find_tree(tmp_path / SIGNS[layout][0] / "models").root == tree.root


def test_every_layout_is_tried() -> None:
    """A new folder with a layout.toml needs a line in SIGNS."""
    assert sorted(p.parent.name for p in Path(LAYOUTS).glob("*/layout.toml")) == sorted(
        SIGNS
    )


@pytest.mark.parametrize(("layout", "kind"), KINDS)
@pytest.mark.parametrize("options", [(), ARGS])
def test_what_is_added_has_the_house_s_form(
    tmp_path: Path, layout: str, kind: str, options: tuple[str, ...]
) -> None:
    """The licence first, 79 columns, single quotes; and a second look changes nothing."""
    tree = new_tree(tmp_path, layout)

    plan = plan_add(tree, new_stub(tree, kind, *options))

    created = [change for change in plan.changes if change.before is None]
    assert [c.path.split("/")[0] for c in created] == [tree.layout.framework] * 2 + [
        "tests"
    ]
    for change in created:
        text = (change.after or b"").decode()
        ast.parse(text)
        assert text.startswith("# Copyright (c) OpenMMLab. All rights reserved.\n")
        code = [x for x in text.splitlines() if not x.startswith("# Made by:")]
        assert max(map(len, code)) < 80
        assert '"' not in text.replace('"""', "")
    config = created[1]
    assert config.path.startswith(f"{tree.layout.framework}/.mim/configs/")


@pytest.mark.parametrize("layout", SIGNS)
def test_a_remove_gives_the_old_tree_back(tmp_path: Path, layout: str) -> None:
    """The plan of a remove is that of the add, backwards."""
    tree = new_tree(tmp_path, layout)
    added = plan_add(tree, new_stub(tree, "head", *ARGS))
    for change in added.changes:
        path = tmp_path / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.after or b"")

    removed = plan_remove(tree, new_stub(tree, "head"))

    assert {(c.path, c.after, c.before) for c in removed.changes} == {
        tuple(c) for c in added.changes
    }


def test_a_tree_that_looks_like_two_is_asked_about(tmp_path: Path) -> None:
    """The refusal has the choices, and both ways to say it work."""
    new_tree(tmp_path, "mmdet-3.x")
    (tmp_path / "mmpretrain").mkdir()
    (tmp_path / "mmpretrain/registry.py").write_text(NEW)

    with pytest.raises(ScaffoldError, match=r"of mmdet-3.x and of mmpretrain-1.x") as e:
        _ = Tree(tmp_path).layout

    assert "--layout mmdet-3.x" in e.value.hint
    assert Tree(tmp_path, "mmdet-3.x").layout.name == "mmdet-3.x"
    stated = '[tool.scaffold]\nlayout = "mmpretrain-1.x"\n'
    (tmp_path / "pyproject.toml").write_text(stated)
    assert Tree(tmp_path).layout.name == "mmpretrain-1.x"


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    """And the hint has those that there are, our own among them."""
    with pytest.raises(ScaffoldError, match="'mmseg' is no layout") as refusal:
        find_layout(str(tmp_path), "mmseg")

    assert refusal.value.hint == "the layouts are mmaction_min, " + ", ".join(SIGNS)


def test_a_kind_that_the_framework_does_not_have_is_refused(tmp_path: Path) -> None:
    """It is none of this layout, though it is one of ours; a slip is still told the nearest."""
    tree = new_tree(tmp_path, "mmpretrain-1.x")

    with pytest.raises(ScaffoldError, match=r"trees of mmpretrain-1\.x have no kind"):
        find_kind(tree.folder, "localizer")
    with pytest.raises(ScaffoldError, match="'hed' is no kind") as refusal:
        find_kind(tree.folder, "hed")

    assert "did you mean head?" in refusal.value.hint


def test_a_tree_of_our_own_has_our_kinds(tree: Tree) -> None:
    """Any other tree is of the layout beside scaffold, which can be named too."""
    assert Tree(tree.folder).layout == find_layout(tree.folder, "mmaction_min")
    assert "lr-hook" in find_kinds(tree.folder)


def test_kinds_that_share_a_registry_are_told_apart_in_a_list(tmp_path: Path) -> None:
    """By their packages: what is in another one, or in that of no kind, is not listed."""
    tree = new_tree(tmp_path, "mmaction2-1.x")
    for part in ("heads/a", "backbones/b", "data_preprocessors/c"):
        file = tmp_path / f"mmaction/models/{part}.py"
        file.parent.mkdir(exist_ok=True)
        name = part[-1].upper()
        file.write_text(f"\n@MODELS.register_module()\nclass {name}(Base): ...\n")
    kinds = find_kinds(tree.folder)

    listed = list_kinds(tree, kinds, kinds.values())

    assert {kind.name: [r.name for r in rows] for kind, rows, _ in listed if rows} == {
        "backbone": ["B"],
        "head": ["A"],
    }


@pytest.mark.parametrize("layout", SIGNS)
def test_the_configs_inside_a_package_are_checked_and_renamed(
    tmp_path: Path, layout: str
) -> None:
    """As those of a checkout: a part that is gone is found, and a name is changed once."""
    tree = new_tree(tmp_path, layout)
    old = new_stub(tree, "backbone")
    with hold(tree):
        commit(tree, plan_add(tree, old))
    assert audit(tree, find_kinds(tree.folder)) == []

    new = old._replace(names=make_names("Other"))
    with hold(tree):
        commit(tree, plan_rename(tree, old, new))
    assert (tmp_path / new.config).exists()
    assert not (tmp_path / old.config).exists()

    (tmp_path / new.module).unlink()
    found = audit(tree, find_kinds(tree.folder))
    assert new.config in {f.path for f in found if f.code == "incomplete"}


@pytest.mark.parametrize("layout", SIGNS)
@pytest.mark.parametrize(
    "empty", [(), ("tests",), ("tests/models", "{package}/.mim/configs/heads")]
)
def test_a_remove_leaves_the_folders_that_were_there(
    tmp_path: Path, layout: str, empty: tuple[str, ...]
) -> None:
    """Those that the add made go, tests/ too; those that it found stay, though they are empty again."""
    tree = new_tree(tmp_path, layout)
    for folder in empty:
        package = tree.layout.framework
        (tmp_path / folder.format(package=package)).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))

    commit(tree, plan_add(tree, new_stub(tree, "head")))
    assert len(sorted(tmp_path.rglob("*"))) > len(before)
    commit(tree, plan_remove(tree, new_stub(tree, "head")))

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("path", "settings", "longest", "quote"),
    [
        (".style.yapf", "[style]\nbased_on_style = pep8\ncolumn_limit = 50\n", 50, "'"),
        ("setup.cfg", "[yapf]\nbased_on_style = pep8\ncolumn_limit = 50\n", 50, "'"),
        ("setup.cfg", "[flake8]\nmax-line-length = 50\n", 65, "'"),
        ("pyproject.toml", "[tool.black]\nline-length = 50\n", 50, '"'),
    ],
)
def test_what_a_tree_states_of_its_form_goes_before_the_house(
    tmp_path: Path, path: str, settings: str, longest: int, quote: str
) -> None:
    """New files have the form of the formatter that the tree states; a linter's width is no form."""
    tree = new_tree(tmp_path, "mmaction2-1.x")
    (tmp_path / path).write_text(settings)

    created = plan_add(tree, new_stub(tree, "head", *ARGS)).changes[0]

    code = re.sub(r'"""(?s:.*?)"""|#.*', "", (created.after or b"").decode())
    assert longest - 9 < max(map(len, code.splitlines())) <= longest
    assert quote in code and {"'": '"', '"': "'"}[quote] not in code
