"""`scaffold explain`: an error's text -> its cause in this tree, and the command that mends it.

Known are the errors that a wrong name ends in: those of mmcv's and MMEngine's registries, of `mmaction_min`, and
Python's own about imports and arguments. A whole traceback may be given; its last known error counts.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .audit import audit, frameworks, hidden
from .config_types import Config, entries_of, read_configs
from .errors import ScaffoldError
from .finding import Finding
from .kinds import Kind
from .registrations import parse
from .survey import Module, Registered, Survey, survey_engine, take_survey
from .tree import Tree


@dataclass(frozen=True)
class Cause:
    """Why an error came.

    Attributes:
        what: one sentence without a full stop.
        path: the file to look at, from the tree's root; empty if there is none.
        line: in that file, from 1.
        mend: what to type, or to do.
    """

    what: str
    path: str = ""
    line: int = 0
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        place = {"path": self.path, "line": self.line} if self.path else {}
        return {**place, "what": self.what, "mend": self.mend}


def find_cause(tree: Tree, kinds: Mapping[str, Kind], text: str) -> Cause:
    """The cause of an error in this tree.

    Raises:
        ScaffoldError: the text holds no error that is known.
    """
    found = [
        (match.start(), -order, match, explainer)
        for order, (pattern, explainer) in enumerate(_KNOWN)
        for match in re.finditer(pattern, text)
    ]
    if not found:
        raise ScaffoldError(
            "this error is not one that scaffold can explain",
            hint="`scaffold check` shows what does not agree in the tree",
        )
    *_, match, explainer = max(found, key=lambda f: f[:2])
    case = _Case(tree, kinds)
    cause = explainer(case, **match.groupdict())
    if case.home and cause.path.startswith(f"{case.engine}/"):
        return replace(cause, path=os.path.join(case.home.folder, cause.path))
    return cause


class _Case:
    """The tree that an error came from, and the engine that it is trained with, if that is another package."""

    def __init__(self, tree: Tree, kinds: Mapping[str, Kind]) -> None:
        self.tree, self.kinds = tree, kinds
        self.own = [take_survey(tree, name) for name in frameworks(tree, kinds)]
        self.engine, self.home = tree.engine(), tree.engine_home()
        engine = survey_engine(tree)
        self.surveys = [*self.own, engine] if engine else self.own
        self.findings = audit(tree, kinds)

    def registered(self, key: str) -> Iterator[tuple[Survey, str, Module, Registered]]:
        """Who registers a key, and where."""
        for survey in self.surveys:
            for origin, keys in survey.table.items():
                for module, found in keys.get(key, []):
                    yield survey, origin, module, found

    def defined(self, name: str) -> tuple[Module, ast.stmt] | None:
        """The class or function of a name."""
        for survey in self.surveys:
            for module in survey.modules.values():
                if name in module.defined:
                    is_own = survey in self.own
                    home = self.tree if is_own or not self.home else self.home
                    source = home.read(module.path) or b""
                    for node in parse(source, module.path).body:
                        if getattr(node, "name", "") == name:
                            return module, node
        return None

    def finding(self, *paths: str, codes: str = "") -> Finding | None:
        """What `scaffold check` says of some files."""
        found = (f for f in self.findings if f.path in paths)
        return next((f for f in found if not codes or f.code in codes.split()), None)

    def hidden(self) -> Cause | None:
        """Python takes the framework from elsewhere."""
        for survey in self.own:
            for finding in hidden(self.tree, survey.framework):
                return Cause(finding.what, finding.path, 1, finding.hint)
        return None

    @cached_property
    def configs(self) -> list[Config]:
        """The configs of the tree."""
        return read_configs(self.tree, [survey.framework for survey in self.surveys])

    def mentions(self, name: str) -> str:
        """The configs that use a name: " (configs/a.py:3)"; nothing if none does."""
        places = [
            f"{config.path}:{use.line}"
            for config in self.configs
            for use in config.uses
            if use.name == name
        ]
        return f" ({', '.join(places[:3])})" if places else ""

    def without(self, package: str, name: str) -> str:
        """A config that uses a name and does not import the package that has it, nor inherits from one that does."""
        for config in self.configs:
            is_used = any(use.name == name for use in config.uses)
            tops = {module.partition(".")[0] for module in config.imports}
            if is_used and config.is_whole and package not in tops:
                return config.path
        return ""

    def given(self, argument: str) -> str:
        """The `type` beside an argument in a config; empty if no config gives the argument."""
        for config in self.configs:
            source = self.tree.read(config.path) or b""
            if argument.encode() in source:
                for node in ast.walk(parse(source, config.path)):
                    entries = entries_of(node) if isinstance(node, ast.expr) else {}
                    named = getattr(entries.get("type"), "value", None)
                    if argument in entries and isinstance(named, str):
                        return named.rpartition(".")[2]
        return ""

    def kind_for(self, name: str, registry: str) -> tuple[str, str]:
        """The kind that adds a name, and the NAME to give; KIND where that is not clear."""
        for kind in self.kinds.values():
            if kind.suffix and name.endswith(kind.suffix):
                return kind.name, name.removesuffix(kind.suffix)
        for kind in self.kinds.values():
            titles = (kind.name, _singular(kind.registry))
            named = name.lower().endswith(kind.name)
            if not kind.suffix and (named or _singular(registry) in titles):
                return kind.name, name
        return "KIND", name


def _not_registered(case: _Case, name: str, registry: str) -> Cause:
    scope, _, key = name.rpartition(".")
    if scope and scope not in [survey.framework for survey in case.surveys]:
        what = f"{name} is {scope}'s, and not of this tree"
        return Cause(
            what,
            mend=f"install {scope}, and import it: custom_imports = dict(imports=['{scope}'])",
        )
    title = registry.rpartition("::")[2].strip()
    found = list(case.registered(key))
    right = [f for f in found if _singular(f[0].title(f[1])) == _singular(title)]
    for survey, _, module, own in right or found:
        place = f"{key} is registered in {own.registry}"
        if module.name not in survey.reached:
            inits = [f"{p}/__init__.py" for p in _above(module.path)]
            finding = case.finding(
                module.path, *inits, codes="not-imported broken-chain"
            )
            why = finding.hint if finding and finding.hint else "nothing imports it"
            mend = "scaffold check --fix" if finding and finding.fix else why
            return Cause(
                f"{place}, and nothing imports its module: {why}",
                module.path,
                own.line,
                mend,
            )
        if not right and _titled(survey, title):
            what = f"{place}, and the config asks for it where a {title} belongs{case.mentions(key)}"
            return Cause(
                what, module.path, own.line, "put it under its own key of the config"
            )
        elsewhere = case.hidden()
        if elsewhere:
            return elsewhere
        package = survey.framework
        if case.engine and survey in case.own and (path := case.without(package, key)):
            return Cause(
                f"{place} of {package}, which {path} does not import, nor does any that it inherits from",
                path,
                1,
                f'write `custom_imports = dict(imports=["{package}"], allow_failed_imports=False)` in it',
            )
        what = f"{place} and imported with {survey.framework}: what ran was another copy, or did not import {survey.framework}"
        mend = (
            f'python -c "import {survey.framework}; print({survey.framework}.__file__)"'
        )
        return Cause(what, module.path, own.line, mend)
    return _nowhere(case, key, title)


def _nowhere(case: _Case, key: str, title: str) -> Cause:
    """A key that no file registers."""
    suffixes = [
        k.suffix for k in case.kinds.values() if k.suffix and key.endswith(k.suffix)
    ]
    suffix = suffixes[0] if suffixes else ""
    if defined := case.defined(key):
        module, node = defined
        what = f"the class {key} is there, and no decorator registers it"
        return Cause(
            what, module.path, node.lineno, "write @REGISTRY.register_module() above it"
        )
    for *_, module, own in case.registered(key.removesuffix(suffix)) if suffix else ():
        what = f"{own.key} is registered without the ending {suffix}, by which a policy is looked up"
        return Cause(what, module.path, own.line, f"name the class {key}")
    for survey in case.surveys:
        for error in survey.broken:
            path, _, line = error.where.partition(":")
            if key in (case.tree.read(path) or b"").decode(errors="replace"):
                return Cause(
                    f"the file that has it is broken: {error.what}",
                    path,
                    int(line or 1),
                    error.hint,
                )
    names = {
        k: (m, r)
        for survey in case.surveys
        for keys in survey.table.values()
        for k, places in keys.items()
        for m, r in places[:1]
        if k.endswith(suffix)
    }
    lower = {k.lower(): k for k in names}
    asked = key.lower().replace("_", "")
    near = [lower[n] for n in difflib.get_close_matches(asked, lower, n=1, cutoff=0.85)]
    kind, name = case.kind_for(key, title)
    taken = {t for k in case.kinds.values() for t in k.taken}
    outside = {t.lower(): t for t in taken if t != key}
    slip = difflib.get_close_matches(asked, outside, n=1, cutoff=0.85)
    if slip and not near:
        right = outside[slip[0]]
        new = "" if slip[0] == asked else f", or `scaffold add {kind} {name}`"
        what = f"nobody registers {key}, and {right} is near it{case.mentions(key)}"
        return Cause(what, mend=f"write {right} in the config{new}")
    if near and len(near[0]) - len(suffix) > 0:
        module, own = names[near[0]]
        right = near[0].removesuffix(suffix)
        what = f"nobody registers {key.removesuffix(suffix)}, and {right} is near it{case.mentions(key)}"
        is_same = near[0].lower() == asked  # and so `scaffold add` would refuse it
        new = "" if is_same else f", or `scaffold add {kind} {name}`"
        return Cause(what, module.path, own.line, f"write {right} in the config{new}")
    what = f"no file of this tree registers {key}{case.mentions(key)}"
    if kind == "KIND":
        mend = f'if another package has it, import that: `custom_imports = dict(imports=["PACKAGE"])`; a new one is made by `scaffold add KIND {name}`'
        return Cause(what, mend=mend)
    return Cause(what, mend=f"scaffold add {kind} {name}")


def _twice(case: _Case, name: str) -> Cause:
    places = [(m, r) for *_, m, r in case.registered(name)]
    if len(places) > 1:
        (first, a), (second, b) = places[:2]
        what = f"{name} is registered twice: here, and at {first.path}:{a.line}"
        return Cause(what, second.path, b.line, "rename one of the two")
    if elsewhere := case.hidden():
        return elsewhere
    if places:
        module, own = places[0]
        what = f"{name} is registered once in this tree, so its file was run twice, or another package has the name"
        mend = "import it by one name: not as a script, nor by another path"
        return Cause(what, module.path, own.line, mend)
    what = f"no file of this tree registers {name}: two other packages do"
    return Cause(what, mend="import one of the two")


def _nameless(case: _Case, argument: str) -> Cause:
    """An argument that some class does not take: Python before 3.10 does not say which."""
    if name := case.given(argument):
        return _arguments(case, name, argument)
    what = f"some class does not take `{argument}`, and no config of this tree gives it"
    return Cause(what, mend="look for the class in the line above the error")


def _arguments(case: _Case, name: str, argument: str, missing: str = "") -> Cause:
    defined = case.defined(name)
    if defined is None:
        registered = next(iter(case.registered(name)), None)
        defined = case.defined(registered[3].name) if registered else None
    if defined is None:
        what = f"{name} is not of this tree{case.mentions(name)}: see its own documentation"
        return Cause(what, mend="scaffold list")
    module, node = defined
    takes = _parameters(node)
    signature = f"it takes {', '.join(takes) or 'no arguments'}"
    if missing:
        what = f"{name} needs `{argument}`, and the config does not give it{case.mentions(name)}; {signature}"
        return Cause(what, module.path, node.lineno, f"give {argument} in the config")
    near = difflib.get_close_matches(argument, takes, n=1)
    meant = (
        f"write {near[0]} instead of {argument}"
        if near
        else f"take {argument} out of the config, or let {name}.__init__ take it"
    )
    what = f"{name} has no argument `{argument}`{case.mentions(name)}; {signature}"
    return Cause(what, module.path, node.lineno, meant)


def _missing(case: _Case, name: str, argument: str) -> Cause:
    return _arguments(case, name, argument, "missing")


def _parameters(node: ast.stmt) -> list[str]:
    """What a class's own constructor, or a function, takes."""
    if isinstance(node, ast.ClassDef):
        made = [
            n
            for n in node.body
            if isinstance(n, ast.FunctionDef) and n.name == "__init__"
        ]
        return _parameters(made[0])[1:] if made else []
    if not isinstance(node, ast.FunctionDef):
        return []
    arguments = node.args
    return [
        a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    ]


def _not_importable(case: _Case, name: str, module: str) -> Cause:
    """`from module import name`, where the module has no such name."""
    for survey in case.surveys:
        home = survey.modules.get(module)
        if home is None:
            continue
        if name in survey.offers(module) or f"{module}.{name}" in survey.modules:
            if circle := _circle(survey, module):
                what = f"{module} has {name}, but not yet, for files import each other in a circle: {' -> '.join(circle)}"
                mend = "move one of these imports into the function that needs it"
                return Cause(what, home.path, 1, mend)
            what = f"{module} has {name}, and nothing that it imports leads back to it: what ran was another copy, or from before an edit"
            mend = f'python -c "import {module}; print({module}.__file__)"'
            return case.hidden() or Cause(what, home.path, 1, mend)
        if defined := case.defined(name):
            own, node = defined
            codes = "left-out not-imported broken-chain not-there"
            finding = case.finding(own.path, home.path, codes=codes)
            mend = (
                "scaffold check --fix"
                if finding and finding.fix and name in finding.what
                else f"from {own.name} import {name}"
            )
            return Cause(
                f"{name} is there, and {home.path} does not import it",
                own.path,
                node.lineno,
                mend,
            )
        near = difflib.get_close_matches(
            name, sorted(survey.offers(module)), n=1, cutoff=0.8
        )
        meant = (
            f"write {near[0]}"
            if near
            else "scaffold add {} {}".format(*case.kind_for(name, ""))
        )
        return Cause(
            f"{module} has no {name}, nor has any other file of {survey.framework}",
            home.path,
            1,
            meant,
        )
    return _no_module(case, module)


def _circle(survey: Survey, start: str) -> list[str]:
    """The shortest way from a module through its imports back to itself, as paths; empty if there is none."""
    ways = [[start]]
    seen = set()
    for way in ways:  # which grows
        last = survey.modules[way[-1]]
        for name in sorted(last.imports & survey.modules.keys() - {last.name}):
            if name == start:
                return [survey.modules[module].path for module in (*way, start)]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []


def _no_file(case: _Case, path: str) -> Cause:
    """A config, or another file of Python, that is not there."""
    path = path.removeprefix(f"{case.tree.folder}/")
    if os.path.exists(os.path.join(case.tree.folder, path)):
        what = f"{path} is there, from the tree's root: the command was given elsewhere"
        return Cause(what, path, 1, f"cd {case.tree.folder}")
    paths = [config.path for config in case.configs]
    near = difflib.get_close_matches(path, paths, n=1, cutoff=0.8)
    what = f"there is no {path}"
    if near:
        return Cause(
            f"{what}, and {near[0]} is near it", near[0], 1, f"write {near[0]}"
        )
    return Cause(what, mend=f"ls {case.tree.configs}")


def _no_module(case: _Case, module: str) -> Cause:
    framework, _, rest = module.partition(".")
    for survey in case.surveys:
        if survey.framework == framework:
            break
        if rest and f"{survey.framework}.{rest}" in survey.modules:
            own = survey.modules[f"{survey.framework}.{rest}"]
            what = f"{framework} is not installed where the error came from; here {own.name} has what that has"
            return Cause(what, own.path, 1, f"import from {own.name}")
    else:
        what = f"{module} is no part of this tree, and is not installed where the error came from"
        return Cause(
            what, mend=f"pip install {framework}, or mend the name in custom_imports"
        )
    if module in survey.modules and survey not in case.own:
        what = f"{module} is installed here, and was not where the error came from"
        return Cause(what, survey.modules[module].path, 1, "run it with this Python")
    if module in survey.modules:
        return case.hidden() or Cause(
            f"{module} is in this tree, and Python did not look here",
            survey.modules[module].path,
            1,
            f"pip install -e {case.tree.root}",
        )
    for error in survey.broken:
        if error.where.startswith(module.replace(".", "/")):
            return Cause(error.what, error.where.partition(":")[0], 1, error.hint)
    parent, _, last = module.rpartition(".")
    path = f"{parent.replace('.', '/')}/__init__.py"
    if (case.tree.read(path) or b"").find(f".{last} ".encode()) >= 0:
        return Cause(
            f"it imports {last}, and there is no such file",
            path,
            1,
            f"take the import of .{last} out, or bring {last}.py back",
        )
    near = difflib.get_close_matches(module, sorted(survey.modules), n=1, cutoff=0.8)
    if near:
        return Cause(
            f"there is no {module}; {near[0]} is near it",
            survey.modules[near[0]].path,
            1,
            f"write {near[0]}",
        )
    return Cause(f"there is no {module} in this tree", mend="scaffold list")


def _no_ops(case: _Case) -> Cause:
    return Cause(
        "mmcv is installed without its compiled operators",
        mend="take mmcv or mmcv-lite out, and put the build with operators in: mmcv-full for 1.x, mmcv for 2.x",
    )


def _no_type(case: _Case) -> Cause:
    return Cause(
        "a dict of the config that something is built from has no `type`",
        mend='give it one: dict(type="NAME", ...); `scaffold list` has the names',
    )


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _titled(survey: Survey, title: str) -> bool:
    """The tree makes a registry that errors call so."""
    return any(
        _singular(own) == _singular(title)
        for module in survey.modules.values()
        for own in module.titles.values()
    )


def _singular(word: str) -> str:
    return re.sub(r"[\s_-]", "", word.lower()).removesuffix(
        "es" if word.lower().endswith("sses") else "s"
    )


_NAME = r"['\"`]?(?P<name>\w+(?:\.\w+)*)['\"`]?"
# Not the `.py` of a file, nor Python's own word before a message that names no class.
_OF_CLASS = (
    r"\b(?!TypeError\b)(?P<name>\w+)(?<!\.py)(?::(?: __init__\(\))?|\.__init__\(\)) "
)
_IN_FILE = r"class `(?P<name>\w+)` in \S+: __init__\(\) "
_ARGUMENT = r"['\"`](?P<argument>\w+)['\"`]"
_KNOWN: tuple[tuple[str, Callable[..., Cause]], ...] = (
    (rf"{_NAME} is not in the (?P<registry>[\w :-]+?) registry", _not_registered),
    (rf"{_NAME} is not registered in (?P<registry>[A-Z]+)", _not_registered),
    (rf"no (?P<registry>hook) is registered as {_NAME}", _not_registered),
    (rf"{_NAME} is already registered (?:in|as)\b", _twice),
    (rf"{_OF_CLASS}got an unexpected keyword argument {_ARGUMENT}", _arguments),
    (rf"{_OF_CLASS}missing \d+ required [\w-]+ arguments?: {_ARGUMENT}", _missing),
    (rf"{_OF_CLASS}missing a required (?:[\w-]+ )?argument: {_ARGUMENT}", _missing),
    (rf"{_IN_FILE}got an unexpected keyword argument {_ARGUMENT}", _arguments),
    (rf"{_IN_FILE}missing \d+ required [\w-]+ arguments?: {_ARGUMENT}", _missing),
    (
        rf"TypeError: __init__\(\) got an unexpected keyword argument {_ARGUMENT}",
        _nameless,
    ),
    (r"No such file or directory: ['\"](?P<path>[^'\"]+\.py)['\"]", _no_file),
    (r"file [\"'](?P<path>[^'\"]+\.py)[\"'] does not exist", _no_file),
    (
        rf"cannot import name {_NAME} from (?:partially initialized module )?['\"](?P<module>[\w.]+)['\"]",
        _not_importable,
    ),
    (r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'", _not_importable),
    (r"No module named ['\"]mmcv\._ext['\"]", _no_ops),
    (r"No module named ['\"](?P<module>[\w.]+)['\"]", _no_module),
    (r"must contain the key [\"']type[\"']|needs a `type`", _no_type),
)
