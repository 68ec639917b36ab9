"""A kind is a folder of templates with a `kind.toml`: the tree's own folders first, then the bundled ones."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from .arguments import Argument, parse_argument
from .errors import ScaffoldError

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover (Python 3.10)
    import tomli as tomllib

FACTS = "kind.toml"
# Beside the package in a checkout, where people edit them; inside it in an installed wheel.
_HERE = Path(__file__).resolve().parent
BUNDLED = _HERE / "templates"
if not BUNDLED.is_dir():  # pragma: no branch (an installed wheel)
    BUNDLED = _HERE.parent / "templates"


@dataclass(frozen=True)
class Kind:
    """What `kind.toml` says. Every fact of a framework is here, none in Python.

    Attributes:
        name: the folder's name, as the command line says it.
        folder: where the templates are.
        summary: one line, for `scaffold list`.
        package: the folder of the modules, below the framework ("models/heads").
        configs: the folder of the config stubs, below `configs/` ("heads").
        registry: the name of the registry ("HEADS").
        imports: the lines that bring the registry and the base class into a module; `{framework}` is filled in.
        base: the base class.
        next: the commands to type after an add; `{framework}`, `{config}` and `{test}` are filled in.
        suffix: what every class name ends with ("LrUpdaterHook"), or nothing.
        exports: the exported names; `{cls}` and `{module}` are filled in.
        start: the arguments that a stub has if no `--arg` is given.
        keeps: those of `start` that stay with `--arg` too, because the stub works with them.
        reserved: names that no argument can have, because the base class has them.
        taken: registered names that do not stand in the tree's code.
    """

    name: str
    folder: Path
    summary: str
    package: str
    configs: str
    registry: str
    imports: tuple[str, ...]
    base: str
    next: tuple[str, ...]
    suffix: str = ""
    exports: tuple[str, ...] = ("{cls}",)
    start: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    def template(self, name: str) -> str:
        """The text of one of the kind's templates ("module.py.jinja").

        Raises:
            ScaffoldError: the folder has no such file.
        """
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError) as e:
            raise ScaffoldError(
                f"the kind {self.name} has no readable {name}", str(self.folder)
            ) from e

    def arguments(self, given: Sequence[Argument]) -> tuple[Argument, ...]:
        """The arguments of a new constructor: what is given, and what the stub cannot do without.

        Args:
            given: from the command line; without any, all that the stub starts with are taken.

        Returns:
            Those without a default first, as Python wants it.

        Raises:
            ScaffoldError: one of them is the base class's, or is the stub's own with another type.
        """
        start = {own.name: own for own in map(parse_argument, self.start)}
        if not given:
            return tuple(start.values())
        chosen = [self._settled(argument, start) for argument in given]
        names = [argument.name for argument in chosen]
        chosen += [start[name] for name in self.keeps if name not in names]
        return tuple(sorted(chosen, key=lambda argument: argument.default is not None))

    def _settled(self, given: Argument, start: Mapping[str, Argument]) -> Argument:
        """An argument that the stub starts with takes the stub's type, and its default if it has none."""
        where = f"--arg {given.name}"
        if given.name in self.reserved:
            raise ScaffoldError(
                f"every {self.name} has {given.name} already, from {self.base}",
                where,
                "choose another name",
            )
        own = start.get(given.name, given)
        if given.default is None and given.type in ("Any", own.type):
            return own
        if given.type != own.type:
            raise ScaffoldError(
                f"the stub uses {own.name} itself, as {own.type} and not as {given.type}",
                where,
                f"--arg {own.name}:{own.type}={own.default}",
            )
        return given


def find_kinds(root: Path) -> dict[str, Kind]:
    """Every kind by its name, for the tree at `root`.

    Raises:
        ScaffoldError: a `kind.toml` cannot be used.
    """
    folders: dict[str, Path] = {}
    for templates in (BUNDLED, root / "templates"):
        for facts in sorted(templates.glob(f"*/{FACTS}")):
            folders[facts.parent.name] = facts.parent
    return {name: read_kind(folder) for name, folder in folders.items()}


def find_kind(root: Path, name: str) -> Kind:
    """One kind.

    Raises:
        ScaffoldError: there is none of this name; the hint has the nearest.
    """
    kinds = find_kinds(root)
    if name in kinds:
        return kinds[name]
    near = difflib.get_close_matches(name.lower(), kinds, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ScaffoldError(
        f"{name!a} is no kind", hint=f"{meant}the kinds are {', '.join(kinds)}"
    )


def read_kind(folder: Path) -> Kind:
    """Read and check a kind's folder.

    Raises:
        ScaffoldError: its `kind.toml` is no TOML, lacks a fact, or has an unknown or wrong one.
    """
    file = folder / FACTS
    try:
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ScaffoldError(f"it is no TOML: {e}", str(file)) from e
    _check_facts(facts, str(file))
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in facts.items()
    }
    return Kind(name=folder.name, folder=folder, **values)


def _check_facts(facts: Mapping[str, Any], where: str) -> None:
    known = {f.name: f for f in fields(Kind) if f.name not in ("name", "folder")}
    for key, value in facts.items():
        if key not in known:
            raise ScaffoldError(
                f"{key!r} is no fact of a kind", where, f"one of {', '.join(known)}"
            )
        texts = value if known[key].type.startswith("tuple") else [value]
        if not (isinstance(texts, list) and all(isinstance(t, str) for t in texts)):
            raise ScaffoldError(f"{key} should be of type {known[key].type}", where)
    required = [name for name, f in known.items() if f.default is MISSING]
    if missing := [name for name in required if name not in facts]:
        raise ScaffoldError(f"it does not say {', '.join(missing)}", where)
