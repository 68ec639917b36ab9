"""add | remove -> Plan: the files to create, edit and delete, each with what was there before. Nothing is written."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from zlib import crc32

from .aside import aside
from .errors import ScaffoldError
from .kinds import Kind, find_kinds
from .names import own_name
from .registrations import find_registrations, parse, registered_in
from .stub import Stub, made_by, recorded
from .tree import Tree


class Change(NamedTuple):
    """What happens to one file.

    Attributes:
        path: from the tree's root.
        before: what the file held when the plan was made; None if it did not exist.
        after: what it will hold; None if it will not exist.
    """

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def verb(self) -> str:
        """create, update or remove."""
        if self.before is None:
            return "create"
        return "remove" if self.after is None else "update"

    def diff(self, moved_from: str = "") -> bytes:
        """The change as a unified diff that `git apply` takes.

        Args:
            moved_from: the place at which the file held `before`, if not its own.
        """
        import difflib

        old, new = f"a/{moved_from or self.path}".encode(), f"b/{self.path}".encode()
        texts = _lines(self.before), _lines(self.after)
        head = b"diff --git %s %s\n" % (old, new)
        if moved_from:
            same = int(100 * difflib.SequenceMatcher(None, *texts).ratio())
            head += f"similarity index {same}%\n".encode()
            head += f"rename from {moved_from}\nrename to {self.path}\n".encode()
        elif self.before is None:
            head, old = head + b"new file mode 100644\n", b"/dev/null"
        elif self.after is None:
            head, new = head + b"deleted file mode 100644\n", b"/dev/null"
        lines = difflib.diff_bytes(difflib.unified_diff, *texts, old, new)
        return head + b"".join(map(_ended, lines))


class Plan(NamedTuple):
    """The changes of one command, in the order in which they are safe: Python can import the tree after each.

    A file may change more than once; each of its changes begins where the one before it ended. A folder that a deletion
    leaves empty goes too, but for those that stay.

    Attributes:
        changes: in their order.
        stays: the folders that stay.
        moved: the files that are created in place of one that is deleted, each with the other one: the diff shows them
            as one.
    """

    changes: tuple[Change, ...]
    stays: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()

    @property
    def net(self) -> tuple[Change, ...]:
        """What each file was and will be; a file that changes twice, as in a rename, is here once."""
        last: dict[str, Change] = {}
        for change in self.changes:
            first = last.get(change.path, change)
            last[change.path] = Change(change.path, first.before, change.after)
        return tuple(last.values())

    def diff(self) -> bytes:
        """All changes as one unified diff."""
        net = {change.path: change for change in self.net}
        for new, old in self.moved:
            net[new] = net[new]._replace(before=net.pop(old).before)
        places = dict(self.moved)
        return b"".join(
            change.diff(places.get(path, "")) for path, change in net.items()
        )


def plan_add(tree: Tree, stub: Stub) -> Plan:
    """The plan that writes a new module, its config stub, its test and its export, and mends the chain above it.

    Raises:
        ScaffoldError: the name or an argument cannot be used, a file is there already, or the export cannot be edited.
    """
    refuse_taken(tree, stub)
    _refuse_other_kind(tree, stub)
    for path in stub.paths.values():
        refuse_existing(tree, path)
    init = read_init(tree, stub)
    from .chain import extend_chain  # not before the name is accepted
    from .exports import add_export

    chain = extend_chain(tree, stub.framework, stub.kind.package, stub.exports)
    stars = tuple(edit.path for edit in chain if edit.is_star)
    empty = tuple(_found_empty(tree, stub))
    stub = stub._replace(mended=(stars, _mark(init)), found_empty=empty)
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
    from .chain import shorten_chain
    from .exports import remove_export

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
            stars if exported is not None and _mark(exported) == mark else (),
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
    for found in registered_in(home, tree.engine(), kind) if home else ():
        if home and found.name.casefold() == name.casefold():
            raise ScaffoldError(
                f"{found.name} is already registered in {kind.registry}, by {tree.engine()}",
                f"{home.path(found.path)}:{found.line}",
                f"choose another name, such as {own_name(name)}; a config of this project can use {found.name} as it is",
            )


def _refuse_other_kind(tree: Tree, stub: Stub) -> None:
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


def read_init(tree: Tree, stub: Stub) -> bytes:
    """The `__init__.py` of the stub's package, which parses."""
    init = tree.read(stub.init)
    if init is None:
        raise ScaffoldError(
            "the package has no __init__.py to export from",
            stub.init,
            "create it, an empty file will do",
        )
    parse(init, stub.init)
    return init


def edit_init(
    edit: Callable[..., bytes],
    tree: Tree,
    init: bytes,
    stub: Stub,
    names: Sequence[str] = (),
) -> bytes:
    """The `__init__.py` after an edit of a stub's exports, or of these names; a refusal says which file it is about."""
    style = tree.style
    try:
        return edit(init, stub.names.module, names or stub.exports, style=style)
    except ScaffoldError as e:
        where = (
            f"{stub.init}, {e.where}" if e.where else stub.init
        )  # the edit knows lines, and no file
        raise type(e)(e.what, where, e.hint) from e


def _mentions(init: bytes, stub: Stub) -> bool:
    """The package imports the module, or names one of its exports in a string of `__all__`."""
    for node in ast.walk(parse(init, stub.init)):
        if isinstance(node, ast.ImportFrom) and node.module == stub.names.module:
            return True
        if isinstance(node, ast.Constant) and node.value in stub.exports:
            return True
    return False


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


def refuse_other_class(source: bytes | None, stub: Stub) -> None:
    """Refuse a module that has the right name by chance: `Resnet3D` is not what resnet3d.py holds."""
    if source is None:
        return
    nodes = ast.walk(parse(source, stub.module))
    if not any(isinstance(n, ast.ClassDef) and n.name == stub.names.cls for n in nodes):
        raise ScaffoldError(f"it has no class {stub.names.cls}", stub.module)


def _edited(
    present: Mapping[str, bytes], rendered: Callable[[], Mapping[str, bytes]]
) -> list[str]:
    try:
        files = rendered()
    except ScaffoldError:  # the comment was edited, and asks for what cannot be
        files = {}
    return [path for path, text in present.items() if text != files.get(path)]


def _found_empty(tree: Tree, stub: Stub) -> Iterator[str]:
    """The folders in which an add will write, and which hold nothing yet."""
    for folder in dict.fromkeys(map(os.path.dirname, stub.paths.values())):
        while folder and not os.path.isdir(tree.place(folder)):
            folder = os.path.dirname(folder)
        if folder and folder not in tree.needs and not tree.names_in(folder):
            yield folder


def _mark(init: bytes) -> str:
    """A few characters that tell whether a file is another one; no secret depends on them."""
    return f"{crc32(init):08x}"


def _lines(content: bytes | None) -> list[bytes]:
    """The lines as git counts them: a newline ends one, a carriage return does not."""
    return re.findall(rb"[^\n]*\n|[^\n]+", content or b"")


def _ended(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
