"""Why a registry does not have a name, or has it twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..survey import Survey
from .case import Case, Cause, singular


def not_registered(case: Case, name: str, registry: str) -> Cause:
    """A name that a registry does not have; a scope before it says whose it is."""
    scope, _, key = name.rpartition(".")
    if scope and scope not in [survey.framework for survey in case.surveys]:
        what = f"{name} is {scope}'s, and not of this tree"
        return Cause(
            what,
            mend=f"install {scope}, and import it: custom_imports = dict(imports=['{scope}'])",
        )
    title = registry.rpartition("::")[2].strip()
    found = list(case.registered(key))
    right = [f for f in found if singular(f[0].title(f[1])) == singular(title)]
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


def _nowhere(case: Case, key: str, title: str) -> Cause:
    """A key that no file registers."""
    endings = (kind.suffix for kind in case.kinds.values() if kind.suffix)
    suffix = next((ending for ending in endings if key.endswith(ending)), "")
    kind, name = case.kind_for(key, title)
    add = f"scaffold add {kind} {name}"
    registry = case.kinds[kind].registry if kind in case.kinds else "REGISTRY"
    if cause := (
        _left_out(case, key, suffix, registry) or _near(case, key, suffix, add)
    ):
        return cause
    what = f"no file of this tree registers {key}{case.mentions(key)}"
    if kind == "KIND":
        add = f'if another package has it, import that: `custom_imports = dict(imports=["PACKAGE"])`; a new one is made by `{add}`'
    return Cause(what, mend=add)


def _left_out(case: Case, key: str, suffix: str, registry: str) -> Cause | None:
    """A class that is in the tree, and not in the registry: without a decorator or its ending, or in a broken file."""
    if defined := case.defined(key):
        module, node = defined
        what = f"the class {key} is there, and no decorator registers it"
        mend = f"write @{registry}.register_module() above it"
        return Cause(what, module.path, node.lineno, mend)
    for *_, module, own in case.registered(key.removesuffix(suffix)) if suffix else ():
        what = f"{own.key} is registered without the ending {suffix}, by which a policy is looked up"
        return Cause(what, module.path, own.line, f"name the class {key}")
    for survey in case.surveys:
        for error in survey.broken:
            path, _, line = error.where.partition(":")
            if key in (case.tree.read(path) or b"").decode(errors="replace"):
                what = f"the file that has it is broken: {error.what}"
                return Cause(what, path, int(line or 1), error.hint)
    return None


def _near(case: Case, key: str, suffix: str, add: str) -> Cause | None:
    """A name that differs by a letter or two: one of the tree, or else one from outside of it."""
    places = {
        k: found[0]
        for survey in case.surveys
        for keys in survey.table.values()
        for k, found in keys.items()
        if k.endswith(suffix)
    }
    asked = key.lower().replace("_", "")
    if near := _closest(asked, places):
        module, own = places[near]
        place = module.path, own.line
        wrong, right = key.removesuffix(suffix), near.removesuffix(suffix)
    else:
        outside = (t for kind in case.kinds.values() for t in kind.taken if t != key)
        near, place = _closest(asked, outside), ("", 0)
        wrong, right = key, near
    if not right:
        return None
    what = f"nobody registers {wrong}, and {right} is near it{case.mentions(key)}"
    is_same = near.lower() == asked  # and so `scaffold add` would refuse it
    mend = f"write {right} in the config" + ("" if is_same else f", or `{add}`")
    return Cause(what, *place, mend)


def _closest(asked: str, names: Iterable[str]) -> str:
    """The name that is nearest, upper and lower case alike; empty if none is near."""
    lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(asked, lower, n=1, cutoff=0.8)
    return lower[found[0]] if found else ""


def registered_twice(case: Case, name: str) -> Cause:
    """A name that a registry has already."""
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


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _titled(survey: Survey, title: str) -> bool:
    """The tree makes a registry that errors call so."""
    return any(
        singular(own) == singular(title)
        for module in survey.modules.values()
        for own in module.titles.values()
    )
