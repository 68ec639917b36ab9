"""The text of a config file and of those that it inherits, and where in it a key stands."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

Keys = tuple[str, ...]
"""The way from the top of a config to an entry; an index into a list is a key of digits."""


class Found(NamedTuple):
    """How many of the keys were found, and the file and line of the last one."""

    depth: int
    file: str
    line: int


@dataclass(frozen=True)
class Source:
    """A config file that was read, with those that it inherits.

    Args:
        file: its absolute path.
        raw: its text.
        text: the same with its variables filled in and a name for each `{{ _base_.key }}`: it parses.
        stand_ins: that name -> the key.
        bases: the files that its `_base_` names.
    """

    file: str
    raw: str
    text: str = ""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    bases: tuple[Source, ...] = ()

    @property
    def all_text(self) -> str:
        """The text of all files, the bases first, each below a line with its path, as mmcv has it."""
        return "\n".join(
            [*(base.all_text for base in self.bases), f"{self.file}\n{self.raw}"]
        )

    @property
    def display(self) -> str:
        """The file as a message says it: relative where it is below the current folder."""
        return display(self.file)

    @cached_property
    def tree(self) -> ast.Module | Any:
        """The syntax tree: Python's, or the nodes of the YAML (of which JSON is a part); None if it does not parse."""
        if self.file.endswith(".py"):
            return _parse(self.text)
        import yaml

        try:
            return yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.YAMLError:  # JSON with tabs
            return None

    @cached_property
    def assigned(self) -> dict[str, ast.stmt]:
        """The last assignment to each name at the top of a Python config."""
        body = getattr(self.tree, "body", [])
        return {name: node for node in body for name in _targets(node)}

    @cached_property
    def edited(self) -> dict[tuple[str, str], ast.stmt]:
        """The last `name[key] = value` and `name.key = value` at the top of a Python config."""
        body = getattr(self.tree, "body", [])
        return {way: node for node in body for way in _edits(node)}

    def find(self, keys: Keys) -> Found:
        """The place of the longest part of the keys that a file has; of two equally long ones the heir's."""
        found = [self._find_here(keys), *(base.find(keys) for base in self.bases)]
        return max(found, key=lambda each: each.depth)  # the first of equals

    def read_names(self) -> set[str]:
        """The names that any of the files reads, so that an entry may be there for them alone."""
        names = {key.split(".")[0] for key in self.stand_ins.values()}
        if isinstance(self.tree, ast.Module):
            names |= {
                node.id
                for node in ast.walk(self.tree)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
        return names.union(*(base.read_names() for base in self.bases))

    def _find_here(self, keys: Keys) -> Found:
        nothing = Found(0, self.display, 0)
        if not isinstance(self.tree, ast.Module):
            return _descend_yaml(self.tree, keys, nothing)
        if not keys:
            return nothing
        statement = self.assigned.get(keys[0])
        line = statement.lineno if statement else 0
        found = Found(1, self.display, line) if statement else nothing
        there = self._follow(keys[0], keys, Found(1, self.display, line), ())
        return there if there.depth > 1 else found

    def _descend(
        self, node: ast.expr | None, keys: Keys, found: Found, seen: tuple[str, ...]
    ) -> Found:
        """Go on from `node`, the value of the keys that are found, through names, calls, dicts and lists."""
        if found.depth == len(keys) or node is None:
            return found
        if isinstance(node, ast.Name):
            return self._follow(node.id, keys, found, seen)
        candidates = []
        for key, child in _entries(node):
            if key is None:  # **others
                candidates.append(self._descend(child, keys, found, seen))
            elif key == keys[found.depth]:
                here = Found(found.depth + 1, found.file, child.lineno)
                line = getattr(child, "key_line", child.lineno)
                here = here._replace(line=line)
                candidates.append(self._descend(child, keys, here, seen))
        return max([found, *candidates], key=lambda each: each.depth)

    def _follow(
        self, name: str, keys: Keys, found: Found, seen: tuple[str, ...]
    ) -> Found:
        """Go on from a name."""
        edit = (
            self.edited.get((name, keys[found.depth]))
            if found.depth < len(keys)
            else None
        )
        if edit is not None:
            here = Found(found.depth + 1, self.display, edit.lineno)
            return self._descend(getattr(edit, "value", None), keys, here, seen)
        if name in self.stand_ins:  # a value of the bases
            way = (*self.stand_ins[name].split("."), *keys[found.depth :])
            bases = [base.find(way) for base in self.bases]
            there = max(bases, key=lambda each: each.depth, default=found)
            gain = there.depth - len(self.stand_ins[name].split("."))
            return there._replace(depth=found.depth + gain) if gain > 0 else found
        if name in seen or name not in self.assigned:
            return found
        value = getattr(self.assigned[name], "value", None)
        return self._descend(value, keys, found, (*seen, name))


def display(file: str | os.PathLike[str]) -> str:
    """A file as a message says it: relative where it is below the current folder."""
    relative = os.path.relpath(file)
    return os.fspath(file) if relative.startswith("..") else relative


def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _targets(node: ast.stmt) -> Iterator[str]:
    targets: Sequence[ast.expr] = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target] if isinstance(node, ast.AnnAssign) else []
    )
    return (target.id for target in targets if isinstance(target, ast.Name))


def _edits(node: ast.stmt) -> Iterator[tuple[str, str]]:
    for target in node.targets if isinstance(node, ast.Assign) else ():
        owner = getattr(target, "value", None)
        if not isinstance(owner, ast.Name):
            continue
        if isinstance(target, ast.Attribute):
            yield owner.id, target.attr
        elif isinstance(target, ast.Subscript) and isinstance(
            target.slice, ast.Constant
        ):
            yield owner.id, str(target.slice.value)


def _entries(node: ast.expr) -> Iterator[tuple[str | None, ast.expr]]:
    """The entries of a dict, `dict(...)`, list or tuple, the last first; the key None is `**value`."""
    if isinstance(node, ast.Dict):
        for key, value in reversed(list(zip(node.keys, node.values, strict=True))):
            if key is None:
                yield None, value
            elif isinstance(key, ast.Constant):
                yield str(key.value), _at(value, key.lineno)
    elif isinstance(node, ast.Call):
        for word in reversed(node.keywords):
            yield word.arg, _at(word.value, word.lineno)
        yield from ((None, value) for value in node.args)
    elif isinstance(node, ast.List | ast.Tuple):
        yield from ((str(i), value) for i, value in enumerate(node.elts))


def _at(node: ast.expr, line: int) -> ast.expr:
    """The value with the line of its key, which may stand above it."""
    node.key_line = line  # type: ignore[attr-defined]
    return node


def _descend_yaml(node: Any, keys: Keys, found: Found) -> Found:
    for key in keys:
        entries = getattr(node, "value", None)
        if not isinstance(entries, list):
            break
        if re.fullmatch(r"\d+", key) and entries and not isinstance(entries[0], tuple):
            if int(key) >= len(entries):
                break
            name = node = entries[int(key)]
        else:
            pairs = [pair for pair in entries if isinstance(pair, tuple)]
            pair = next((pair for pair in pairs if pair[0].value == key), None)
            if pair is None:
                break
            name, node = pair
        found = Found(found.depth + 1, found.file, name.start_mark.line + 1)
    return found
