"""The three files of a new module: its code, its config stub and its test; where they go and what is in them."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ScaffoldError
from .kinds import Kind
from .names import Names, own_name
from .render import render
from .tree import TESTS

if TYPE_CHECKING:
    from .arguments import Argument

# The comment in a config stub and in a test that says how they were made, so that `remove` needs no other record.
_MADE_BY = re.compile(rb"^# Made by: scaffold add \S+ \S+ (.+)$", re.MULTILINE)
_MENDED = re.compile(rb"^# Mended: (.+) \((\w+)\)$", re.MULTILINE)
_FOUND_EMPTY = re.compile(rb"^# Found empty: (.+)$", re.MULTILINE)


class Stub(NamedTuple):
    """What an add writes, but for the export.

    Attributes:
        kind: what is added.
        names: its names.
        framework: the package that it goes into.
        options: the texts of `--arg`.
        mended: the parent packages that the add let import theirs by a star, and what marks the export before it.
        found_empty: the folders that were there before the add, and empty: they stay when it is taken back.
        engine: the package that has the registries and the training; empty if it is the framework itself.
    """

    kind: Kind
    names: Names
    framework: str
    options: tuple[str, ...] = ()
    mended: tuple[tuple[str, ...], str] = ((), "")
    found_empty: tuple[str, ...] = ()
    engine: str = ""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments of the constructor."""
        from .arguments import parse_arguments

        return self.kind.arguments(parse_arguments(self.options))

    @property
    def init(self) -> str:
        """The file that exports the module; this and all paths are from the tree's root."""
        return f"{self.framework}/{self.kind.package}/__init__.py"

    @property
    def module(self) -> str:
        """The file of the new class."""
        return f"{self.framework}/{self.kind.package}/{self.names.module}.py"

    @property
    def config(self) -> str:
        """The file of the config stub."""
        return f"{self.kind.configs_in}/{self.kind.configs}/{self.names.module}.py"

    @property
    def test(self) -> str:
        """The file of the unit test; its folders mirror the module's."""
        return f"{TESTS}/{self.kind.package}/test_{self.names.module}.py"

    @property
    def paths(self) -> dict[str, str]:
        """The three files, each under the name of its template."""
        return {"module": self.module, "config": self.config, "test": self.test}

    @property
    def exports(self) -> list[str]:
        """The names that the package exports."""
        names = {"cls": self.names.cls, "module": self.names.module}
        return [_fill(text, names) for text in self.kind.exports]

    def next_commands(
        self, shown: Callable[[str], str] = str, *, is_tested: bool = False
    ) -> list[str]:
        """What to type after an add.

        Args:
            shown: writes a path of the tree as the command needs it; from the tree's root, if nothing is said.
            is_tested: the test has been run.
        """
        texts = [t for t in self.kind.next if not (is_tested and "{test}" in t)]
        values = self._places(shown)
        return [_fill(text, values) for text in texts]

    def check_commands(self, scratch: str) -> list[str]:
        """What `add --check` runs, in the tree's root.

        Args:
            scratch: a folder for what is made on the way.
        """
        values = {**self._places(shlex.quote), "scratch": shlex.quote(scratch)}
        return [_fill(text, values) for text in self.kind.check]

    def _places(self, shown: Callable[[str], str]) -> dict[str, str]:
        return {
            "framework": self.engine or self.framework,
            "config": shown(self.config),
            "test": shown(self.test),
        }

    def render(self, width: int | None) -> dict[str, bytes]:
        """The content of each file by its path, the module first.

        Args:
            width: of the tree's code; black's own if the tree says nothing.

        Raises:
            ScaffoldError: an argument or a template is wrong, or a name hides one that the module needs.
        """
        from .style import BLACK_WIDTH

        files = {}
        context = self._context()
        # The tests prove it of the bundled templates; a text whose quotes are not black's is left to black.
        values = "".join(argument.value for argument in self.arguments)
        is_formatted = self.kind.is_bundled and "'" not in values
        for role, path in self.paths.items():
            template = f"{role}.py.jinja"
            files[path] = render(
                self.kind.template(template),
                context,
                where=f"{self.kind.name}/{template}",
                line_length=width or BLACK_WIDTH,
                is_formatted=is_formatted,
                yapf=self.kind.yapf,
                is_trusted=self.kind.is_bundled,
            ).encode()
        self._refuse_hiding(ast.parse(files[self.module]))
        return files

    def _context(self) -> dict[str, Any]:
        """All that a template can use; only text, numbers, and lists and dicts of them."""
        options = [word for text in self.options for word in ("--arg", text)]
        command = ["scaffold", "add", self.kind.name, self.names.name, *options]
        arguments = self.arguments
        fields = ("name", "type", "default", "parameter", "given", "value")
        parents, mark = self.mended
        notes = [f"# Mended: {shlex.join(parents)} ({mark})"] if parents else []
        if self.found_empty:
            notes.append(f"# Found empty: {shlex.join(self.found_empty)}")
        return {
            "cls": self.names.cls,
            "name": self.names.name,
            "module": self.names.module,
            "registry": self.kind.registry,
            "base": self.kind.base,
            "imports": self._imports(),
            "framework": self.engine or self.framework,
            "package": f"{self.framework}.{self.kind.package}".replace("/", "."),
            "config": self.config,
            "test": self.test,
            "to_root": len(self.test.split("/")) - 1,
            "args": [
                {f: self._quoted(getattr(a, f)) for f in fields} for a in arguments
            ],
            "arg_names": [a.name for a in arguments],
            "needs_any": any("Any" in a.type for a in arguments),
            "command": "\n".join([shlex.join(command), *notes]),
            "next": self.next_commands(),
        }

    def _imports(self) -> str:
        """The kind's import lines; from a project outside the engine its relative ones are written out."""
        lines = "\n".join(self.kind.imports)
        if not self.engine:
            return _fill(lines, {"framework": self.framework})
        package = f"{self.engine}/{self.kind.package}".split("/")

        def absolute(match: re.Match[str]) -> str:
            above = package[: len(package) - len(match[1]) + 1]
            return f"from {'.'.join((*above, match[2]))} import"

        lines = re.sub(r"(?m)^from (\.+)([\w.]+) import", absolute, lines)
        return _fill(lines, {"framework": self.engine})

    def _quoted(self, text: str | None) -> str | None:
        """Python text with the house's quotes, but for one that has quotes or escapes in its strings."""
        if not self.kind.yapf or text is None or "'" in text or "\\" in text:
            return text
        return text.replace('"', "'")

    def _refuse_hiding(self, module: ast.Module) -> None:
        """Refuse a class that hides an import of its module, and an argument that hides anything that the module binds."""
        imported = {
            (alias.asname or alias.name).partition(".")[0]
            for node in ast.walk(module)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        for name in self.exports:
            if name in imported:
                raise ScaffoldError(
                    f"{name} is a name that the new module itself imports",
                    hint=f"choose another, such as {own_name(name)}",
                )
        defined = (ast.ClassDef, ast.FunctionDef)
        bound = imported | {n.name for n in ast.walk(module) if isinstance(n, defined)}
        for argument in self.arguments:
            if argument.name in bound:
                raise ScaffoldError(
                    f"{argument.name} is a name that the new module uses itself",
                    f"--arg {argument.name}",
                    f"choose another, such as {argument.name}_",
                )


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a fact of a kind; not `str.format`, which would let the fact reach into objects."""
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def made_by(source: bytes) -> tuple[str, str] | None:
    """The kind and the NAME that a config stub or a test says it was made for."""
    found = re.search(rb"(?m)^# Made by: scaffold add (\S+) (\w+)", source)
    return (found[1].decode(), found[2].decode()) if found else None


def recorded(stub: Stub, sources: Iterable[bytes]) -> Stub:
    """The stub with what the comments of its config and test say about the add that made them, if they say it."""
    options: tuple[str, ...] = ()
    mended: tuple[tuple[str, ...], str] = ((), "")
    empty: tuple[str, ...] = ()
    with suppress(ValueError):  # edited: it differs from what add writes in any case
        for source in sources:
            if found := _MADE_BY.search(source):
                options = options or tuple(shlex.split(found[1].decode())[1::2])
            if found := _MENDED.search(source):
                mended = tuple(shlex.split(found[1].decode())), found[2].decode()
            if found := _FOUND_EMPTY.search(source):
                empty = tuple(shlex.split(found[1].decode()))
    return stub._replace(options=options, mended=mended, found_empty=empty)
