"""rename -> Plan: a module under another name, with what was written into it, and with every mention of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

from .chain import shorten_chain
from .errors import ScaffoldError
from .exports import add_export, remove_export
from .exports.imports import imported_names
from .exports.literal import exported_names
from .exports.source import read_source
from .exports.star import add_entries
from .kinds import find_kinds
from .mentions import (
    Renaming,
    imports_module,
    mentioning,
    rename_imported,
    rename_own,
    rename_strings,
)
from .package import edit_init, read_init
from .plan import Change, Plan
from .registrations import find_registrations, registered_keys, registering_files
from .remove import nothing_to_remove, refuse_other_class
from .stub import Stub, recorded
from .taken import refuse_existing, refuse_taken
from .tree import Tree


class _Edited(NamedTuple):
    """An `__init__.py` with the old names, with both, and with the new ones."""

    path: str
    before: bytes
    both: bytes
    after: bytes


def plan_rename(tree: Tree, old: Stub, new: Stub) -> Plan:
    """The plan that gives a module another name: class, files, export, config, test, and every mention.

    A file that is as `scaffold add` wrote it becomes what it would write under the new name, so that `remove` knows it
    as its own; in any other the names alone are replaced.

    The new module stands beside the old one until nothing imports the old one any more: first it is created, then
    exported; then those who import the old one are changed; then the old export and the old files go.

    Raises:
        ScaffoldError: there is no such module, the new name is taken, or a mention cannot be told from another thing.
    """
    contents = {role: tree.read(path) for role, path in old.paths.items()}
    present = {role: text for role, text in contents.items() if text is not None}
    if "module" not in present:
        raise _not_there(tree, old)
    refuse_other_class(present["module"], old)
    if old.module == new.module:
        raise ScaffoldError(
            f"{old.names.name} and {new.names.name} would be in the same file",
            old.module,
            "rename it to a third name first",
        )
    refuse_taken(tree, new)
    for role in present:
        refuse_existing(tree, new.paths[role])
    renaming = Renaming(old, new)
    created = [
        Change(new.paths[role], None, text)
        for role, text in _own_files(tree, renaming, present).items()
    ]
    export, parents = _export(tree, renaming), list(_parents(tree, renaming))
    mentions = list(_mentions(tree, renaming))
    users = [
        m
        for m in mentions
        if m.path.startswith(f"{old.framework}/") and not _is_config(tree, m.path)
    ]
    if users or parents:
        _refuse_other_keys(present["module"], old)
    changes = [*created, *_exchanged(export, parents, users)]
    changes += (mention for mention in mentions if mention not in users)
    deleted = (Change(old.paths[role], text, None) for role, text in present.items())
    moved = tuple((new.paths[role], old.paths[role]) for role in present)
    return Plan((*changes, *deleted), moved=moved)


def _own_files(
    tree: Tree, renaming: Renaming, present: dict[str, bytes]
) -> dict[str, bytes]:
    """The module's own files under the new name, each by its role."""
    old, new = renaming
    old = recorded(old, [present.get(role, b"") for role in ("config", "test")])
    new = new._replace(
        options=old.options, mended=old.mended, found_empty=old.found_empty
    )
    try:
        written = old.render(tree.width())
    except ScaffoldError:  # made by hand, or its comment was edited
        written = {}
    anew = new.render(tree.width()) if written else {}
    return {
        role: (
            anew[new.paths[role]]
            if text == written.get(path)
            else rename_own(text, path, renaming, written.get(path, b""))
        )
        for role, text in present.items()
        for path in [old.paths[role]]
    }


def _export(tree: Tree, renaming: Renaming) -> _Edited:
    """What happens to the package's `__init__.py`."""
    old, new = renaming
    init = read_init(tree, old)
    imported = imported_names(read_source(init), old.names.module)
    if not imported:
        line = f"from .{old.names.module} import {', '.join(old.exports)}"
        raise ScaffoldError(
            f"it does not import {', '.join(old.exports)} from .{old.names.module}",
            old.init,
            f"add `{line}` to it first",
        )
    others = sorted(imported - set(old.exports))  # they are in the file that moves
    without = edit_init(remove_export, tree, init, old, [*old.exports, *others])
    both = edit_init(add_export, tree, init, new)
    after = edit_init(remove_export, tree, both, old)
    # What is exported beside it comes from the new module too; and a remove must find what it would leave.
    if others or edit_init(remove_export, tree, after, new) != without:
        after = edit_init(add_export, tree, without, new, [*new.exports, *others])
    return _Edited(old.init, init, both, after)


def _parents(tree: Tree, renaming: Renaming) -> Iterator[_Edited]:
    """What happens to the parents that name the exports, the uppermost first."""
    old = renaming.old
    package = f"{old.framework}/{old.kind.package}"
    for path, before, _ in shorten_chain(
        tree, old.framework, old.kind.package, old.exports
    ):
        child = package.removeprefix(path.removesuffix("__init__.py")).split("/")[0]
        source = read_source(before)
        named = imported_names(source, child)
        add = add_entries if named.isdisjoint(old.exports) else add_export
        had = named | exported_names(source)
        gone = [name for name in renaming.exports if name in had]
        names = [renaming.exports[name] for name in gone]
        try:
            both = add(before, child, names, style=tree.style)
            after = remove_export(both, child, gone, style=tree.style)
        except ScaffoldError as e:
            raise e.within(path) from e
        yield _Edited(path, before, both, after)


def _exchanged(
    export: _Edited, parents: Sequence[_Edited], users: Sequence[Change]
) -> Iterator[Change]:
    """From the old export to the new one, with a moment between in which there are both, if someone names either."""
    if not parents and not users:
        yield Change(export.path, export.before, export.after)
        return
    for path, before, both, _ in (export, *reversed(parents)):
        yield Change(path, before, both)
    yield from users
    for path, _, both, after in (*parents, export):
        yield Change(path, both, after)


def _mentions(tree: Tree, renaming: Renaming) -> Iterator[Change]:
    """The changes of the other files that speak of the module.

    Raises:
        ScaffoldError: a string may mean something else that is registered under the same name.
    """
    old = renaming.old
    twin = cache(partial(_twin, tree, renaming))  # asked for by few
    chain = {old.init}
    parent = old.framework
    for part in old.kind.package.split("/"):
        chain.add(f"{parent}/__init__.py")
        parent = f"{parent}/{part}"
    for path, data in mentioning(tree, renaming):
        if path in (*old.paths.values(), *chain):
            continue
        after = rename_strings(data, path, renaming)
        if after != data and twin():
            raise ScaffoldError(
                f"{old.names.name} may also be the {twin()} of this name here",
                path,
                "rename that one too, or first; both have one name",
            )
        if not _is_config(tree, path) and imports_module(data, path, renaming):
            after = rename_imported(after, path, renaming)
        if after != data:
            yield Change(path, data, after)


def _is_config(tree: Tree, path: str) -> bool:
    return path.startswith(f"{tree.configs}/")


def _twin(tree: Tree, renaming: Renaming) -> str:
    """Another kind that has something registered under the same key; empty if there is none."""
    read = cache(registering_files)
    for kind in find_kinds(tree.folder, tree.layout).values():
        if kind.registry == renaming.old.kind.registry:
            continue
        try:
            found = find_registrations(tree, kind, read)
        except ScaffoldError:  # the tree has no place for this kind
            continue
        if {f"{r.name}{kind.suffix}" for r in found} & set(renaming.keys):
            return kind.name
    return ""


def _refuse_other_keys(module: bytes, old: Stub) -> None:
    """Refuse what would be registered twice while the old and the new module are both imported."""
    keys = {key for key, _ in registered_keys(module, old.module, old.kind)}
    if keys - {old.names.cls}:
        raise ScaffoldError(
            f"it also registers {', '.join(sorted(keys - {old.names.cls}))}",
            old.module,
            "move that into a file of its own first",
        )


def _not_there(tree: Tree, old: Stub) -> ScaffoldError:
    for found in find_registrations(tree, old.kind):
        if found.name == old.names.name:
            return ScaffoldError(
                f"{found.name} is not in {old.module}, where its name says",
                f"{found.path}:{found.line}",
                "rename moves a module with its class; move the class into a file of its own first",
            )
    return nothing_to_remove(tree, old)
