"""From `policy='CosineAnnealing'` to the registered name of its hook; a near miss is told the right word."""

from __future__ import annotations

import difflib

from ...errors import ConfigError, NotRegisteredError
from .hook import HOOKS

SYNONYMS = {
    "constant": "Fixed",
    "none": "Fixed",
    "multistep": "Step",
    "piecewise": "Step",
    "exponential": "Exp",
    "polynomial": "Poly",
    "inverse": "Inv",
    "cos": "CosineAnnealing",
    "cosine": "CosineAnnealing",
    "flat": "FlatCosineAnnealing",
    "flatcosine": "FlatCosineAnnealing",
    "linear": "LinearAnnealing",
    "restart": "CosineRestart",
    "restarts": "CosineRestart",
    "sgdr": "CosineRestart",
    "warmrestarts": "CosineRestart",
    "cosineannealingwarmrestarts": "CosineRestart",
    "clr": "Cyclic",
    "cycle": "Cyclic",
    "1cycle": "OneCycle",
    "superconvergence": "OneCycle",
}
"""What other libraries and papers call a policy, without capitals, underscores and spaces."""


def policy_type(policy: str, suffix: str) -> str:
    """The registered name of a policy; an all-lower-case one may be written so ('step'), as in mmcv.

    Args:
        policy: of `lr_config` or `momentum_config`.
        suffix: 'LrUpdaterHook' or 'MomentumUpdaterHook'.

    Raises:
        ConfigError: it is no name.
        NotRegisteredError: there is no such policy; the hint has the right word where one is near.
    """
    if not isinstance(policy, str):
        raise ConfigError(f"a policy is a name, not {policy!r}")
    name = (policy.title() if policy == policy.lower() else policy) + suffix
    if name in HOOKS:
        return name
    policies = sorted(key.removesuffix(suffix) for key in HOOKS if key.endswith(suffix))
    near = _near(policy, suffix, policies)
    meant = f"write policy={near!r}; " if near else ""
    raise NotRegisteredError(
        f"there is no policy {policy!r}, for no hook is registered as {name}",
        hint=f"{meant}there are {', '.join(policies)}{_import_hint(suffix)}",
    )


def _near(policy: str, suffix: str, policies: list[str]) -> str | None:
    word = _plain(policy)
    for ending in (suffix, "UpdaterHook", "Hook", "LR", "Policy", "Scheduler"):
        word = word.removesuffix(ending.lower()) or word
    plain = {_plain(known): known for known in policies}
    words = {key: known for key, known in SYNONYMS.items() if known in policies} | plain
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.7)
    return words[close[0]] if close else None


def _plain(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())


def _import_hint(suffix: str) -> str:
    return (
        "; is yours imported in mmaction_min/core/lr/__init__.py?"
        if suffix == "LrUpdaterHook"
        else ""
    )
