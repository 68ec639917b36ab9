"""A kind is a folder: what its `kind.toml` may say, where it is looked for, and which arguments a stub gets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scaffold.arguments import parse_arguments
from scaffold.errors import ScaffoldError
from scaffold.kinds import BUNDLED, FACTS, find_kind, find_kinds, read_kind
from scaffold.tree import Tree

BUNDLED_KINDS = [
    *("backbone", "constructor", "dataset", "head", "hook", "localizer", "loss"),
    *("lr-hook", "neck", "optimizer", "recognizer", "transform"),
]


def copy_kind(name: str, templates: Path, new_name: str = "") -> Path:
    """A bundled kind's folder, copied below other templates."""
    return Path(shutil.copytree(Path(BUNDLED) / name, templates / (new_name or name)))


def test_twelve_kinds_are_bundled(tree: Tree) -> None:
    """A tree without templates of its own has these."""
    assert sorted(find_kinds(tree.root)) == BUNDLED_KINDS


def test_a_folder_is_a_new_kind(tree: Tree) -> None:
    """Adding a kind is adding a folder; a folder without `kind.toml` is none."""
    copy_kind("head", tree.root / "templates", "sampler")
    (tree.root / "templates/emails").mkdir()

    assert find_kind(tree.root, "sampler").folder == str(
        tree.root / "templates/sampler"
    )
    assert sorted(find_kinds(tree.root)) == sorted([*BUNDLED_KINDS, "sampler"])


def test_the_tree_s_own_kind_goes_first(tree: Tree) -> None:
    """A folder of a bundled kind's name replaces that kind."""
    folder = copy_kind("head", tree.root / "templates")

    assert find_kind(tree.root, "head").folder == str(folder)


@pytest.mark.parametrize(
    ("name", "near"),
    [("heads", "head"), ("lr_hook", "lr-hook"), ("Loss", "loss"), ("xyz", "")],
)
def test_an_unknown_kind_is_told_the_nearest(tree: Tree, name: str, near: str) -> None:
    """The hint has the nearest kind, if there is one, and all of them."""
    with pytest.raises(ScaffoldError, match=f"'{name}' is no kind") as refusal:
        find_kind(tree.root, name)

    assert refusal.value.hint.startswith(f"did you mean {near}?" if near else "the")
    assert refusal.value.hint.endswith(", ".join(BUNDLED_KINDS))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('registry = "HEADS"', "", "it does not say registry"),
        ('registry = "HEADS"', "registry = [1]", "registry should be of type str"),
        ("next = [", "next = [1, ", "next should be of type tuple"),
        ("keeps = [", "keep = [", "'keep' is no fact of a kind"),
        ("keeps = [", "keeps = ", "it is no TOML"),
    ],
)
def test_a_wrong_kind_toml_is_refused(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    """The message has the file, and what is wrong with it."""
    folder = copy_kind("head", tmp_path)
    text = (folder / FACTS).read_text()
    (folder / FACTS).write_text(text.replace(old, new))

    with pytest.raises(ScaffoldError, match=what) as refusal:
        read_kind(folder)

    assert refusal.value.where == str(folder / FACTS)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    """A kind's folder needs all of its templates."""
    folder = copy_kind("head", tmp_path)
    (folder / "test.py.jinja").unlink()

    with pytest.raises(ScaffoldError, match="kind head has no readable test"):
        read_kind(folder).template("test.py.jinja")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ((), ["lr", "momentum", "weight_decay"]),
        (("a=1.0", "b"), ["b", "a", "lr"]),
        (("lr:float=0.5", "b=1"), ["lr", "b"]),
        (("lr",), ["lr"]),
        (("momentum",), ["momentum", "lr"]),
        (("lr", "b"), ["b", "lr"]),
    ],
)
def test_given_arguments_replace_those_of_the_stub(
    given: tuple[str, ...], names: list[str]
) -> None:
    """Without `--arg` the stub has its own; with it, only those stay that it cannot do without."""
    arguments = read_kind(Path(BUNDLED) / "optimizer").arguments(parse_arguments(given))

    assert [argument.name for argument in arguments] == names


def test_an_argument_of_the_stub_may_be_named_alone() -> None:
    """`--arg lr` takes the stub's own type and default; `--arg lr:float` does, too."""
    optimizer = read_kind(Path(BUNDLED) / "optimizer")

    for text in ("lr", "lr:float"):
        (lr,) = optimizer.arguments(parse_arguments([text]))
        assert lr.parameter == "lr: float = 0.01"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("num_classes:int=3", "every head has num_classes already, from BaseHead"),
        ("dropout_ratio:int=1", "the stub uses dropout_ratio itself, as float and not"),
    ],
)
def test_an_argument_that_clashes_is_refused(text: str, what: str) -> None:
    """An argument of the base class is not given twice, and the stub relies on the type of its own."""
    with pytest.raises(ScaffoldError, match=what):
        read_kind(Path(BUNDLED) / "head").arguments(parse_arguments([text]))


def test_every_optimizer_of_torch_is_taken() -> None:
    """The engine registers all of torch.optim by a loop, which no reading of the code can see."""
    from torch import optim

    names = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.Optimizer)
    }

    assert names - {"Optimizer"} <= set(read_kind(Path(BUNDLED) / "optimizer").taken)
