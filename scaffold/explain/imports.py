"""Why an import fails, or a file is not there."""

from __future__ import annotations

import difflib
import os

from ..survey import Survey
from .case import Case, Cause


def not_importable(case: Case, name: str, module: str) -> Cause:
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
    return no_module(case, module)


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


def no_module(case: Case, module: str) -> Cause:
    """A module that Python does not find."""
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


def no_operators(case: Case) -> Cause:
    """mmcv's most common error: two packages of one name, of which one has nothing compiled."""
    return Cause(
        "mmcv is installed without its compiled operators",
        mend="take mmcv or mmcv-lite out, and put the build with operators in: mmcv-full for 1.x, mmcv for 2.x",
    )


def no_file(case: Case, path: str) -> Cause:
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
