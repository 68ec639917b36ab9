"""add -> Plan: a new module with its config stub, its test and its export, and the chain above it mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from .aside import aside
from .errors import ScaffoldError
from .package import edit_init, mark_of, read_init
from .plan import Change, Plan
from .stub import Stub, recorded
from .taken import refuse_existing, refuse_other_kind, refuse_taken
from .tree import Tree


def plan_add(tree: Tree, stub: Stub) -> Plan:
    """The plan that writes a new module, its config stub, its test and its export, and mends the chain above it.

    Raises:
        ScaffoldError: the name or an argument cannot be used, a file is there already, or the export cannot be edited.
    """
    refuse_taken(tree, stub)
    refuse_other_kind(tree, stub)
    for path in stub.paths.values():
        refuse_existing(tree, path)
    init = read_init(tree, stub)
    from .chain import extend_chain  # not before the name is accepted
    from .exports import add_export

    chain = extend_chain(tree, stub.framework, stub.kind.package, stub.exports)
    stars = tuple(edit.path for edit in chain if edit.is_star)
    empty = tuple(_found_empty(tree, stub))
    stub = stub._replace(mended=(stars, mark_of(init)), found_empty=empty)
    with aside(partial(stub.render, tree.width())) as rendered:
        exported = edit_init(add_export, tree, init, stub)
        files = rendered()
    created = (Change(path, None, content) for path, content in files.items())
    parents = (Change(*edit) for edit in chain)
    return Plan((*created, Change(stub.init, init, exported), *parents))


def is_added(tree: Tree, stub: Stub) -> bool:
    """The same add was made before, and everything is as it left it."""
    try:
        contents = {path: tree.read(path) for path in stub.paths.values()}
        init = tree.read(stub.init)
        present = [text for text in contents.values() if text is not None]
        if init is None or len(present) < len(contents):
            return False
        from .exports import add_export

        made = recorded(stub, present)
        is_same = made.options == stub.options and made.render(tree.width()) == contents
        return is_same and edit_init(add_export, tree, init, stub) == init
    except ScaffoldError:  # `plan_add` says why
        return False


def _found_empty(tree: Tree, stub: Stub) -> Iterator[str]:
    """The folders in which an add will write, and which hold nothing yet."""
    for folder in dict.fromkeys(map(os.path.dirname, stub.paths.values())):
        while folder and not os.path.isdir(tree.place(folder)):
            folder = os.path.dirname(folder)
        if folder and folder not in tree.needs and not tree.names_in(folder):
            yield folder
