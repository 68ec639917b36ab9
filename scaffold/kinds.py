"""A kind is a folder of templates with a `kind.toml`: the tree's own folders first, then the bundled ones."""

# No `from __future__ import annotations`: the annotations of `Kind` are read, as they are, to check its facts.
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ScaffoldError
from .layouts import BUNDLED, LAYOUTS, OWN, Layout
from .toml import read_toml
from .tree import Tree

if TYPE_CHECKING:
    from .arguments import Argument

FACTS = "kind.toml"


class Kind(NamedTuple):
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
        check: the commands that `add --check` runs; `{scratch}` is a folder that is thrown away.
        suffix: what every class name ends with ("LrUpdaterHook"), or nothing.
        exports: the exported names; `{cls}` and `{module}` are filled in.
        start: the arguments that a stub has if no `--arg` is given.
        keeps: those of `start` that stay with `--arg` too, because the stub works with them.
        reserved: names that no argument can have, because the base class has them.
        taken: registered names that do not stand in the tree's code.
        folders: where its files are, the first that has one; `folder` is the first of them.
        configs_in: the tree's folder of configs.
        yapf: the style of yapf that new files have, as yapf reads it; black's form without one.
    """

    name: str
    folder: str
    summary: str
    package: str
    configs: str
    registry: str
    imports: tuple[str, ...]
    base: str
    next: tuple[str, ...]
    check: tuple[str, ...] = ()
    suffix: str = ""
    exports: tuple[str, ...] = ("{cls}",)
    start: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    configs_in: str = "configs"
    yapf: str = ""

    @property
    def is_bundled(self) -> bool:
        """It came with scaffold, and is not the tree's own."""
        templates = os.path.dirname(self.folder)
        return templates == BUNDLED or os.path.dirname(templates) == LAYOUTS

    def template(self, name: str) -> str:
        """The text of one of the kind's templates ("module.py.jinja").

        Raises:
            ScaffoldError: the folder has no such file.
        """
        try:
            with open(_first(self.folders, name), encoding="utf-8") as file:
                return file.read()
        except (FileNotFoundError, UnicodeDecodeError) as e:
            raise ScaffoldError(
                f"the kind {self.name} has no readable {name}", self.folder
            ) from e

    def files(self) -> dict[str, bytes]:
        """The content of each file of its folders by its name, `kind.toml` last: with it a folder is a kind."""
        found: dict[str, bytes] = {}
        for folder in reversed(self.folders):
            names = os.listdir(folder) if os.path.isdir(folder) else []
            for name in names:
                if name == FACTS or name.endswith(".jinja"):
                    with open(os.path.join(folder, name), "rb") as file:
                        found[name] = file.read()
        return dict(sorted(found.items(), key=lambda item: (item[0] == FACTS, item)))

    def copied(self, root: str) -> "Kind":
        """The kind as the tree's own folder of this name has it."""
        folder = os.path.join(root, "templates", self.name)
        return self._replace(folder=folder, folders=(folder,))

    def arguments(self, given: "Sequence[Argument]") -> "tuple[Argument, ...]":
        """The arguments of a new constructor: what is given, and what the stub cannot do without.

        Args:
            given: from the command line; without any, all that the stub starts with are taken.

        Returns:
            Those without a default first, as Python wants it.

        Raises:
            ScaffoldError: one of them is the base class's, or is the stub's own with another type.
        """
        from .arguments import parse_argument

        start = {own.name: own for own in map(parse_argument, self.start)}
        if not given:
            return tuple(start.values())
        chosen = [self._settled(argument, start) for argument in given]
        names = [argument.name for argument in chosen]
        chosen += [start[name] for name in self.keeps if name not in names]
        return tuple(sorted(chosen, key=lambda argument: argument.default is not None))

    def _settled(
        self, given: "Argument", start: "Mapping[str, Argument]"
    ) -> "Argument":
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


def find_kinds(
    root: str | os.PathLike[str], layout: Layout | None = None
) -> dict[str, Kind]:
    """Every kind by its name, for the tree at `root`.

    Args:
        root: the tree's folder.
        layout: the tree's; without it, the tree's settings tell, or its look.

    Raises:
        ScaffoldError: a `kind.toml` cannot be used.
    """
    layout = layout or Tree(root).layout
    folders = _folders(root, layout)
    return {name: _in_tree(found, root, layout) for name, found in folders.items()}


def find_kind(
    root: str | os.PathLike[str], name: str, layout: Layout | None = None
) -> Kind:
    """One kind; see `find_kinds`.

    Raises:
        ScaffoldError: there is none of this name; the hint has the nearest.
    """
    layout = layout or Tree(root).layout
    kinds = _folders(root, layout)
    if name in kinds:
        return _in_tree(kinds[name], root, layout)
    if layout is not OWN and os.path.exists(os.path.join(BUNDLED, name, FACTS)):
        raise ScaffoldError(
            f"trees of {layout.name} have no kind {name}",
            hint=f"the kinds are {', '.join(kinds)}",
        )
    import difflib

    near = difflib.get_close_matches(name.lower(), kinds, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ScaffoldError(
        f"{name!a} is no kind", hint=f"{meant}the kinds are {', '.join(kinds)}"
    )


def _in_tree(
    folders: Sequence[str], root: str | os.PathLike[str], layout: Layout
) -> Kind:
    kind = read_kind(*folders)
    if layout is OWN:
        return kind
    tree = Tree(root, layout.name)
    return kind._replace(configs_in=tree.configs, yapf=tree.yapf)


def _folders(
    root: str | os.PathLike[str], layout: Layout
) -> dict[str, tuple[str, ...]]:
    """The folders of each kind: the tree's own goes before all others, and a layout's before those that it extends."""
    kinds: dict[str, tuple[str, ...]] = {}
    for templates in layout.folders:
        for name, folder in _kinds_in(templates):
            kinds[name] = (*kinds.get(name, ()), folder)
    for name, folder in _kinds_in(os.path.join(root, "templates")):
        if os.path.exists(os.path.join(folder, FACTS)):
            kinds[name] = (folder,)
    return {
        name: folders
        for name, folders in sorted(kinds.items())
        if os.path.exists(_first(folders, FACTS))
    }


def _kinds_in(templates: str) -> list[tuple[str, str]]:
    names = sorted(os.listdir(templates)) if os.path.isdir(templates) else []
    paths = [(name, os.path.join(templates, name)) for name in names]
    return [(name, path) for name, path in paths if os.path.isdir(path)]


def _first(folders: Sequence[str], name: str) -> str:
    """The first of the files of this name; the first place for it, if there is none."""
    paths = [os.path.join(folder, name) for folder in folders]
    return next(filter(os.path.exists, paths), paths[0])


def read_kind(folder: str | os.PathLike[str], *bases: str) -> Kind:
    """Read and check a kind's folder.

    Args:
        folder: with its `kind.toml` and its templates.
        bases: where to look for what the folder does not have.

    Raises:
        ScaffoldError: its `kind.toml` is no TOML, lacks a fact, or has an unknown or wrong one.
    """
    folder = os.fspath(folder)
    folders = (folder, *bases)
    path = _first(folders, FACTS)
    with open(path, "rb") as file:
        facts = read_toml(file.read(), path)
    _check_facts(facts, path)
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in facts.items()
    }
    name = os.path.basename(folder)
    return Kind(name=name, folder=folder, folders=folders, **values)


def _check_facts(facts: Mapping[str, Any], where: str) -> None:
    known = {fact: Kind.__annotations__[fact] for fact in Kind._fields[2:-3]}
    for key, value in facts.items():
        if key not in known:
            raise ScaffoldError(
                f"{key!r} is no fact of a kind", where, f"one of {', '.join(known)}"
            )
        texts = [value] if known[key] is str else value
        if not (isinstance(texts, list) and all(isinstance(t, str) for t in texts)):
            what = f"{key} should be of type {known[key].__name__}"
            raise ScaffoldError(what, where)
    for key in ("package", "configs"):
        parts = str(facts.get(key, "")).split("/")
        if key in facts and (".." in parts or "" in parts):
            what = f"{key} leads out of the tree, or is no path"
            raise ScaffoldError(what, where, "such as models/heads")
    given = facts.keys() | Kind._field_defaults
    if missing := [fact for fact in known if fact not in given]:
        raise ScaffoldError(f"it does not say {', '.join(missing)}", where)
