"""remove -> Plan: an add, taken back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import partial

from .aside import aside
from .chain import shorten_chain
from .errors import ScaffoldError
from .exports import remove_export
from .package import edit_init, mark_of
from .plan import Change, Plan
from .registrations import find_registrations, parse
from .stub import Stub, made_by, recorded
from .tree import Tree


def plan_remove(tree: Tree, stub: Stub, *, force: bool = False) -> Plan:
    """The plan that takes an add back.

    A file is as add wrote it if the templates give it again, byte for byte, with what its own comment tells. So no
    record of the add is needed. A star import that mended the chain goes if the package is as it was before the add;
    else it stays, for what else is reached through it.

    Args:
        tree: the tree.
        stub: what was added; its options are found in the files.
        force: delete files that were edited since, too.

    Raises:
        ScaffoldError: there is nothing to remove, a file was edited, or the export cannot be edited.
    """
    contents = {path: tree.read(path) for path in stub.paths.values()}
    present = {path: text for path, text in contents.items() if text is not None}
    refuse_other_class(present.get(stub.module), stub)
    init = tree.read(stub.init)
    is_exported = init is not None and _mentions(init, stub)
    stub = recorded(stub, map(present.get, (stub.config, stub.test), (b"", b"")))
    with aside(partial(stub.render, tree.width())) as rendered:
        exported = init
        if init and is_exported:
            exported = edit_init(remove_export, tree, init, stub)
        stars, mark = stub.mended
        chain = shorten_chain(
            tree,
            stub.framework,
            stub.kind.package,
            stub.exports,
            stars if exported is not None and mark_of(exported) == mark else (),
        )
        if not present and not is_exported and not chain:
            raise nothing_to_remove(tree, stub)
        edited = _edited(present, rendered)
    if edited and not force:
        if not any(map(made_by, present.values())):
            raise _not_made(stub)
        raise ScaffoldError(
            f"not as `scaffold add` would write it: {', '.join(edited)}",
            hint="it was edited since; --force deletes it all the same",
        )
    changes = [Change(*edit) for edit in chain]
    if exported != init:
        changes.append(Change(stub.init, init, exported))
    deleted = (Change(path, text, None) for path, text in present.items())
    return Plan((*changes, *deleted), stub.found_empty)


def refuse_other_class(source: bytes | None, stub: Stub) -> None:
    """Refuse a module that has the right name by chance: `Resnet3D` is not what resnet3d.py holds."""
    if source is None:
        return
    nodes = ast.walk(parse(source, stub.module))
    if not any(isinstance(n, ast.ClassDef) and n.name == stub.names.cls for n in nodes):
        raise ScaffoldError(f"it has no class {stub.names.cls}", stub.module)


def nothing_to_remove(tree: Tree, stub: Stub) -> ScaffoldError:
    """The refusal of a name that the tree does not have, with the nearest."""
    import difflib

    names = [found.name for found in find_registrations(tree, stub.kind)]
    near = difflib.get_close_matches(stub.names.name, names, n=1)
    return ScaffoldError(
        f"the tree has no {stub.kind.name} {stub.names.name}",
        hint=(
            f"did you mean {near[0]}?"
            if near
            else f"`scaffold list {stub.kind.name}` shows what it has"
        ),
    )


def _not_made(stub: Stub) -> ScaffoldError:
    """The refusal of a module that no config or test says to be scaffold's: nothing of it may be."""
    return ScaffoldError(
        f"scaffold did not make {stub.names.name}: no config or test of it says so",
        stub.module,
        f"delete it by hand, and its lines in {stub.init}; `scaffold check` then finds what still names it",
    )


def _mentions(init: bytes, stub: Stub) -> bool:
    """The package imports the module, or names one of its exports in a string of `__all__`."""
    for node in ast.walk(parse(init, stub.init)):
        if isinstance(node, ast.ImportFrom) and node.module == stub.names.module:
            return True
        if isinstance(node, ast.Constant) and node.value in stub.exports:
            return True
    return False


def _edited(
    present: Mapping[str, bytes], rendered: Callable[[], Mapping[str, bytes]]
) -> list[str]:
    try:
        files = rendered()
    except ScaffoldError:  # the comment was edited, and asks for what cannot be
        files = {}
    return [path for path, text in present.items() if text != files.get(path)]
