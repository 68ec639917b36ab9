"""The chain from a new export to the framework's root: found in the text, mended in the tree's own way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from scaffold.add import plan_add
from scaffold.chain import extend_chain, shorten_chain
from scaffold.commit import commit
from scaffold.errors import ScaffoldError
from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.remove import plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree

REPOSITORY = Path(__file__).resolve().parents[2]
HEADS = "from .tsn import TSNHead\n\n__all__ = ['TSNHead']\n"
STARS = "from .backbones import *  # noqa: F401,F403\nfrom .losses import *  # noqa: F401,F403\n"
NAMED = "from .backbones import Net\n\n__all__ = ['Net']\n"
# A framework of three sub-packages of fw.models: heads is the one to be reached.
FILES = {
    "fw/__init__.py": "",
    "fw/models/__init__.py": "",
    "fw/models/heads/__init__.py": HEADS,
    "fw/models/heads/tsn.py": "class TSNHead: ...\n",
    "fw/models/backbones/__init__.py": "from .net import Net\n\n__all__ = ['Net']\n",
    "fw/models/backbones/net.py": "class Net: ...\n",
    "fw/models/losses/__init__.py": "",
    "fw/datasets/__init__.py": "",
}


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Tree]:
    """Makes a tree of `FILES` and of what is given beside them: the text of a path, or None for no such file."""

    def made(files: Mapping[str, str | None]) -> Tree:
        root = tmp_path / "tree"
        for path, text in {**FILES, **files}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(text.encode())
        return Tree(root.resolve())

    return made


def extended(tree: Tree, package: str = "models/heads", *names: str) -> dict[str, str]:
    """What the parents hold when a package has new exports; only those that change."""
    edits = extend_chain(tree, "fw", package, names or ["MyHead"])
    return {edit.path: edit.after.decode() for edit in edits}


@pytest.mark.parametrize(
    "models",
    [
        "from .heads import *\n",
        "from . import heads\n",
        "from . import backbones, heads as h\n",
        "import fw.models.heads\n",
        "from fw.models.heads import *\n",
        "from fw.models import heads\n",
        "from .heads.tsn import TSNHead\n",
        "try:\n    from .heads import *\nexcept ImportError:\n    pass\n",
        "from .builder import build\n",
        "from ..datasets import loader\n",
        "import os\nif os.name:\n    from . import heads\n",
        "from . import backbones\nfrom .heads import *\n\n__all__ = ['backbones']\n",
    ],
)
def test_a_package_that_is_reached_needs_nothing(
    make: Callable[..., Tree], models: str
) -> None:
    """Taken in by a star, whole, or by a module that its parent imports, directly or not."""
    tree = make(
        {
            "fw/models/__init__.py": models,
            "fw/models/builder.py": "from .register import all_heads\n",
            "fw/models/register.py": "from fw.models.heads.tsn import TSNHead\n",
            "fw/datasets/loader.py": "import fw.models.builder\n",
        }
    )

    assert extended(tree) == {}


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"fw/datasets/__init__.py": "from ..models import heads\n"},
        {"fw/registry.py": "HEADS = Registry('head', locations=['fw.models.heads'])\n"},
        {
            "fw/apis/__init__.py": "from .x import y\n",
            "fw/apis/x.py": "from fw.models.heads import *\n",
        },
    ],
)
def test_a_package_may_be_reached_from_another_part_of_the_framework(
    make: Callable[..., Tree], elsewhere: Mapping[str, str]
) -> None:
    """From what a training command imports: it stands directly below the root."""
    assert extended(make(elsewhere)) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            STARS,
            "from .backbones import *  # noqa: F401,F403\n"
            "from .heads import *  # noqa: F401,F403\n"
            "from .losses import *  # noqa: F401,F403\n",
        ),
        (
            '"""Models."""\r\n\r\nfrom .losses import *\r\nfrom .backbones import *\r\n',
            '"""Models."""\r\n\r\nfrom .losses import *\r\nfrom .backbones import *\r\nfrom .heads import *\r\n',
        ),
        (
            "\ufefffrom .backbones import *  # noqa\nfrom .builder import build\n\n__all__ = ['build']\n",
            "\ufefffrom .backbones import *  # noqa\nfrom .builder import build\nfrom .heads import *  # noqa\n\n__all__ = ['build']\n",
        ),
        (
            "from .backbones import *\n\n__all__ = ['Net']",
            "from .backbones import *\nfrom .heads import *\n\n__all__ = ['Net', 'MyHead']",
        ),
        (
            NAMED,
            "from .backbones import Net\nfrom .heads import MyHead\n\n__all__ = ['Net', 'MyHead']\n",
        ),
        (
            "from .builder import build\n",
            "from .builder import build\nfrom .heads import MyHead\n",
        ),
        (
            "from . import backbones, losses  # noqa\n\n__all__ = ['backbones', 'losses']\n",
            "from . import backbones, heads, losses  # noqa\n\n__all__ = ['backbones', 'losses', 'heads']\n",
        ),
        (
            "import fw.models.backbones\n",
            "import fw.models.backbones\n\nfrom .heads import *  # noqa: F401,F403\n",
        ),
        ("", "from .heads import *  # noqa: F401,F403\n"),
        (
            '"""Models."""\n',
            '"""Models."""\n\nfrom .heads import *  # noqa: F401,F403\n',
        ),
        ("# ours", "# ours\n\nfrom .heads import *  # noqa: F401,F403"),
        (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from . import heads\n",
            "from typing import TYPE_CHECKING\n\nfrom .heads import *  # noqa: F401,F403\n\nif TYPE_CHECKING:\n    from . import heads\n",
        ),
    ],
)
def test_a_broken_chain_is_mended_as_the_siblings_are_taken_in(
    make: Callable[..., Tree], before: str, after: str
) -> None:
    """By a star with their comment, by name or whole; by a star where the parent shows no way of its own."""
    tree = make({"fw/models/__init__.py": before})

    assert extended(tree) == {"fw/models/__init__.py": after}

    (tree.root / "fw/models/__init__.py").write_bytes(after.encode())
    assert extended(tree) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from .heads import TSNHead\n\n__all__ = ['TSNHead']\n",
            "from .heads import MyHead, TSNHead\n\n__all__ = ['TSNHead', 'MyHead']\n",
        ),
        ("from .heads import TSNHead\n", "from .heads import MyHead, TSNHead\n"),
        (
            "from .heads import *\n\n__all__ = ['TSNHead']\n",
            "from .heads import *\n\n__all__ = ['TSNHead', 'MyHead']\n",
        ),
    ],
)
def test_a_parent_that_names_its_siblings_names_the_new_class_too(
    make: Callable[..., Tree], before: str, after: str
) -> None:
    """It is reached already, but people import it from where its siblings are; remove takes the name out again."""
    tree = make({"fw/models/__init__.py": before})

    assert extended(tree) == {"fw/models/__init__.py": after}

    (tree.root / "fw/models/__init__.py").write_text(after)
    edits = shorten_chain(tree, "fw", "models/heads", ["MyHead"])
    assert [edit.after.decode() for edit in edits] == [before]


def test_a_parent_that_uses_one_name_of_many_is_left_alone(
    make: Callable[..., Tree],
) -> None:
    """It needs that one name itself; it is no list of the package's exports."""
    heads = "from .tsn import Compose, A, B\n\n__all__ = ['Compose', 'A', 'B']\n"

    tree = make(
        {
            "fw/models/__init__.py": "from .heads import Compose\n",
            "fw/models/heads/__init__.py": heads,
        }
    )

    assert extended(tree) == {}


def test_a_name_that_cannot_be_added_is_left_out_where_the_package_is_reached(
    make: Callable[..., Tree],
) -> None:
    """The class works without, so the add is not refused for it."""
    models = (
        "from .heads import TSNHead\n\n__all__ = [n for n in dir() if n[0] != '_']\n"
    )

    assert extended(make({"fw/models/__init__.py": models})) == {}


@pytest.mark.parametrize(
    ("root", "after"),
    [
        ("", None),
        ("__version__ = '1'\n", None),
        ("from .version import v\n", None),
        ("from .utils import log\n", None),
        (
            "from .datasets import *\nfrom .utils import *\n",
            "from .datasets import *\nfrom .models import *\nfrom .utils import *\n",
        ),
        ("from . import datasets, utils\n", "from . import datasets, models, utils\n"),
    ],
)
def test_the_root_imports_models_only_if_it_imports_the_other_parts(
    make: Callable[..., Tree], root: str, after: str | None
) -> None:
    """A root that imports nothing is right: the training command names `fw.models` itself."""
    tree = make(
        {
            "fw/__init__.py": root,
            "fw/models/__init__.py": "from .heads import *\n",
            "fw/utils/__init__.py": "def log(): ...\ndef a(): ...\ndef b(): ...\n",
        }
    )

    assert extended(tree) == ({"fw/__init__.py": after} if after else {})


def test_a_deep_chain_is_mended_from_below(make: Callable[..., Tree]) -> None:
    """The nearest parent first, so that the tree imports after each change; remove goes the other way round."""
    tree = make(
        {
            "fw/__init__.py": "from .models import Net, TSNHead\n",
            "fw/models/__init__.py": "from .heads import TSNHead\nfrom .backbones import Net\n",
            "fw/models/heads/__init__.py": "from .deep import TSNHead\n",
            "fw/models/heads/deep/__init__.py": "from .tsn import TSNHead\n",
        }
    )

    edits = extend_chain(tree, "fw", "models/heads/deep", ["MyHead"])

    paths = ["fw/models/heads", "fw/models", "fw"]
    assert [edit.path for edit in edits] == [f"{path}/__init__.py" for path in paths]
    assert edits[-1].after == b"from .models import MyHead, Net, TSNHead\n"
    for edit in edits:
        (tree.root / edit.path).write_bytes(edit.after)
    back = shorten_chain(tree, "fw", "models/heads/deep", ["MyHead"])
    assert [(edit.path, edit.after) for edit in back] == [
        (edit.path, edit.before) for edit in reversed(edits)
    ]


def test_an_upper_parent_takes_a_star_where_no_name_is_handed_up(
    make: Callable[..., Tree],
) -> None:
    """What fw.models.heads holds back, fw.models cannot name; it imports the package for its registrations."""
    tree = make(
        {
            "fw/models/__init__.py": NAMED,
            "fw/models/heads/__init__.py": "from . import deep\n",
            "fw/models/heads/deep/__init__.py": "",
        }
    )

    after = extended(tree, "models/heads/deep")

    assert list(after) == ["fw/models/__init__.py"]
    assert "from .heads import *  # noqa" in after["fw/models/__init__.py"]
    assert "MyHead" not in after["fw/models/__init__.py"]


def test_what_a_package_offers_is_found_through_its_own_stars(
    make: Callable[..., Tree],
) -> None:
    """It has no `__all__`: its classes, what it imports from its modules, and nothing private."""
    tree = make(
        {
            "fw/models/__init__.py": "from .heads import A, B\n",
            "fw/models/heads/__init__.py": "from .a import *\nfrom . import tsn as _tsn\nclass B: ...\n",
            "fw/models/heads/a.py": "from . import *\nclass A: ...\ndef _f(): ...\n",
        }
    )

    assert extended(tree) == {
        "fw/models/__init__.py": "from .heads import A, B, MyHead\n"
    }


def test_a_module_that_does_not_parse_imports_nothing(
    make: Callable[..., Tree],
) -> None:
    """It cannot be what the package is reached through."""
    tree = make(
        {
            "fw/models/__init__.py": STARS + "from .bad import heads\n",
            "fw/models/bad.py": "from . import heads\nx = (\n",
            "fw/models/backbones/__init__.py": "x = (\n",
        }
    )

    assert "from .heads import *" in extended(tree)["fw/models/__init__.py"]


def test_a_folder_without_init_ends_the_chain(make: Callable[..., Tree]) -> None:
    """Nothing can be imported through it, so who needs the package names it in full."""
    assert extended(make({"fw/models/__init__.py": None})) == {}


@pytest.mark.parametrize(
    "models",
    [
        "import pkgutil\nfor m in pkgutil.iter_modules(__path__):\n    __import__(m.name)\n",
        "def __getattr__(name):\n    return {'Net': 'backbones', 'TSNHead': 'heads'}[name]\n",
    ],
)
def test_a_parent_that_computes_its_imports_is_left_alone(
    make: Callable[..., Tree], models: str
) -> None:
    """It finds all its packages by itself, or has this one in its table."""
    assert extended(make({"fw/models/__init__.py": models})) == {}


def test_a_table_without_the_package_is_refused(make: Callable[..., Tree]) -> None:
    """Only a person can say how the table is written; the hint says what it lacks."""
    models = "def __getattr__(name):\n    return {'Net': '.backbones'}[name]\n"

    with pytest.raises(ScaffoldError, match="heads is out of reach") as refusal:
        extended(make({"fw/models/__init__.py": models}))

    assert refusal.value.where == "fw/models/__init__.py"
    assert "add heads to the table" in refusal.value.hint


@pytest.mark.parametrize(
    ("models", "what"),
    [
        ("from .backbones import Net\n__all__ = sorted(['Net'])\n", "is computed"),
        ("from .backbones import Net\nMyHead = 1\n", "already stands for"),
        ("from .backbones import (\n", "does not parse"),
    ],
)
def test_a_parent_that_must_and_cannot_be_edited_is_refused(
    make: Callable[..., Tree], models: str, what: str
) -> None:
    """The class would be out of reach; the message names the parent's file."""
    with pytest.raises(ScaffoldError, match=what) as refusal:
        extended(make({"fw/models/__init__.py": models}))

    assert refusal.value.where.startswith("fw/models/__init__.py")


def test_a_class_that_a_parent_still_uses_is_not_removed(
    make: Callable[..., Tree],
) -> None:
    """The tree would not import any more."""
    tree = make({"fw/models/__init__.py": "from .heads import TSNHead as Head\n"})

    with pytest.raises(ScaffoldError, match=r"fw/models/__init__.py: `TSNHead` is not"):
        shorten_chain(tree, "fw", "models/heads", ["TSNHead"])


def test_a_star_that_no_add_brought_stays_when_the_class_goes(
    make: Callable[..., Tree],
) -> None:
    """It belongs to the package, whose other classes may be reached through it."""
    tree = make({"fw/models/__init__.py": "from .heads import *\n"})

    assert shorten_chain(tree, "fw", "models/heads", ["MyHead"]) == []


# What the templates of a head import, without torch.
PURE = {
    "configs/x.py": "",
    "tests/x.py": "",
    "fw/models/builder.py": "class HEADS:\n    register_module = staticmethod(lambda: lambda cls: cls)\n",
    "fw/models/heads/base.py": "class BaseHead: ...\n",
    "torch/__init__.py": "class Tensor: ...\nclass nn: ...\n",
    "torch/nn.py": "",
}


@pytest.mark.parametrize("models", [STARS, NAMED, ""])
def test_every_prefix_of_a_plan_imports(make: Callable[..., Tree], models: str) -> None:
    """Python imports the tree after each change of an add and of a remove, and after the add it knows the class."""
    tree = make({**PURE, "fw/models/__init__.py": models})
    kind = find_kind(tree.root, "head")
    stub = Stub(kind, make_names("MyHead"), "fw")
    found = []

    for plan in (plan_add, plan_remove):
        for change in plan(tree, stub).changes:
            path = tree.root / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if change.after is None:
                path.unlink()
            else:
                path.write_bytes(change.after)
            found.append(_knows_my_head(tree))

    assert found[:5] == ["False"] * 4 + ["True"]
    assert found[-1] == "False"


def _knows_my_head(tree: Tree) -> str:
    code = "import sys, fw.models; print('fw.models.heads.my_head' in sys.modules)"
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("models", [NAMED, STARS, "", '"""Models."""', "# Models.\n"])
@pytest.mark.parametrize("heads", ["", "class OldHead: ...\n"])
def test_an_add_and_a_remove_with_a_mended_chain_give_the_old_tree(
    make: Callable[..., Tree], models: str, heads: str
) -> None:
    """To the byte, however the parent was mended; the plan names its file."""
    files = {"fw/models/__init__.py": models, "fw/models/heads/__init__.py": heads}
    tree = make({**PURE, **files})
    stub = Stub(find_kind(tree.root, "head"), make_names("MyHead"), "fw")
    before = _files(tree)

    plan = plan_add(tree, stub)
    commit(tree, plan)

    assert plan.changes[-1].path == "fw/models/__init__.py"
    assert b"+from .heads import " in plan.diff()
    commit(tree, plan_remove(tree, stub))
    assert _files(tree) == before


def test_a_mended_star_stays_for_what_was_added_after_it(
    make: Callable[..., Tree],
) -> None:
    """The second class would be out of reach without it."""
    tree = make({**PURE, "fw/models/__init__.py": ""})
    kind = find_kind(tree.root, "head")
    one, two = (Stub(kind, make_names(name), "fw") for name in ("OneHead", "TwoHead"))
    commit(tree, plan_add(tree, one))
    commit(tree, plan_add(tree, two))

    commit(tree, plan_remove(tree, one))

    assert b"from .heads import *" in (tree.read("fw/models/__init__.py") or b"")


def test_a_mended_star_that_someone_edited_stays(make: Callable[..., Tree]) -> None:
    """The line is theirs now."""
    tree = make({**PURE, "fw/models/__init__.py": ""})
    stub = Stub(find_kind(tree.root, "head"), make_names("MyHead"), "fw")
    commit(tree, plan_add(tree, stub))
    mine = b"from .heads import *  # mine\n"
    (tree.root / "fw/models/__init__.py").write_bytes(mine)

    commit(tree, plan_remove(tree, stub))

    assert tree.read("fw/models/__init__.py") == mine


def test_a_name_that_is_left_in_a_parent_is_removed(make: Callable[..., Tree]) -> None:
    """The files and the export were deleted by hand, and the parent was forgotten."""
    left = "from .heads import MyHead, TSNHead\n"
    tree = make({**PURE, "fw/models/__init__.py": left})
    stub = Stub(find_kind(tree.root, "head"), make_names("MyHead"), "fw")

    commit(tree, plan_remove(tree, stub))

    models = (tree.root / "fw/models/__init__.py").read_text()
    assert models == "from .heads import TSNHead\n"


def _files(tree: Tree) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in tree.root.rglob("*.*") if p.is_file()}


@pytest.mark.parametrize(
    "kind", ["backbone", "constructor", "head", "loss", "lr-hook", "optimizer"]
)
def test_the_chain_of_this_repository_is_whole(kind: str) -> None:
    """No kind needs an edit above its own package."""
    package = find_kind(REPOSITORY, kind).package

    assert extend_chain(Tree(REPOSITORY), "mmaction_min", package, ["MyThing"]) == []
