"""Whether a sub-package is reached though its parent has no statement that takes it in."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ScaffoldError
from ..imports import computes, imports_in, strings_in
from ..registrations import parse
from ..tree import Tree
from .link import Link


def is_reached(link: Link) -> bool:
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


def is_computed(link: Link) -> bool:
    """The parent finds its sub-packages by computing, this one like the others.

    Raises:
        ScaffoldError: it has a table of them, in which this one is missing.
    """
    tree = link.source.tree
    if not computes(tree):
        return False
    listed = {part for text in strings_in(tree) for part in text.split(".")}
    if link.child in listed or listed.isdisjoint(link.siblings):
        return True
    raise ScaffoldError(
        f"{link.child} is out of reach: this file loads its packages by a table, which lacks it",
        link.path,
        f"add {link.child} to the table, and give the command again",
    )


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
    for base, names in imports_in(tree, package):
        parts = base.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from (f"{base}.{name}" for name in names)
    yield from strings_in(tree)
