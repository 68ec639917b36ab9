"""The names that configs give to registries (`type="MyHead"`, `policy="Step"`), and those that no registry has.

Configs are read as text. A name is looked up only where its key says the registry, and only if the tree can know the
answer: a registry that other projects fill too (mmcv's, torch's optimizers) may have any name, so that there only a
near miss counts: the letters of a name of the tree in another case, or one letter off.
"""

from __future__ import annotations

import ast
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from .errors import ScaffoldError
from .finding import Finding
from .kinds import Kind
from .registrations import parse
from .survey import Survey
from .tree import Tree

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


class Config(NamedTuple):
    """The facts of one config.

    Attributes:
        path: from the tree's root.
        uses: the names in it.
        imports: its `custom_imports`, and those of the configs that it inherits from.
        is_whole: all configs that it inherits from are in the tree, and can be read.
    """

    path: str
    uses: list[Use]
    imports: frozenset[str]
    is_whole: bool


def config_findings(
    tree: Tree,
    kinds: Mapping[str, Kind],
    surveys: Sequence[Survey],
    engine: Survey | None,
) -> Iterator[Finding]:
    """The names in the tree's configs that are in no registry of theirs.

    Args:
        tree: the tree.
        kinds: its kinds.
        surveys: its frameworks.
        engine: what its projects are trained with, if it is another package.
    """
    scopes = [survey.framework for survey in surveys]
    known = Known(surveys, kinds, engine)
    for config in read_configs(tree, scopes):
        tops = {name.partition(".")[0] for name in config.imports}
        if config.is_whole and tops.issubset(scopes):  # nothing comes from elsewhere
            for use in config.uses:
                if problem := known.problem(use):
                    yield Finding(config.path, use.line, "unknown-name", *problem)


class Known:
    """What the tree's registries have, together."""

    def __init__(
        self,
        surveys: Sequence[Survey],
        kinds: Mapping[str, Kind],
        engine: Survey | None,
    ) -> None:
        self._asked = cache(self._look_up)
        self._names: dict[str, set[str]] = {}  # of each registry, by its short name
        self._open: set[str] = set()
        self._defined = {
            name: module.path
            for survey in surveys
            for module in survey.modules.values()
            for name in module.defined
        }
        if engine:  # whose registries are filled by the others too
            surveys = [survey.joined(engine) for survey in surveys]
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
        registries, have = self._asked(use.role)
        if not have or use.name in have or use.name in self._outside:
            return None
        what = f"{use.name} is in no registry of this tree for `{use.role}`"
        others = [n for n, keys in self._names.items() if use.name in keys]
        if not others and (path := self._defined.get(use.name)):
            mend = f"write @{registries[0]}.register_module() above it"
            return what, f"{path} has it, and no decorator registers it: {mend}"
        is_open = any(name in self._open for name in registries)
        if is_open or use.role == "policy":
            near = _slip(use.name, have)
        else:
            near = next(iter(difflib.get_close_matches(use.name, sorted(have), 1)), "")
            if others and not near:
                return what, f"it is registered in {others[0]}"
        if near:
            return what, f"did you mean {near.removesuffix(_suffix(use.role))}?"
        if is_open:
            return None
        return what, f"{' and '.join(registries)} has no name like it"

    def _look_up(self, role: str) -> tuple[list[str], set[str]]:
        """The registries that a role's names are looked up in, and all that they have."""
        named = [name for name in ROLES[role] if name in self._names]
        # One registry for all models is asked where there is none of the part's own.
        registries = [name for name in named if name != "MODELS"] or named
        return registries, {key for name in registries for key in self._names[name]}


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


def read_configs(tree: Tree, scopes: Sequence[str]) -> list[Config]:
    """Every config that parses.

    Args:
        tree: the tree.
        scopes: the names of its frameworks: `type="fw.MyHead"` is theirs, `type="other.MyHead"` is not.
    """
    configs, bases = {}, {}
    for file in sorted(tree.path(tree.configs).rglob("*.py")):
        path = file.relative_to(tree.root).as_posix()
        try:
            config = parse(tree.read(path) or b"", path)
        except ScaffoldError:  # a template of a config, say: whoever runs it will hear
            continue
        values = _assigned(config)
        entries = entries_of(values.get("custom_imports", _NOTHING))
        imports = frozenset(_texts(entries.get("imports", _NOTHING)))
        configs[path] = Config(path, list(uses_in(config, scopes)), imports, True)
        bases[path] = [
            os.path.normpath(os.path.join(os.path.dirname(path), base))
            for base in _texts(values.get("_base_", _NOTHING))
        ]
    return [_inheriting(path, configs, bases) for path in configs]


def _inheriting(
    path: str, configs: Mapping[str, Config], bases: Mapping[str, Sequence[str]]
) -> Config:
    """A config with what it inherits: a base of another project (`mmdet::...`) is not in the tree."""
    todo, seen = [path], {path}
    while todo:
        new = {base for base in bases.get(todo.pop(), ()) if base not in seen}
        seen |= new
        todo += new
    imports = (configs[one].imports for one in seen & configs.keys())
    return configs[path]._replace(
        imports=frozenset().union(*imports), is_whole=seen <= configs.keys()
    )


def _assigned(config: ast.Module) -> dict[str, ast.expr]:
    found = {}
    for statement in config.body:
        match statement:
            case ast.Assign([ast.Name(key)], value):
                found[key] = value
    return found


_NOTHING = ast.Constant(None)


def _texts(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def uses_in(config: ast.Module, scopes: Sequence[str]) -> Iterator[Use]:
    """The names in a config whose keys say what they are."""
    for key, value in _assigned(config).items():
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
    entries = entries_of(value)
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


def entries_of(value: ast.expr) -> dict[str, ast.expr]:
    """The entries of `dict(key=value)` or `{"key": value}`."""
    match value:
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return {k.arg: k.value for k in keywords if k.arg}
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {str(k.value): v for k, v in pairs if isinstance(k, ast.Constant)}
    return {}
