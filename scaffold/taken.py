"""What is taken: a name that is registered or of another kind, and a place where something is already."""

from __future__ import annotations

from .errors import ScaffoldError
from .kinds import find_kinds
from .names import own_name
from .registrations import find_registrations, registered_in
from .stub import Stub
from .tree import Tree


def refuse_taken(tree: Tree, stub: Stub) -> None:
    """Refuse a name that is registered already, in any case."""
    kind, name = stub.kind, stub.names.name
    if name.casefold() in map(str.casefold, kind.taken):
        raise ScaffoldError(
            f"{name} is already registered in {kind.registry}, from outside the tree",
            hint=f"choose another name, such as {own_name(name)}",
        )
    for found in find_registrations(tree, kind):
        if found.name.casefold() == name.casefold():
            raise ScaffoldError(
                f"{found.name} is already registered in {kind.registry}",
                f"{found.path}:{found.line}",
                f"choose another name; `scaffold list {kind.name}` shows those that are taken",
            )
    home = tree.engine_home()
    if home is None:
        return
    for found in registered_in(home, tree.engine(), kind):
        if found.name.casefold() == name.casefold():
            raise ScaffoldError(
                f"{found.name} is already registered in {kind.registry}, by {tree.engine()}",
                f"{home.path(found.path)}:{found.line}",
                f"choose another name, such as {own_name(name)}; a config of this project can use {found.name} as it is",
            )


def refuse_other_kind(tree: Tree, stub: Stub) -> None:
    """Refuse a name that ends as those of another kind in the same registry do: it would be listed there."""
    for kind in find_kinds(tree.folder, tree.layout).values():
        is_longer = len(kind.suffix) > len(stub.kind.suffix)
        if is_longer and kind.registry == stub.kind.registry:
            short = stub.names.cls.removesuffix(kind.suffix)
            if short != stub.names.cls:
                raise ScaffoldError(
                    f"what ends with {kind.suffix} is of the kind {kind.name}",
                    stub.names.cls,
                    f"`scaffold add {kind.name} {short}`",
                )


def refuse_existing(tree: Tree, path: str) -> None:
    """Refuse a file, link or folder of this name, in any case: some file systems know only one."""
    folder, _, name = path.rpartition("/")
    for other in tree.names_in(folder):
        if other.casefold() in (name.casefold(), name.removesuffix(".py").casefold()):
            raise ScaffoldError(
                f"{folder}/{other} is there already",
                hint="choose another name, or move that file away",
            )
