"""The chain of imports from a package to the framework's root: read from the text, and mended where it is broken.

A class is registered when its module is imported. `import fw.models` reaches `fw/models/heads/my_head.py` only if
`fw/models/__init__.py` takes in `heads`, which a tree does in one of three ways: by a star, whole
(`from . import heads`), or name by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from ..errors import ScaffoldError
from ..exports import add_export, remove_export
from ..exports.imports import imports_of, relative_imports
from ..exports.literal import exported_names
from ..exports.star import (
    add_entries,
    add_star,
    add_whole,
    remove_star,
    star_of,
    whole_of,
)
from ..tree import Tree
from .link import NAMES, STAR, WHOLE, Link, links, most
from .reach import is_computed, is_reached


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
    for link in links(tree, framework, package):
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
    for link in links(tree, framework, package):
        source = link.source
        own = {a.name for s in imports_of(source, link.child) for a in s.names}
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


def _extended(link: Link, names: Sequence[str]) -> tuple[bytes, Sequence[str]]:
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


def _missing_way(link: Link) -> str | None:
    """How a parent should take in its sub-package; None if it is reached without, as its siblings are."""
    if link.is_root and not most(set(link.ways), set(link.siblings)):
        return None
    if is_reached(link):
        return None
    styles = Counter(link.ways.values())
    if not styles and is_computed(link):
        return None
    if styles:
        way = styles.most_common(1)[0][0]
        return STAR if way == WHOLE and not whole_of(link.source) else way
    named = [s for s in relative_imports(link.source) if s.names[0].name != "*"]
    return NAMES if named else STAR


def _mended(link: Link, way: str, names: Sequence[str]) -> bytes:
    try:
        if way == NAMES:
            return link.edited(add_export, names, style=link.tree.style)
        return link.edited(add_star if way == STAR else add_whole)
    except ScaffoldError as e:
        hint = f"add `from . import {link.child}` to it by hand, and give the command again"
        what = f"{', '.join(names)} would be out of reach: {e.what}"
        raise type(e)(what, e.where, hint) from e
