"""Registry: names, duplicates, and what an unknown name says."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from mmaction_min.config import Config
from mmaction_min.datasets.builder import DATASETS, PIPELINES
from mmaction_min.errors import ConfigError, DuplicateError, NotRegisteredError
from mmaction_min.models.builder import (
    BACKBONES,
    BLENDINGS,
    HEADS,
    LOCALIZERS,
    LOSSES,
    NECKS,
    RECOGNIZERS,
)
from mmaction_min.registry import Registry, build_from_cfg
from mmaction_min.runner import HOOKS, OPTIMIZER_BUILDERS, OPTIMIZERS


@pytest.fixture
def heads() -> Registry:
    registry = Registry("head", "framework/models/heads/__init__.py")

    @registry.register_module()
    class TSNHead:
        def __init__(self, num_classes: int, dropout: float = 0.5) -> None:
            if num_classes < 1:
                raise ValueError("num_classes is above 0")
            self.num_classes = num_classes
            self.dropout = dropout

    return registry


def test_a_decorated_class_is_built_from_its_name_and_arguments(
    heads: Registry,
) -> None:
    """`dict(type='TSNHead', ...)` gives a TSNHead with these arguments."""
    head = heads.build({"type": "TSNHead", "num_classes": 3})

    assert (type(head).__name__, head.num_classes, head.dropout) == ("TSNHead", 3, 0.5)


def test_building_leaves_the_config_as_it_was(heads: Registry) -> None:
    """A config is read and never changed."""
    cfg = {"type": "TSNHead", "num_classes": 3}

    heads.build(cfg)

    assert cfg == {"type": "TSNHead", "num_classes": 3}


def test_default_arguments_give_way_to_the_config(heads: Registry) -> None:
    """`default_args` fill what the config leaves out, the type too."""
    defaults = {"type": "TSNHead", "num_classes": 3, "dropout": 0.1}

    head = build_from_cfg({"num_classes": 4}, heads, defaults)

    assert (head.num_classes, head.dropout) == (4, 0.1)


def test_a_class_can_stand_for_its_name(heads: Registry) -> None:
    """`type` may be the class itself."""
    cls = heads.get("TSNHead")

    assert type(heads.build({"type": cls, "num_classes": 3})) is cls


def test_several_names_and_functions_can_be_registered(heads: Registry) -> None:
    """One thing may have several names, and a function is a thing too."""
    heads.register_module(["a", "b"], module=dict)

    @heads.register_module()
    def c(x: int) -> int:
        return x

    built = [heads.build({"type": name, "x": 1}) for name in "abc"]
    assert built == [{"x": 1}, {"x": 1}, 1]
    assert list(heads) == ["TSNHead", "a", "b", "c"]
    assert ("a" in heads, "d" in heads, heads.get("d")) == (True, False, None)


def test_an_unknown_name_says_the_near_one_and_where_an_import_may_be_missing(
    heads: Registry,
) -> None:
    """The commonest failure of all names its two usual causes."""
    with pytest.raises(NotRegisteredError) as caught:
        heads.build({"type": "TsnHead"})

    assert str(caught.value) == (
        "'TsnHead' is not in the head registry\n" "hint: did you mean TSNHead?"
    )
    assert isinstance(caught.value, KeyError)


def test_a_name_that_is_taken_says_both_files(heads: Registry) -> None:
    """Two classes of one name are refused, and both places are named."""
    with pytest.raises(
        DuplicateError,
        match=r"(?s)TSNHead is already registered as a head.*test_registry.py",
    ):
        heads.register_module("TSNHead", module=dict)


def test_force_replaces(heads: Registry) -> None:
    """`force=True` takes a name over."""
    heads.register_module("TSNHead", force=True, module=dict)

    assert heads.get("TSNHead") is dict


def test_a_decorator_without_parentheses_registers_with_a_warning(
    heads: Registry,
) -> None:
    """`@HEADS.register_module` without parentheses is mmcv's old way."""

    class OldHead:
        pass

    with pytest.warns(DeprecationWarning, match="with the parentheses"):
        assert heads.register_module(OldHead) is OldHead  # type: ignore[call-overload]

    assert heads.get("OldHead") is OldHead


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({"num_classes": 3}, 'must contain the key "type"'),
        ({"type": "TSNHead"}, "TSNHead: missing a required argument: 'num_classes'"),
        (
            {"type": "TSNHead", "num_classes": 3, "drop": 1},
            r"it takes \(num_classes, dropout=0.5\)",
        ),
        ({"type": "TSNHead", "num_classes": 0}, "TSNHead: num_classes is above 0"),
        (["TSNHead"], "built from a dict"),
    ],
)
def test_a_config_that_cannot_be_built_says_why(
    heads: Registry, cfg: object, message: str
) -> None:
    """Wrong arguments name the class and what it takes."""
    with pytest.raises(ConfigError, match=message):
        heads.build(cfg)  # type: ignore[arg-type]


def test_a_misspelt_argument_of_a_base_class_is_recognised(heads: Registry) -> None:
    """A head passes `**kwargs` on, so the argument that was meant is its base's."""

    @heads.register_module()
    class MyHead(heads.get("TSNHead")):  # type: ignore[misc]
        def __init__(self, hidden: int = 1, **kwargs: object) -> None:
            super().__init__(**kwargs)

    with pytest.raises(
        ConfigError, match=r"(?s)'num_clases'.*did you mean num_classes\?"
    ):
        heads.build({"type": "MyHead", "num_clases": 3})
    with pytest.raises(ConfigError, match=r"(?s)'dropot'.*did you mean dropout\? it"):
        heads.build({"type": "TSNHead", "num_classes": 3, "dropot": 0.1})


def test_a_family_of_registries_finds_a_name_by_its_scope() -> None:
    """`scope.Name` goes to the child of that scope, or from the root down; a bare name stays at home."""
    root = Registry("head", scope="root")
    child = Registry("head", parent=root, scope="child")
    other = Registry("head", parent=root, scope="other")
    child.register_module("Mine", module=dict)

    found = [root.get("child.Mine"), child.get("Mine"), other.get("child.Mine")]
    assert found == [dict, dict, dict]
    assert (root.get("Mine"), other.get("Mine"), root.get("none.Mine")) == (None,) * 3
    assert Registry("head").scope == __name__.partition(".")[0]
    with pytest.raises(
        NotRegisteredError, match="is none a package that custom_imports"
    ):
        root.build({"type": "none.Mine"})
    with pytest.raises(DuplicateError, match="child of the scope child already"):
        Registry("head", parent=root, scope="child")


def test_a_build_function_is_inherited() -> None:
    """A family builds in its parent's way."""
    root = Registry("head", scope="a", build_func=lambda cfg, registry: (cfg, registry))
    child = Registry("head", parent=root, scope="b")

    assert child.build(3) == (3, child)


@pytest.mark.parametrize(
    "error", [KeyError("k"), RuntimeError("r"), AssertionError("a"), TypeError("t")]
)
def test_what_a_constructor_raises_goes_on_with_a_note(error: Exception) -> None:
    """The type stays, with its attributes; the note says what was being built, and from where."""
    registry = Registry("head")

    @registry.register_module()
    def broken() -> None:
        raise error

    cfg = Config({"model": {"head": {"type": "broken"}}})
    with pytest.raises(type(error)) as caught:
        registry.build(cfg.model.head)

    assert caught.value is error
    assert error.__notes__ == ["while building broken"]


def test_an_error_says_the_place_in_the_config(tmp_path: Path, heads: Registry) -> None:
    """File, line and dotted key, of the argument where it is one; the note too."""
    path = tmp_path / "c.py"
    path.write_text(
        "model = dict(\n    head=dict(\n        type='TSNHead',\n        num_clases=3,\n    ))\n"
    )
    cfg = Config.fromfile(path)

    with pytest.raises(ConfigError) as caught:
        heads.build(cfg.model.head)
    assert str(caught.value).startswith(f"{path}:4: model.head: TSNHead: ")

    cfg.model.head.update(type=dict)
    cfg.model.head["num_clases"] = 3

    def broken(num_clases: int) -> None:
        raise KeyError("k")

    cfg.model.head.type = broken
    with pytest.raises(KeyError) as noted:
        heads.build(cfg.model.head)
    assert noted.value.__notes__ == [f"while building model.head ({path}:2)"]


def test_a_class_that_no_one_imports_is_found_beside_its_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the file that has the class and the `__init__.py` that lacks the import."""
    folder = tmp_path / "mine" / "heads"
    folder.mkdir(parents=True)
    (folder / "my_head.py").write_text("\n\nclass MyHead:\n    pass\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NotRegisteredError) as caught:
        Registry("head", "mine/heads/__init__.py").build({"type": "MyHead"})

    assert caught.value.hint == (
        "mine/heads/my_head.py:3 has it, and mine/heads/__init__.py does not import it"
    )


def test_a_class_whose_decorator_was_forgotten_is_told_from_one_that_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its module is imported, so another import would not help."""
    module = tmp_path / "mine/heads/my_head.py"
    module.parent.mkdir(parents=True)
    module.write_text("class MyHead:\n    pass\n")
    monkeypatch.chdir(tmp_path)
    load(monkeypatch, module, "mine.heads.my_head")

    with pytest.raises(NotRegisteredError) as caught:
        Registry("head", "mine/heads/__init__.py").build({"type": "MyHead"})

    assert caught.value.hint == (
        "mine/heads/my_head.py:1 has it, without a register_module() above it"
    )


def load(monkeypatch: pytest.MonkeyPatch, path: Path, name: str) -> ModuleType:
    """Import a file under a name."""
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


REGISTRIES = [
    *(BACKBONES, NECKS, HEADS, LOSSES, RECOGNIZERS, LOCALIZERS, BLENDINGS),
    *(DATASETS, PIPELINES, HOOKS, OPTIMIZERS, OPTIMIZER_BUILDERS),
]


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.name)
def test_every_registry_says_both_places_of_a_module_that_goes_wrong(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not imported, one whose name is taken, and one that is imported twice."""
    monkeypatch.setattr(registry, "_modules", dict(registry.module_dict))
    monkeypatch.chdir(tmp_path)
    init = re.search(r"[\w/]+/__init__\.py", registry.where)[0]
    path = tmp_path / Path(init).parent / "my_thing.py"
    path.parent.mkdir(parents=True)
    path.write_text("\nclass MyThing:\n    pass\n")

    with pytest.raises(NotRegisteredError) as missing:
        registry.build({"type": "MyThing"})
    assert f"{path.relative_to(tmp_path)}:2 has it, and {registry.where}" in str(
        missing.value
    )

    first, again = (load(monkeypatch, path, name) for name in ("a", "a.b"))
    registry.register_module(module=first.MyThing)
    with pytest.raises(DuplicateError, match=f"(?s){path}:2.*imported twice, as a and"):
        registry.register_module(module=again.MyThing)
    with pytest.raises(DuplicateError, match=f"(?s)config.py.*{path}:2"):
        registry.register_module("MyThing", module=Config)
