"""Where a tree speaks of a module by its names, and the text with other names: spliced, never rendered anew.

Three kinds of text speak of it: the module's own files, with the comments and texts that scaffold wrote into them; files
that import it, by name; and every file that names it in a string, as a config does (`type="MyHead"`,
`_base_ = ["../heads/my_head.py"]`).
"""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .errors import ScaffoldError
from .exports.source import Edit, Source, read_source
from .imports import base_of
from .stub import Stub
from .tree import TESTS, Tree

# In Python 3.12 and newer the text of an f-string is a token of its own.
_TEXTS = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}


class Renaming(NamedTuple):
    """From one stub to another of the same kind."""

    old: Stub
    new: Stub

    @property
    def exports(self) -> dict[str, str]:
        """The exported names: the class, and a loss's function."""
        return dict(zip(self.old.exports, self.new.exports, strict=True))

    @property
    def keys(self) -> dict[str, str]:
        """What a string calls it: the class's name, or the name that the kind's suffix is put to, such as a policy."""
        old, new = self.old.names, self.new.names
        return {old.cls: new.cls, old.name: new.name}

    @property
    def words(self) -> dict[str, str]:
        """What its own files call it in comments and strings, with the names of the files."""
        old, new = self.old.names.module, self.new.names.module
        files = {f"{old}.py": f"{new}.py", f"test_{old}.py": f"test_{new}.py"}
        return {**self.exports, **self.keys, **files, self.dotted: f"{self.above}{new}"}

    @property
    def above(self) -> str:
        """The package, with a dot after it."""
        return f"{self.old.framework}.{self.old.kind.package}.".replace("/", ".")

    @property
    def dotted(self) -> str:
        """The module as Python names it."""
        return f"{self.above}{self.old.names.module}"


def rename_own(data: bytes, path: str, renaming: Renaming, written: bytes) -> bytes:
    """A file of the module's own: its names in the code, and in the comments and texts that scaffold wrote.

    Of the other texts only one that is nothing but a name or a place speaks of the module for sure.

    Args:
        data: the file as it is.
        path: its place in the tree.
        renaming: from what to what.
        written: the file as `scaffold add` would write it: its lines are scaffold's own.

    Raises:
        ScaffoldError: the file does not parse, or a name stands for something else in it too.
    """
    source = _read(data, path)
    words = renaming.words
    pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    found = re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)")
    ours = {line.strip() for line in written.decode().splitlines()}
    lines = source.text.split("\n")
    edits = _names(source, path, renaming)
    for token in _tokens(source):
        if token.type in _TEXTS:
            start, end = _span(source, token)
            is_mention = token.string.strip("'\"") in {
                *words,
                *renaming.old.paths.values(),
            }
            for match in found.finditer(source.text[start:end]):
                at = start + match.start()
                line = lines[bisect_right(source.lines, at) - 1].strip()
                if is_mention or line in ours or match[0] == renaming.dotted:
                    edits.append(Edit(at, start + match.end(), words[match[0]]))
    return _spliced(source, edits, path)


def rename_imported(data: bytes, path: str, renaming: Renaming) -> bytes:
    """A file that imports the module, or something of it: the names in its code.

    Raises:
        ScaffoldError: as for `rename_own`.
    """
    source = _read(data, path)
    return _spliced(source, _names(source, path, renaming), path)


def rename_strings(data: bytes, path: str, renaming: Renaming) -> bytes:
    """A file that names the module in strings, or inherits from its config.

    Raises:
        ScaffoldError: the file does not parse, or a string is put together from pieces.
    """
    source = _read(data, path)
    if renaming.old.names.cls in _classes(source):
        return data  # its own class of this name is meant
    edits = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        new = renaming.keys.get(node.value) or _inherited(node.value, path, renaming)
        if new is None:
            continue
        start, end = source.span(node)
        code = source.text[start:end]
        if code.count(node.value) != 1 or code.strip("'\"") != node.value:
            raise ScaffoldError(
                f"{code} means {node.value}, and is not written as such",
                f"{path}:{node.lineno}",
                "write it as one plain string, and give the command again",
            )
        at = start + code.index(node.value)
        edits.append(Edit(at, at + len(node.value), new))
    return _spliced(source, edits, path)


def imports_module(data: bytes, path: str, renaming: Renaming) -> bool:
    """A file of the tree imports the module, or an export of it from a package above it."""
    package = path.split("/")[:-1]
    above = renaming.above.rstrip(".").split(".")
    packages = {".".join(above[:end]) for end in range(1, len(above) + 1)}
    for node in ast.walk(_read(data, path).tree):
        if isinstance(node, ast.Import):
            if any(alias.name == renaming.dotted for alias in node.names):
                return True
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, package)
            names = {f"{base}.{alias.name}" for alias in node.names}
            exported = {f"{base}.{name}" for name in renaming.exports}
            if base == renaming.dotted or renaming.dotted in names:
                return True
            if base in packages and names & exported:
                return True
    return False


def mentioning(tree: Tree, renaming: Renaming) -> Iterator[tuple[str, bytes]]:
    """The files of the framework, the configs and the tests in which a name of the module is found, in order."""
    old = renaming.old.names
    words = [word.encode() for word in {old.cls, old.name, old.module}]
    seen: set[Path] = set()  # an unpacked wheel has its configs inside the framework
    for top in (renaming.old.framework, tree.configs, TESTS):
        for file in sorted({*tree.path(top).rglob("*.py")} - seen):
            seen.add(file)
            path = file.relative_to(tree.root).as_posix()
            is_read = top != TESTS or _is_collected(file.name)
            if not (is_read and file.is_file()):
                continue
            data = file.read_bytes()
            is_named = any(word in data for word in words)
            if not (is_named and file.resolve().is_relative_to(tree.root)):
                continue
            if top != TESTS or _imports(data, path, renaming.old):
                yield path, data


def _imports(data: bytes, path: str, old: Stub) -> bool:
    """A file imports the framework or the engine; a test that does not can mean another thing by the same word."""
    names = set()
    for node in ast.walk(_read(data, path).tree):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return not {old.framework, old.engine}.isdisjoint(n.split(".")[0] for n in names)


def _is_collected(name: str) -> bool:
    """pytest runs a file of this name; the others below `tests/` are data, such as what a test expects."""
    return (
        name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    )


def _names(source: Source, path: str, renaming: Renaming) -> list[Edit]:
    """The names of the module in code: its exports, and the module itself where it is imported."""
    _refuse_other_meanings(source, path, renaming)
    module = renaming.old.names.module
    new = {module: renaming.new.names.module, **renaming.exports}
    imports = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    rows = {row for n in imports for row in range(n.lineno, (n.end_lineno or 0) + 1)}
    # `heads.MyHead` is meant, and `self.my_head` is not: an attribute counts where it is one of a module.
    modules = {
        part
        for n in imports
        for a in n.names
        for part in (a.asname or a.name).split(".")
    }
    edits, before = [], ["", ""]
    for token in _tokens(source):
        name = token.string
        is_alone = before[1] != "." and (name != module or module in source.bound)
        is_of_module = before[1] == "." and before[0] in modules
        is_meant = token.start[0] in rows or is_alone or is_of_module
        if token.type == tokenize.NAME and name in new and is_meant:
            edits.append(Edit(*_span(source, token), new[name]))
        before = [before[1], name]
    return edits


def _refuse_other_meanings(source: Source, path: str, renaming: Renaming) -> None:
    """Refuse a file that uses an old name for an argument too, or a new one for anything."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arg | ast.keyword) and node.arg in renaming.exports:
            raise ScaffoldError(
                f"{node.arg} is also the name of an argument here",
                f"{path}:{node.lineno}",
                "rename the argument first",
            )
        names = {getattr(node, field, None) for field in ("id", "name", "asname")}
        for name in names & set(renaming.exports.values()):
            raise ScaffoldError(
                f"{name} stands for something else here",
                f"{path}:{getattr(node, 'lineno', 1)}",
                "choose another name",
            )


def _classes(source: Source) -> set[str]:
    return {n.name for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef)}


def _inherited(text: str, path: str, renaming: Renaming) -> str | None:
    """A path in a config that leads to the module's config, as it will be."""
    if not text.endswith(f"{renaming.old.names.module}.py"):
        return None
    target = os.path.normpath(os.path.join(os.path.dirname(path), text))
    if target != renaming.old.config:
        return None
    return os.path.join(os.path.dirname(text), f"{renaming.new.names.module}.py")


def _read(data: bytes, path: str) -> Source:
    try:
        return read_source(data)
    except ScaffoldError as e:
        where = f"{path}:{e.where.removeprefix('line ')}" if e.where else path
        raise ScaffoldError(e.what, where, "mend it first; nothing was written") from e


def _tokens(source: Source) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source.text).readline)


def _span(source: Source, token: tokenize.TokenInfo) -> tuple[int, int]:
    (row, column), (end_row, end_column) = token.start, token.end
    return source.lines[row - 1] + column, source.lines[end_row - 1] + end_column


def _spliced(source: Source, edits: list[Edit], path: str) -> bytes:
    after = source.spliced(edits)
    _read(after, path)  # it compiles, as it did before
    return after
