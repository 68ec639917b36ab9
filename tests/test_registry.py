"""Registry: names, duplicates, and what an unknown name says."""

from __future__ import annotations

import pytest

from mmaction_min.errors import ConfigError, DuplicateError, NotRegisteredError
from mmaction_min.registry import Registry, build_from_cfg


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

    assert (
        heads.build({"type": "a", "x": 1})
        == heads.build({"type": "b", "x": 1})
        == {"x": 1}
    )
    assert (len(heads), list(heads), "a" in heads) == (3, ["TSNHead", "a", "b"], True)


def test_an_unknown_name_says_the_near_one_and_where_an_import_may_be_missing(
    heads: Registry,
) -> None:
    """The commonest failure of all names its two usual causes."""
    with pytest.raises(NotRegisteredError) as caught:
        heads.get("TsnHead")

    assert str(caught.value) == (
        "'TsnHead' is not in the head registry\n"
        "hint: did you mean TSNHead? is it imported in framework/models/heads/__init__.py?"
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


def test_a_decorator_without_parentheses_is_explained(heads: Registry) -> None:
    """`@HEADS.register_module` without parentheses would hide the class."""
    with pytest.raises(TypeError, match="with the parentheses"):
        heads.register_module(dict)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ({"num_classes": 3}, "a head needs a `type`"),
        ({"type": "TSNHead"}, "TSNHead: missing a required argument: 'num_classes'"),
        (
            {"type": "TSNHead", "num_classes": 3, "drop": 1},
            "it takes .*num_classes: .*dropout",
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
