"""The chain of imports from a package to the framework's root: read from the text, and mended where it is broken.

A class is registered when its module is imported. `import fw.models` reaches `fw/models/heads/my_head.py` only if
`fw/models/__init__.py` takes in `heads`, which a tree does in one of three ways: by a star, whole
(`from . import heads`), or name by name.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ..errors import ScaffoldError
from ..exports import add_export, remove_export
from ..exports.imports import relative_imports
from ..exports.literal import exported_names
from ..exports.source import Source, read_source
from ..exports.star import (
    add_entries,
    add_star,
    add_whole,
    remove_star,
    star_of,
    whole_of,
)
from ..registrations import parse
from ..tree import Tree

STAR, WHOLE, NAMES = "star", "whole", "names"
# An `__init__.py` that says one of these imports by computing: its statements do not tell what it imports.
COMPUTING = {
    "__getattr__",
    "__import__",
    "_import_structure",
    "import_module",
    "iter_modules",
    "walk_packages",
}


class ParentEdit(NamedTuple):
    """What happens to the `__init__.py` of a parent package."""

    path: str
    before: bytes
    after: bytes

    @property
    def is_star(self) -> bool:
        """It adds a star import."""
        return self.after.count(b"import *") > self.before.count(b"import *")


def extend_chain(
    tree: Tree, framework: str, package: str, names: Sequence[str]
) -> list[ParentEdit]:
    """What the parents of a package need so that its new exports are reached, the nearest parent first.

    A parent that takes in the package already is left alone, unless it names what it takes: then it names the new
    ones too. That is a convenience, so it is left out where the file's shape does not allow it.

    Args:
        tree: the tree.
        framework: the framework's package.
        package: the package below it that exports the names ("models/heads").
        names: the new names.

    Raises:
        ScaffoldError: a parent does not take in the package, and cannot be edited.
    """
    edits = []
    for link in _links(tree, framework, package):
        after, names = _extended(link, names)
        edits.append(ParentEdit(link.path, link.before, after))
    return [edit for edit in edits if edit.before != edit.after]


def shorten_chain(
    tree: Tree,
    framework: str,
    package: str,
    names: Sequence[str],
    stars: Sequence[str] = (),
) -> list[ParentEdit]:
    """What the parents of a package must forget when its exports go, the uppermost parent first.

    The names go. A star or a whole import stays, unless it is said to be the add's: the package's other classes may be
    reached through it.

    Args:
        tree: the tree.
        framework: the framework's package.
        package: the package below it.
        names: the names that go.
        stars: the parents whose star import goes too, if it stands there as an add writes it.

    Raises:
        ScaffoldError: a parent still uses a name, or cannot be edited.
    """
    edits: list[ParentEdit] = []
    for link in _links(tree, framework, package):
        source = link.source
        own = {
            alias.name
            for statement in relative_imports(source)
            if (statement.level, statement.module) == (1, link.child)
            for alias in statement.names
        }
        if star_of(source, link.child):
            own |= exported_names(source) - source.bound
        gone = [name for name in names if name in own]
        after = link.before
        if gone:
            after = link.edited(remove_export, gone, style=tree.style)
        if link.path in stars:
            with suppress(ScaffoldError):  # edited since, and so someone else's
                after = remove_star(after, link.child)
        edits.insert(0, ParentEdit(link.path, link.before, after))
    return [edit for edit in edits if edit.before != edit.after]


@dataclass(frozen=True)
class _Link:
    """One step of the chain: a parent package, and the sub-package that it should take in."""

    tree: Tree
    parent: str  # from the tree's root
    child: str
    before: bytes

    @property
    def path(self) -> str:
        return f"{self.parent}/__init__.py"

    @property
    def is_root(self) -> bool:
        return "/" not in self.parent

    @cached_property
    def source(self) -> Source:
        try:
            return read_source(self.before)
        except ScaffoldError as e:
            raise e.within(self.path) from e

    @cached_property
    def siblings(self) -> list[str]:
        """The parent's other sub-packages."""
        folder = self.tree.path(self.parent)
        inits = (init.parent.name for init in sorted(folder.glob("*/__init__.py")))
        return [name for name in inits if name != self.child]

    @cached_property
    def ways(self) -> dict[str, str]:
        """How the parent takes in each sub-package that it takes in; nothing is said of one that is used in part."""
        parent = self.parent.replace("/", ".")
        taken: dict[str, set[str]] = {}
        for base, names in _imports(self.source.tree, parent):
            above, _, last = base.rpartition(".")
            if base == parent:
                for name in names:
                    taken.setdefault(name, set()).add(".")
            elif above == parent:
                taken.setdefault(last, set()).update(names or ["."])
        ways = {}
        for name in (self.child, *self.siblings):
            found = taken.get(name, set())
            if "*" in found:
                ways[name] = STAR
            elif "." in found:
                ways[name] = WHOLE
            elif found and _most(found, self.offers(name)):
                ways[name] = NAMES
        return ways

    def offers(self, child: str) -> set[str]:
        """The names that a sub-package exports."""
        return _offers(self.tree, f"{self.parent}/{child}".replace("/", "."), set())

    def lists(self, child: str) -> bool:
        """The parent's own `__all__` has the names of a sub-package that it takes in by a star."""
        return _most(exported_names(self.source), self.offers(child))

    def edited(self, edit: Callable[..., bytes], *args: Any, **options: Any) -> bytes:
        """The parent after an edit; a refusal says which file it is about."""
        try:
            return edit(self.before, self.child, *args, **options)
        except ScaffoldError as e:
            raise e.within(self.path) from e


def _links(tree: Tree, framework: str, package: str) -> Iterator[_Link]:
    """The steps from a package up to the root; they end at a folder without `__init__.py`, which can import nothing."""
    parent = f"{framework}/{package}"
    while "/" in parent:
        parent, _, child = parent.rpartition("/")
        before = tree.read(f"{parent}/__init__.py")
        if before is None:
            return
        yield _Link(tree, parent, child, before)


def _extended(link: _Link, names: Sequence[str]) -> tuple[bytes, Sequence[str]]:
    """A parent that takes in its sub-package, and those new names that can be imported from it."""
    style = link.tree.style
    way = link.ways.get(link.child)
    if way is None:
        way = _missing_way(link)
        if way == NAMES and not names:  # its own `__init__` hands none of them up
            way = STAR
        after = _mended(link, way, names) if way else link.before
        listing = [name for name, own in link.ways.items() if own == STAR]
    elif way == NAMES:
        with suppress(ScaffoldError):  # the package is reached all the same
            return link.edited(add_export, names, style=style), names
        return link.before, ()
    else:
        after, listing = link.before, [link.child]
    if way == NAMES or (way == STAR and "__all__" not in link.source.bound):
        return after, names
    if way == STAR and any(map(link.lists, listing)):
        with suppress(ScaffoldError):  # as above
            return add_entries(after, link.child, names, style=style), names
    return after, ()


def _missing_way(link: _Link) -> str | None:
    """How a parent should take in its sub-package; None if it is reached without, as its siblings are."""
    if link.is_root and not _most(set(link.ways), set(link.siblings)):
        return None
    if _is_reached(link):
        return None
    styles = Counter(link.ways.values())
    if not styles and _computes(link):
        return None
    if styles:
        way = styles.most_common(1)[0][0]
        return STAR if way == WHOLE and not whole_of(link.source) else way
    named = [s for s in relative_imports(link.source) if s.names[0].name != "*"]
    return NAMES if named else STAR


def _mended(link: _Link, way: str, names: Sequence[str]) -> bytes:
    try:
        if way == NAMES:
            return link.edited(add_export, names, style=link.tree.style)
        return link.edited(add_star if way == STAR else add_whole)
    except ScaffoldError as e:
        hint = f"add `from . import {link.child}` to it by hand, and give the command again"
        what = f"{', '.join(names)} would be out of reach: {e.what}"
        raise type(e)(what, e.where, hint) from e


def _computes(link: _Link) -> bool:
    """The parent finds its sub-packages by computing, this one like the others.

    Raises:
        ScaffoldError: it has a table of them, in which this one is missing.
    """
    words, strings = set(), set()
    for node in ast.walk(link.source.tree):
        words |= {getattr(node, field, None) for field in ("id", "attr", "name")}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings |= set(node.value.split("."))
    if not words & COMPUTING:
        return False
    if link.child in strings or strings.isdisjoint(link.siblings):
        return True
    raise ScaffoldError(
        f"{link.child} is out of reach: this file loads its packages by a table, which lacks it",
        link.path,
        f"add {link.child} to the table, and give the command again",
    )


def _is_reached(link: _Link) -> bool:
    """The sub-package is imported with its parent by a module in between, or with another top part of the framework.

    Found backwards: who imports it, who imports those, until one of them is the parent, or one that a training
    command names: a package or a module directly below the root, such as `fw.datasets` or `fw.registry`.
    """
    parent = link.parent.replace("/", ".")
    goal = f"{parent}.{link.child}"
    files = dict(_files(link.tree, parent.partition(".")[0]))
    imported: dict[str, set[str]] = {}
    todo = [goal]
    while todo:
        target = todo.pop()
        word = target.rpartition(".")[2].encode()
        for name, (package, source) in list(files.items()):
            if f"{name}.".startswith(f"{goal}.") or word not in source:
                continue
            if name not in imported:
                imported[name] = set(_modules(source, package))
            if target in imported[name]:
                if name == parent or name.count(".") < 2:
                    return True
                todo.append(name)
                del files[name]
    return False


def _files(tree: Tree, framework: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """The name of each module of the framework, with its package and its source."""
    for file in tree.path(framework).rglob("*.py"):
        parts = file.relative_to(tree.root).with_suffix("").parts
        if file.is_file() and all(part.isidentifier() for part in parts):
            name = ".".join(parts).removesuffix(".__init__")
            is_package = parts[-1] == "__init__"
            package = name if is_package else name.rpartition(".")[0]
            yield name, (package, file.read_bytes())


def _modules(source: bytes, package: str) -> Iterator[str]:
    """What a file imports, and what may be a module among it: names, and strings as mmengine's registries have them."""
    try:
        tree = parse(source, package)
    except ScaffoldError:  # it cannot be imported, and brings nothing in
        return
    for base, names in _imports(tree, package):
        parts = base.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (f"{base}.{name}" for name in names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _read(tree: Tree, name: str) -> tuple[bytes, str]:
    """The source of a module of the tree, empty if it is not there, and the package that it is in."""
    path = name.replace(".", "/")
    with suppress(ScaffoldError):  # a link out of the tree: not the tree's code
        init = tree.read(f"{path}/__init__.py")
        if init is not None:
            return init, name
        return tree.read(f"{path}.py") or b"", name.rpartition(".")[0]
    return b"", name


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, list[str]]]:
    """The modules that a file imports from, and the names that it takes; none where it imports the module."""
    for node in _at_import(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")
            kept = above[: len(above) - node.level + 1] if node.level else []
            own = [node.module] if node.module else []
            yield ".".join((*kept, *own)), [alias.name for alias in node.names]


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported, also those below `if` and `try`."""
    hidden: list[ast.stmt] = []
    if isinstance(node, ast.If):
        never = isinstance(node.test, ast.Constant) and not node.test.value
        if never or ast.unparse(node.test).endswith("TYPE_CHECKING"):
            hidden = node.body
    for child in ast.iter_child_nodes(node):
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if not function and not isinstance(child, ast.expr) and child not in hidden:
            yield child
            yield from _at_import(child)


def _offers(tree: Tree, name: str, seen: set[str]) -> set[str]:
    """The names that a star import takes from a module, but for what it imports from other projects."""
    if name in seen:
        return set()
    seen.add(name)
    data, package = _read(tree, name)
    try:
        source = read_source(data)
    except ScaffoldError:  # what does not parse offers nothing
        return set()
    if "__all__" in source.bound:
        return exported_names(source)
    found = {
        n.name
        for n in source.tree.body
        if isinstance(n, ast.ClassDef | ast.FunctionDef)
    }
    for statement in relative_imports(source):
        names = {alias.asname or alias.name for alias in statement.names}
        if names == {"*"}:
            (base, _), *_ = _imports(ast.Module([statement], []), package)
            names = _offers(tree, base, seen)
        found |= names
    return {name for name in found if not name.startswith("_")}


def _most(part: set[str], whole: set[str]) -> bool:
    return 2 * len(part & whole) > len(whole)
