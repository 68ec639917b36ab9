"""The three files of a new module: where they go, what hides what, and how they tell what made them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffold.errors import ScaffoldError
from scaffold.kinds import BUNDLED, read_kind
from scaffold.names import make_names
from scaffold.stub import Stub, recorded


def new_stub(kind: str, name: str, *options: str) -> Stub:
    """A stub of a bundled kind, for the framework `fw`."""
    found = read_kind(Path(BUNDLED) / kind)
    return Stub(found, make_names(name, found.suffix), "fw", options)


@pytest.mark.parametrize(
    ("kind", "name", "module", "config", "test"),
    [
        (
            "head",
            "MyHead",
            "fw/models/heads/my_head.py",
            "configs/heads/my_head.py",
            "tests/models/heads/test_my_head.py",
        ),
        (
            "constructor",
            "MyOptimizerConstructor",
            "fw/core/optimizer/my_optimizer_constructor.py",
            "configs/constructors/my_optimizer_constructor.py",
            "tests/core/optimizer/test_my_optimizer_constructor.py",
        ),
        (
            "lr-hook",
            "RelativeStep",
            "fw/core/lr/relative_step.py",
            "configs/lr_hooks/relative_step.py",
            "tests/core/lr/test_relative_step.py",
        ),
    ],
)
def test_the_places_of_the_files(
    kind: str, name: str, module: str, config: str, test: str
) -> None:
    """The module is in the kind's package, the config in its folder, and the test mirrors the module."""
    stub = new_stub(kind, name)

    assert (stub.module, stub.config, stub.test) == (module, config, test)
    assert list(stub.render(88)) == [module, config, test]


def test_a_loss_exports_its_function_too() -> None:
    """All other kinds export their class alone."""
    assert new_stub("loss", "MyLoss").exports == ["MyLoss", "my_loss"]
    assert new_stub("lr-hook", "Warm").exports == ["WarmLrUpdaterHook"]


def test_the_next_commands_have_the_paths_as_the_caller_writes_them() -> None:
    """The test and the training run, for the current folder."""
    commands = new_stub("head", "MyHead").next_commands(lambda path: f"../{path}")

    assert commands == [
        "python -m pytest ../tests/models/heads/test_my_head.py",
        "python -m fw.train ../configs/heads/my_head.py",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "options", "what"),
    [
        ("head", "BaseHead", (), "BaseHead is a name that the new module itself"),
        ("head", "Tensor", (), "Tensor is a name that the new module itself imports"),
        ("optimizer", "Optimizer", (), "Optimizer is a name that the new module"),
        ("head", "MyHead", ("nn:int=1",), "nn is a name that the new module uses"),
        ("head", "MyHead", ("forward:int=1",), "forward is a name that the new"),
        ("loss", "MyLoss", ("my_loss:int=1",), "my_loss is a name that the new"),
    ],
)
def test_names_that_hide_others_are_refused(
    kind: str, name: str, options: tuple[str, ...], what: str
) -> None:
    """A class must not hide an import of its module, nor an argument anything that the module binds."""
    with pytest.raises(ScaffoldError, match=what):
        new_stub(kind, name, *options).render(88)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("hidden:int=256",),
        ("mode:str=it's", "names:list[str]=['a b', \"c\"]", "anything"),
        ("cost:str=$HOME `id` \\ {{ 7 * 7 }} %s",),
    ],
)
def test_a_config_and_a_test_tell_the_options_that_made_them(
    options: tuple[str, ...],
) -> None:
    """Whatever is in an option, it is found again, quoted as a shell needs it."""
    stub = new_stub("head", "MyHead", *options)

    files = stub.render(88)

    told = [recorded(stub, [files[path]]).options for path in stub.paths.values()]
    assert told == [(), options, options]


def test_a_comment_that_was_edited_tells_nothing() -> None:
    """A quote that does not end makes no error."""
    stub = new_stub("head", "MyHead")
    broken = b"# Made by: scaffold add head MyHead --arg 'a\n"

    assert recorded(stub, [broken]) == stub
