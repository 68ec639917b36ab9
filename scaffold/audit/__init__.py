"""`scaffold check`: module on disk, export, registration, config, test: do they agree?

    findings = audit(tree, find_kinds(tree.root))
    plan, left = mend(tree, kinds)

A finding is a value; nothing is written while findings are made, and nothing of the tree is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..chain import extend_chain
from ..config_types import config_findings
from ..errors import ScaffoldError
from ..exports import add_export
from ..finding import Finding, fix_file
from ..kinds import Kind
from ..plan import Change, Plan
from ..survey import Survey, survey_engine, take_survey
from ..survey.module import Module
from ..tree import Tree, installed
from .exports import init_findings
from .halves import incomplete

ROUNDS = 5  # an import that is mended may show that the chain above it is broken


def audit(tree: Tree, kinds: Mapping[str, Kind]) -> list[Finding]:
    """What does not agree in a tree, in the order of files and lines."""
    surveys = [take_survey(tree, framework) for framework in frameworks(tree, kinds)]
    findings: list[Finding] = []
    for survey in surveys:
        findings += map(_unreadable, survey.broken)
        findings += _unreached(tree, survey, kinds)
        findings += _twice(survey)
        findings += hidden(tree, survey.framework)
        for module in survey.modules.values():
            if module.is_package:
                findings += init_findings(tree, survey, module)
    findings += config_findings(tree, kinds, surveys, survey_engine(tree))
    findings += incomplete(tree, kinds)
    return sorted(set(findings), key=lambda f: (f.path, f.line, f.code, f.what))


def mend(tree: Tree, kinds: Mapping[str, Kind]) -> tuple[Plan, list[Finding]]:
    """The plan that mends what has one right answer, and what is left after it.

    A finding whose file cannot be edited safely is left.
    """
    draft = _Draft(tree.folder, tree.layout.name)
    left = audit(draft, kinds)
    for _ in range(ROUNDS):
        before = dict(draft.edited)
        for finding in left:
            draft.apply(finding)
        if draft.edited == before:
            break
        left = audit(draft, kinds)
    changes = [
        Change(path, tree.read(path), after) for path, after in draft.edited.items()
    ]
    return Plan(tuple(c for c in changes if c.before != c.after)), left


class _Draft(Tree):
    """A tree as it will be: the files that were edited so far stand before those on the disk."""

    def __init__(self, folder: str, layout: str) -> None:
        super().__init__(folder, layout)
        self.edited: dict[str, bytes] = {}

    def read(self, relative: str) -> bytes | None:
        return (
            self.edited[relative] if relative in self.edited else super().read(relative)
        )

    def apply(self, finding: Finding) -> None:
        try:
            edits = finding.fix(self) if finding.fix else []
        except ScaffoldError:  # it stays a finding, which says what to do by hand
            return
        self.edited.update(edits)


def frameworks(tree: Tree, kinds: Mapping[str, Kind]) -> list[str]:
    """The packages in which some kind has its place.

    Raises:
        ScaffoldError: there is none.
    """
    found, refusals = set(), []
    for kind in kinds.values():
        try:
            found.add(tree.framework(kind.package))
        except ScaffoldError as e:
            refusals.append(e)
    if not found and refusals:
        raise refusals[0]
    return sorted(found)


def _unreadable(error: ScaffoldError) -> Finding:
    path, _, line = error.where.partition(":")
    return Finding(path, int(line or 1), "syntax", error.what, error.hint)


def _unreached(
    tree: Tree, survey: Survey, kinds: Mapping[str, Kind]
) -> Iterator[Finding]:
    """What is registered in a module that nobody imports, or in a package that nobody imports."""
    lost: dict[str, list[str]] = {}
    for module in survey.modules.values():
        if not module.registered or module.name in survey.reached:
            continue
        names = list(dict.fromkeys(r.name for r in module.registered if r.name))
        package = module.package
        if package in survey.modules and module.name not in survey.closure(
            [package], above=False
        ):
            yield _not_imported(tree, survey, module, names, kinds)
        else:
            lost.setdefault(package, []).extend(names)
    for package, names in lost.items():
        yield _broken_chain(tree, survey, package, names)


def _not_imported(
    tree: Tree,
    survey: Survey,
    module: Module,
    names: list[str],
    kinds: Mapping[str, Kind],
) -> Finding:
    init, last = survey.modules[module.package].path, module.name.rpartition(".")[2]
    exported = [*names, *_beside(module, kinds)]
    first = module.registered[0]
    return Finding(
        module.path,
        first.line,
        "not-imported",
        f"{', '.join(names)} is registered in {first.registry}, and nothing imports this module",
        f"`from .{last} import {', '.join(exported)}` is missing in {init}",
        fix_file(init, add_export, last, exported, style=tree.style),
    )


def _beside(module: Module, kinds: Mapping[str, Kind]) -> list[str]:
    """What a kind exports beside its class, as a loss does with its function."""
    folder, _, last = module.path.removesuffix(".py").rpartition("/")
    texts = [
        text
        for kind in kinds.values()
        if folder.endswith(f"/{kind.package}")
        and any(found.registry == kind.registry for found in module.registered)
        for text in kind.exports
    ]
    names = (text.replace("{module}", last) for text in texts)
    return [name for name in names if name in module.defined]


def _broken_chain(
    tree: Tree, survey: Survey, package: str, names: list[str]
) -> Finding:
    child = package
    while (parent := child.rpartition(".")[0]) and parent not in survey.reached:
        child = parent
    path = f"{parent.replace('.', '/')}/__init__.py"
    framework, _, below = package.replace(".", "/").partition("/")

    def fix(tree: Tree) -> Iterable[tuple[str, bytes]]:
        edits = extend_chain(tree, framework, below, names)
        return [(edit.path, edit.after) for edit in edits]

    last = child.rpartition(".")[2]
    return Finding(
        path,
        1,
        "broken-chain",
        f"it does not import {last}, in which {', '.join(sorted(names))} is registered",
        f"`from .{last} import *` is missing",
        fix,
    )


def _twice(survey: Survey) -> Iterator[Finding]:
    """One key, registered by two modules that are both imported: the second stops the program."""
    for keys in survey.table.values():
        for key, places in keys.items():
            sure = [
                (m, r) for m, r in places if r.is_certain and m.name in survey.reached
            ]
            if key and len(sure) > 1:
                (first, a), (second, b) = sure[:2]
                yield Finding(
                    second.path,
                    b.line,
                    "twice",
                    f"{key} is registered in {b.registry} twice, the other one at {first.path}:{a.line}",
                    "rename one of the two",
                )


def hidden(tree: Tree, framework: str) -> Iterator[Finding]:
    """A copy of the framework elsewhere, which this Python would import from any other folder.

    Only where it is asked: what another environment has is not known here.
    """
    place = installed(framework)
    if place and place != tree.place(framework):
        yield Finding(
            f"{framework}/__init__.py",
            1,
            "hidden",
            f"from another folder, `import {framework}` takes the copy in {place}",
            f"`pip uninstall {framework}`, or `pip install -e {tree.root}`",
        )
