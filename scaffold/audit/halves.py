"""What `scaffold add` made and is not whole any more: a module, a config or a test is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache

from ..errors import ScaffoldError
from ..finding import Finding
from ..kinds import Kind
from ..names import make_names
from ..stub import Stub, made_by, recorded
from ..tree import TESTS, Tree
from ..trust import is_trusted

CODE = "incomplete"


def incomplete(tree: Tree, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """A finding for each config and test that says how it was made, and each file that is missing beside it.

    Only files that say so count. People test and configure in many ways, and a tree of hundreds of modules without a
    test of this name would drown what is wrong.
    """
    framework = cache(tree.framework)
    files = [
        file.relative_to(tree.root).as_posix()
        for folder in (tree.configs, TESTS)
        for file in sorted(tree.path(folder).rglob("*.py"))
        if file.is_file()
    ]
    for path in files:
        source = tree.read(path) or b""
        made = made_by(source)
        if made is None or made[0] not in kinds:
            continue
        kind, name = kinds[made[0]], made[1]
        try:
            names = make_names(name, kind.suffix)
            stub = Stub(kind, names, framework(kind.package), engine=tree.engine())
        except ScaffoldError:  # the comment was edited
            continue
        if path not in stub.paths.values():  # moved, and so someone else's
            continue
        for role, other in stub.paths.items():
            if _content(tree, other) is None:
                yield _missing(tree, recorded(stub, [source]), path, role)


def _content(tree: Tree, path: str) -> bytes | None:
    """None if there is nothing; of what is no file, such as a folder, an empty one."""
    try:
        return tree.read(path)
    except ScaffoldError:
        return b""


def _missing(tree: Tree, stub: Stub, path: str, role: str) -> Finding:
    """What is not there; a config or a test can be written again where all the rest is as the add wrote it."""
    gone = stub.paths[role]
    written: dict[str, bytes] = {}
    if is_trusted(stub.kind):
        with suppress(ScaffoldError):  # the comment was edited
            written = stub.render(tree.width())
    contents = {other: _content(tree, other) for other in stub.paths.values()}
    rest = {other: text for other, text in contents.items() if text is not None}
    as_added = rest.items() <= written.items()
    what = f"the {role} of {stub.names.name} is not there: {gone}"
    remove = f"scaffold remove {stub.kind.name} {stub.names.name}"
    if as_added and stub.module in rest:
        hint = f"`scaffold check --fix` writes it again; `{remove}` takes the rest back"
        return Finding(path, 1, CODE, what, hint, lambda _: [(gone, written[gone])])
    force = "" if as_added else " --force"
    back = f"`git restore {gone}` if it was committed, or write it anew"
    return Finding(
        path, 1, CODE, what, f"{back}; `{remove}{force}` takes the rest back"
    )
