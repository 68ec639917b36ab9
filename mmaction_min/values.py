"""The values of a config that the engine itself reads: of the right type and not too small, or refused at their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

from .config import Config
from .errors import ConfigError, ConfigTypeError
from .places import place_of

COUNTS = {
    "total_epochs": 1,
    "runner.max_epochs": 1,
    "runner.max_iters": 1,
    "seed": 0,
    "evaluation.interval": 1,
    "evaluation.start": 0,
    "checkpoint_config.interval": -1,
    "checkpoint_config.max_keep_ckpts": -1,
    "log_config.interval": 1,
    "data.videos_per_gpu": 1,
    "data.workers_per_gpu": 0,
    **{
        f"data.{split}_dataloader.{key}": least
        for split in ("train", "val", "test")
        for key, least in (("videos_per_gpu", 1), ("workers_per_gpu", 0))
    },
}
"""Whole numbers, and the least that makes sense."""
NUMBERS = ("data.max_bad", "data.timeout_s", "optimizer_config.grad_clip.max_norm")
"""Numbers that are not negative."""
SPLITS = ("data.train", "data.val", "data.test")
DICTS = (
    *SPLITS,
    *("data.train_dataloader", "data.val_dataloader", "data.test_dataloader"),
    *("runner", "evaluation", "optimizer_config", "optimizer_config.grad_clip"),
    *("lr_config", "momentum_config", "checkpoint_config", "log_config"),
    *("amp", "fp16", "dist_params"),
)
LISTS = ("log_config.hooks", "custom_hooks")
SWITCHES = ("channels_last", "find_unused_parameters", "static_graph", "sync_bn")
TEXTS = ("work_dir", "load_from", "resume_from", "checkpoint_config.filename_tmpl")
NEVER_NONE = {
    *COUNTS,
    *NUMBERS,
    "data.train",
    "data.val",
    "data.test",
    "log_config.hooks",
}
NEVER_NONE -= {"total_epochs", "seed", "evaluation.start"}


def check_values(cfg: Config) -> None:
    """Refuse what would fail later, in the middle of a run or without a place.

    Raises:
        ConfigTypeError: (a TypeError) a value is of the wrong type.
        ConfigError: a number is too small, or the workflow has no training.
    """
    for key in (*DICTS, *LISTS, *TEXTS, *SWITCHES, "compile", "custom_imports"):
        for value in _at(cfg, key):
            _check_kind(cfg, key, value)
    for key in (*COUNTS, *NUMBERS):
        for value in _at(cfg, key):
            _check_number(cfg, key, value)
    if cfg.get("workflow") is not None:
        _check_workflow(cfg, cfg.workflow)


def _at(cfg: Mapping[str, Any], dotted: str) -> Iterator[Any]:
    """The value of a dotted key, if there is one that is to be checked."""
    node: Any = cfg
    for key in dotted.split("."):
        if not isinstance(node, Mapping) or key not in node:
            return
        node = node[key]
    if node is not None or dotted in NEVER_NONE:
        yield node


def _check_kind(cfg: Config, key: str, value: object) -> None:
    if key in SPLITS and isinstance(value, list | tuple):
        raise ConfigTypeError(
            f"{key} is a list of {len(value)} data sets, and a run here has one",
            place_of(cfg, *key.split(".")),
            "upstream's OmniSourceRunner is not here; take one of them, or write a data set of several: scaffold add dataset",
        )
    plain = isinstance(
        value, str | Real | list | tuple | Mapping | None
    )  # or an object
    for keys, kind, word in (
        (DICTS, Mapping, "a dict"),
        (LISTS, list | tuple | Mapping, "a list"),
        (TEXTS, str, "a string"),
        (SWITCHES, bool, "True or False"),
        (("compile",), bool | Mapping, "True, False or a dict"),
        (("custom_imports",), Mapping, "a dict"),
    ):
        if key in keys and plain and not isinstance(value, kind):
            named = key in LISTS and isinstance(value, str)
            hint = f"write [dict(type={value!r})]" if named else ""
            _refuse(cfg, key, f"{word}, not {value!r}", hint)
    if key in LISTS and isinstance(value, list | tuple):
        for i, entry in enumerate(value):
            if isinstance(entry, str | Real | list | tuple):
                hint = f"write dict(type={entry!r})" if isinstance(entry, str) else ""
                _refuse(cfg, f"{key}.{i}", f"a dict, not {entry!r}", hint)


def _check_number(cfg: Config, key: str, value: Any) -> None:
    whole = key in COUNTS
    if isinstance(value, bool) or not isinstance(value, Integral if whole else Real):
        kind = "a whole number" if whole else "a number"
        _refuse(cfg, key, f"{kind}, not {value!r}")
    least = COUNTS.get(key, 0)
    if not value >= least:  # NaN too
        raise ConfigError(
            f"{key} is {value}",
            place_of(cfg, *key.split(".")),
            f"it is at least {least}",
        )


def _check_workflow(cfg: Config, workflow: object) -> None:
    entries = workflow if isinstance(workflow, list | tuple) else [workflow]
    counts = {"train": 0, "val": 0}
    for entry in entries:
        pair = entry if isinstance(entry, list | tuple) and len(entry) == 2 else ("", 0)
        mode, times = pair
        if mode not in ("train", "val") or type(times) is not int or times < 0:
            counts = {"train": 0}
            break
        counts[mode] += times
    if not counts["train"]:
        raise ConfigError(
            f"workflow is {workflow!r}",
            place_of(cfg, "workflow"),
            "write [('train', 1)] or [('train', 5), ('val', 1)]: a mode and how many epochs or iterations of it",
        )


def _refuse(cfg: Config, key: str, what: str, hint: str = "") -> None:
    raise ConfigTypeError(f"{key} is {what}", place_of(cfg, *key.split(".")), hint)
