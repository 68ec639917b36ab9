"""The names that configs give to registries (`type="MyHead"`, `policy="Step"`), and those that no registry has.

Configs are read as text. A name is looked up only where its key says the registry, and only if the tree can know the
answer: a registry that other projects fill too (mmcv's, torch's optimizers) may have any name, so that there only a
near miss counts: the letters of a name of the tree in another case, or one letter off.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .errors import ScaffoldError
from .finding import Finding
from .kinds import Kind
from .registrations import parse
from .survey import Survey
from .tree import CONFIGS, Tree

# A key of a config -> the registries that its `type` is looked up in, as the two generations of frameworks call them.
_MODELS = ("RECOGNIZERS", "LOCALIZERS", "DETECTORS", "CLASSIFIERS", "MODELS")
ROLES = {
    "model": _MODELS,
    "backbone": ("BACKBONES", "MODELS"),
    "neck": ("NECKS", "MODELS"),
    "cls_head": ("HEADS", "MODELS"),
    "loss_cls": ("LOSSES", "MODELS"),
    "data": (),
    "dataset": ("DATASETS",),
    "pipeline": ("PIPELINES", "TRANSFORMS"),
    "optimizer": ("OPTIMIZERS",),
    "constructor": ("OPTIMIZER_BUILDERS", "OPTIM_WRAPPER_CONSTRUCTORS"),
    "policy": ("HOOKS",),
    "hooks": ("HOOKS",),
    "custom_hooks": ("HOOKS",),
    "blending": ("BLENDINGS",),
}
POLICY = "LrUpdaterHook"
# A near miss of a shorter name is as likely a name of its own.
SHORTEST = 5


@dataclass(frozen=True)
class Use:
    """A name in a config.

    Attributes:
        name: the key that is looked up.
        role: a key of `ROLES`.
        line: from 1.
    """

    name: str
    role: str
    line: int


def config_findings(
    tree: Tree, kinds: Mapping[str, Kind], surveys: Sequence[Survey]
) -> Iterator[Finding]:
    """The names in the tree's configs that are in no registry of theirs."""
    scopes = [survey.framework for survey in surveys]
    known = Known(surveys, kinds)
    for path, uses in read_configs(tree, scopes):
        for use in uses:
            if problem := known.problem(use):
                yield Finding(path, use.line, "unknown-name", *problem)


class Known:
    """What the tree's registries have, together."""

    def __init__(self, surveys: Sequence[Survey], kinds: Mapping[str, Kind]) -> None:
        self._names: dict[str, set[str]] = {}  # of each registry, by its short name
        self._open: set[str] = set()
        for survey in surveys:
            for short, origins in survey.named.items():
                for origin in origins:
                    keys = {key for key in survey.table.get(origin, {}) if key}
                    self._names.setdefault(short, set()).update(keys)
                    if not survey.is_closed(origin):
                        self._open.add(short)
        self._outside = {name for kind in kinds.values() for name in kind.taken}

    def problem(self, use: Use) -> tuple[str, str] | None:
        """What is wrong with a name, and what to do about it; None where nothing is, or nobody can know."""
        named = [name for name in ROLES[use.role] if name in self._names]
        # One registry for all models is asked where there is none of the part's own.
        registries = [name for name in named if name != "MODELS"] or named
        have = {key for name in registries for key in self._names[name]}
        if not have or use.name in have | self._outside:
            return None
        what = f"{use.name} is in no registry of this tree for `{use.role}`"
        is_open = any(name in self._open for name in registries)
        if is_open or use.role == "policy":
            near = _slip(use.name, have)
        else:
            near = next(iter(difflib.get_close_matches(use.name, sorted(have), 1)), "")
            others = [n for n, keys in self._names.items() if use.name in keys]
            if others and not near:
                return what, f"it is registered in {others[0]}"
        if near:
            return what, f"did you mean {near.removesuffix(_suffix(use.role))}?"
        if is_open:
            return None
        return what, f"{' and '.join(registries)} has no name like it"


def _suffix(role: str) -> str:
    return POLICY if role == "policy" else ""


def _slip(name: str, names: set[str]) -> str:
    """The name that was meant, if it is another case or one letter off; not another number."""
    for other in sorted(names):
        if name.lower().replace("_", "") == other.lower():
            return other
        if len(name) >= SHORTEST and _is_one_off(name, other):
            return other
    return ""


def _is_one_off(name: str, other: str) -> bool:
    """One letter is missing, too many, or swapped with the next."""
    if abs(len(name) - len(other)) == 1:
        long, short = sorted((name, other), key=len, reverse=True)
        gone = next(
            (c for i, c in enumerate(long) if long[:i] + long[i + 1 :] == short), ""
        )
        return gone.islower()
    at = next(
        (i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), None
    )
    if len(name) != len(other) or at is None:
        return False
    return name[:at] + name[at : at + 2][::-1] + name[at + 2 :] == other


def read_configs(tree: Tree, scopes: Sequence[str]) -> Iterator[tuple[str, list[Use]]]:
    """The uses in every config that brings in no code from elsewhere.

    Args:
        tree: the tree.
        scopes: the names of its frameworks: `type="fw.MyHead"` is theirs, `type="other.MyHead"` is not.
    """
    for file in sorted(tree.path(CONFIGS).rglob("*.py")):
        path = file.relative_to(tree.root).as_posix()
        try:
            source = tree.read(path) or b""
            if b"custom_imports" not in source:
                yield path, list(uses_in(parse(source, path), scopes))
        except ScaffoldError:  # a template of a config, say: whoever runs it will hear
            continue


def uses_in(config: ast.Module, scopes: Sequence[str]) -> Iterator[Use]:
    """The names in a config whose keys say what they are."""
    for statement in config.body:
        match statement:
            case ast.Assign([ast.Name(key)], value):
                for use in _uses(value, key, ""):
                    scope, _, name = use.name.rpartition(".")
                    if not scope or scope in scopes:
                        yield replace(use, name=name)


def _uses(value: ast.expr, key: str, above: str) -> Iterator[Use]:
    """The uses in the value of a key, which stands in the value of another one."""
    role = _role(key, above)
    if isinstance(value, ast.List | ast.Tuple):
        for item in value.elts:
            yield from _uses(item, key, above)
        return
    entries = _entries(value)
    if "_scope_" in entries:
        return
    for name, entry in entries.items():
        text = entry.value if isinstance(entry, ast.Constant) else None
        if not isinstance(text, str):
            yield from _uses(entry, name, key)
        elif name == "type" and role:
            yield Use(text, role, entry.lineno)
        elif name == "constructor" and key in ("optimizer", "optim_wrapper"):
            yield Use(text, "constructor", entry.lineno)
        elif name == "policy" and key == "lr_config":
            title = text.title() if text == text.lower() else text
            yield Use(title + POLICY, "policy", entry.lineno)


def _role(key: str, above: str) -> str:
    if key.endswith("pipeline"):
        return "pipeline"
    if above == "data" and key in ("train", "val", "test"):
        return "dataset"
    nested = above in (
        "",
        "model",
        "dataset",
        "log_config",
        "optim_wrapper",
        "train_cfg",
    )
    nested |= key in ("loss_cls", "dataset")
    return key if key in ROLES and nested else ""


def _entries(value: ast.expr) -> dict[str, ast.expr]:
    """The entries of `dict(key=value)` or `{"key": value}`."""
    match value:
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return {k.arg: k.value for k in keywords if k.arg}
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {str(k.value): v for k, v in pairs if isinstance(k, ast.Constant)}
    return {}
