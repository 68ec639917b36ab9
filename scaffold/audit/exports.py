"""What an `__init__.py` exports, against what is there: a part of `scaffold check`."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from ..errors import ScaffoldError
from ..exports import add_export
from ..exports.imports import relative_imports
from ..exports.literal import Literal, exported_names, find_literal
from ..exports.once import import_once, list_once, repeats
from ..exports.source import Source, read_source
from ..finding import Finding, fix_file
from ..survey import Survey
from ..survey.module import Module
from ..tree import Tree


def init_findings(tree: Tree, survey: Survey, module: Module) -> Iterator[Finding]:
    """What is wrong in one `__init__.py`; nothing is said of an `__all__` that is computed."""
    try:
        file = read_source(module.source)
        literal = find_literal(file)
    except ScaffoldError:
        return
    yield from _imported_twice(tree, file, module)
    yield from _left_out(tree, survey, module, file)
    if literal is not None:
        yield from _listed_twice(tree, module, literal)
        names = {getattr(item, "value", None) for item in literal.elts}
        if names == exported_names(file):  # and no other statement adds to it
            yield from _not_listed(tree, module, file)
            yield from _not_there(tree, survey, module, file, literal)


def _imported_twice(tree: Tree, file: Source, module: Module) -> Iterator[Finding]:
    fix = fix_file(module.path, import_once, style=tree.style)
    seen: dict[tuple[str, str], int] = {}
    repeated = {(s.lineno, name) for s, names in repeats(file) for name in names}
    for statement in relative_imports(file):
        base = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            name = alias.asname or alias.name
            first = seen.setdefault((base, f"{alias.name} as {name}"), statement.lineno)
            # An `import *` may stand twice as two names may: what it brings is the same.
            if first != statement.lineno:
                yield Finding(
                    module.path,
                    statement.lineno,
                    "twice",
                    f"{alias.name} is imported from {base} twice, first in line {first}",
                    "take one of the two out",
                    fix if (statement.lineno, name) in repeated else None,
                )


def _listed_twice(tree: Tree, module: Module, literal: Literal) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for item in literal.elts:
        name = getattr(item, "value", None)
        if isinstance(name, str):
            if name in seen:
                yield Finding(
                    module.path,
                    item.lineno,
                    "twice",
                    f"`__all__` lists {name} twice, first in line {seen[name]}",
                    "take one of the two out",
                    fix_file(module.path, list_once, style=tree.style),
                )
            seen.setdefault(name, item.lineno)


def _not_listed(tree: Tree, module: Module, file: Source) -> Iterator[Finding]:
    """What is imported for others alone, and not handed on by a star: what a linter calls an unused import."""
    known = exported_names(file) | {
        node.id for node in ast.walk(file.tree) if isinstance(node, ast.Name)
    }
    for statement in relative_imports(file):
        start, end = file.line_span(
            statement.lineno, statement.end_lineno or statement.lineno
        )
        if (
            statement.level != 1
            or not statement.module
            or "noqa" in file.text[start:end]
        ):
            continue
        for alias in statement.names:
            name = alias.name
            is_own = alias.asname in (None, name) and not name.startswith(("_", "*"))
            if is_own and name not in known:
                yield Finding(
                    module.path,
                    alias.lineno,
                    "not-listed",
                    f"{name} is imported and is not in `__all__`",
                    f'put "{name}" into `__all__`',
                    fix_file(
                        module.path,
                        add_export,
                        statement.module,
                        [name],
                        style=tree.style,
                    ),
                )


def _not_there(
    tree: Tree, survey: Survey, module: Module, file: Source, literal: Literal
) -> Iterator[Finding]:
    """What `__all__` names and the file does not have: `import *` from it fails."""
    stars_known = all(star in survey.modules for star in module.stars)
    if "__getattr__" in file.bound or module.computes or not stars_known:
        return
    below = survey.below(module)
    have = file.bound | survey.offers(module.name) | below.keys()
    for item in literal.elts:
        name = getattr(item, "value", "")
        if name in have or name.startswith("__"):
            continue
        homes = [last for last, child in below.items() if name in child.defined]
        near = difflib.get_close_matches(name, sorted(have), n=1)
        meant = f"did you mean {near[0]}?" if near else "take it out"
        missing = f"`from .{homes[0]} import {name}` is missing" if homes else meant
        fix = fix_file(module.path, add_export, *homes[:1], [name], style=tree.style)
        yield Finding(
            module.path,
            item.lineno,
            "not-there",
            f"`__all__` names {name}, which is not there",
            missing,
            fix if len(homes) == 1 else None,
        )


def _left_out(
    tree: Tree, survey: Survey, module: Module, file: Source
) -> Iterator[Finding]:
    """What a file leaves out of a module, or of a package, from which it takes the others by name.

    It works in a config, for the module is imported. But whoever looks for the class does not find it here.
    """
    below = survey.below(module)
    taken: dict[str, list[ast.ImportFrom]] = {}
    for statement in relative_imports(file):
        if statement.level == 1 and statement.module in below:
            taken.setdefault(statement.module, []).append(statement)
    for last, statements in taken.items():
        have = {alias.name for statement in statements for alias in statement.names}
        offered = _registered(survey, below[last])
        missing = sorted(offered.keys() - have - file.bound)
        if "*" in have or 2 * len(missing) > len(offered):
            continue
        for name in missing:
            yield Finding(
                module.path,
                statements[-1].lineno,
                "left-out",
                f"{name} is registered in {offered[name]}, and not among what is imported from .{last}",
                "import it, and put it into `__all__`, if there is one",
                fix_file(module.path, add_export, last, [name], style=tree.style),
            )


def _registered(survey: Survey, child: Module) -> dict[str, str]:
    """The registered classes that a module has, or that a package exports, each with its registry."""
    found = {r.name: r.registry for r in child.registered if r.name in child.defined}
    if child.is_package:
        for name, (base, original) in child.bound.items():
            home = survey.modules.get(base)
            own = home.registered if home and home.name.startswith(child.name) else []
            found |= {r.name: r.registry for r in own if name == original == r.name}
    return {n: registry for n, registry in found.items() if not n.startswith("_")}
