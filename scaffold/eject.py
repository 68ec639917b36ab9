"""eject -> Plan: a kind's templates, copied to where the tree has its own."""

from __future__ import annotations

import os

from .errors import ScaffoldError
from .kinds import Kind
from .plan import Change, Plan
from .taken import refuse_existing
from .tree import Tree


def plan_eject(tree: Tree, kind: Kind) -> Plan:
    """The plan that copies a kind's folder into the tree's own templates, where it goes before the one it came from.

    Raises:
        ScaffoldError: the tree has a folder of this name there.
    """
    folder = f"templates/{kind.name}"
    if os.path.realpath(kind.folder) == tree.place(folder):
        raise ScaffoldError(
            f"the kind {kind.name} is the tree's own already",
            folder,
            f"edit {folder} directly; `scaffold add {kind.name}` takes what is in it",
        )
    refuse_existing(tree, folder)
    files = ((f"{folder}/{name}", text) for name, text in kind.files().items())
    return Plan(tuple(Change(path, None, text) for path, text in files))
