"""Whatever is done to a tree, in whatever order, it is what a model of a few lines says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.faults.conftest import Lab

HEADS = "mmaction_min/models/heads"
STEPS = st.tuples(
    st.sampled_from(["add", "remove", "killed add", "killed remove", "edit", "look"]),
    st.sampled_from(["AHead", "BHead", "CHead"]),
    st.integers(1, 36),  # the call at which a killed command dies
)


@pytest.mark.long
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=5, max_size=25))
def test_any_history_gives_the_tree_that_the_model_knows(
    lab: Lab, history: list[tuple[str, str, int]]
) -> None:
    """Adds, removes, kills and edits: what is listed is what is there, and the tree imports."""
    lab.reset()
    start = lab.state()
    there: set[str] = set()
    edited: set[str] = set()
    for step, name, at in history:
        module = lab.root / f"{HEADS}/{name[0].lower()}_head.py"
        if step == "look":
            assert lab.run("list", "head").code == 0
        elif step == "edit":
            if name in there:
                module.write_text(module.read_text() + "# mine\n")
                edited.add(name)
        else:
            way = step.split()[-1]
            # The first call of a command that the model refuses never comes.
            may = name not in there if way == "add" else name in there - edited
            spoil = at if step.startswith("killed") else 0
            code = lab.run(way, "head", name, at=spoil).code
            assert code in ({0, -9} if may else {1})
            assert lab.run("list", "head").code == 0
            if code != 1:
                there = there | {name} if module.exists() else there - {name}
            assert code == -9 or not may or (name in there) == (way == "add")
        listed = lab.run("list", "head").out.split()
        assert {word for word in listed if word in ("AHead", "BHead", "CHead")} == there
    assert lab.imported().code == 0
    for name in there:
        assert lab.run("remove", "head", name, "--force").code == 0
    assert lab.state() == start
