"""From the name of a policy to its hook: near misses are told the right word."""

from __future__ import annotations

import pytest

from mmaction_min.errors import ConfigError, NotRegisteredError
from mmaction_min.runner import HOOKS
from mmaction_min.runner.hooks.policy import SYNONYMS, policy_type


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ("step", "Step"),
        ("poly", "Poly"),
        ("Fixed", "Fixed"),
        ("CosineAnnealing", "CosineAnnealing"),
        ("OneCycle", "OneCycle"),
    ],
)
def test_names_that_mmcv_takes_are_taken(policy: str, name: str) -> None:
    """A name of one word may be lower-case."""
    assert policy_type(policy, "LrUpdaterHook") == f"{name}LrUpdaterHook"


@pytest.mark.parametrize(
    ("policy", "right"),
    [
        ("cosine_annealing", "CosineAnnealing"),
        ("cosineannealing", "CosineAnnealing"),
        ("COSINEANNEALING", "CosineAnnealing"),
        ("CosineAnealing", "CosineAnnealing"),
        ("CosineAnnealingLR", "CosineAnnealing"),
        ("CosineAnnealingLrUpdaterHook", "CosineAnnealing"),
        ("cosine", "CosineAnnealing"),
        ("Cosine", "CosineAnnealing"),
        ("cosine annealing", "CosineAnnealing"),
        ("flat_cosine_annealing", "FlatCosineAnnealing"),
        ("flat_cosine", "FlatCosineAnnealing"),
        ("cosine_restart", "CosineRestart"),
        ("CosineAnnealingWarmRestarts", "CosineRestart"),
        ("linear", "LinearAnnealing"),
        ("linear_annealing", "LinearAnnealing"),
        ("multistep", "Step"),
        ("MultiStepLR", "Step"),
        ("stepp", "Step"),
        ("constant", "Fixed"),
        ("exponential", "Exp"),
        ("polynomial", "Poly"),
        ("PolyLR", "Poly"),
        ("onecycle", "OneCycle"),
        ("one_cycle", "OneCycle"),
        ("OneCycleLR", "OneCycle"),
        ("cycle", "Cyclic"),
        ("CyclicLR", "Cyclic"),
    ],
)
def test_a_near_miss_names_the_right_word(policy: str, right: str) -> None:
    """Capitals, underscores, slips, torch's names and the field's other words."""
    with pytest.raises(NotRegisteredError, match=f"write policy='{right}'"):
        policy_type(policy, "LrUpdaterHook")


def test_only_policies_of_the_same_kind_are_proposed() -> None:
    """There is no Poly for the momentum."""
    with pytest.raises(NotRegisteredError) as caught:
        policy_type("polynomial", "MomentumUpdaterHook")

    hint = caught.value.hint
    assert hint == "there are CosineAnnealing, Cyclic, LinearAnnealing, OneCycle, Step"


def test_a_policy_is_a_name() -> None:
    """And not a number."""
    with pytest.raises(ConfigError, match="a policy is a name, not 3"):
        policy_type(3, "LrUpdaterHook")  # type: ignore[arg-type]


def test_every_synonym_leads_to_a_policy() -> None:
    """So that no hint sends anyone to a name that is not there."""
    assert all(f"{known}LrUpdaterHook" in HOOKS for known in SYNONYMS.values())
