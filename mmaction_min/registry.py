"""Registry: a name in a config -> the class or function that a module registered under it."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, overload

from .building import check_arguments, explain, prefix
from .errors import (
    ConfigKeyError,
    ConfigTypeError,
    DuplicateError,
    NotRegisteredError,
)
from .near import did_you_mean, near
from .places import place_of

T = TypeVar("T", bound=Callable[..., Any])
SCAFFOLDED = (
    *("backbone", "constructor", "dataset", "head", "hook", "localizer"),
    *("loss", "neck", "optimizer", "recognizer", "transform"),
)
"""What `scaffold add` knows of that is looked up in a registry."""


class Registry:
    """A table from names to classes (or functions), filled by a decorator.

        HEADS = Registry("head", where="mmaction_min/models/heads/__init__.py")

        @HEADS.register_module()
        class MyHead(BaseHead): ...

        HEADS.build(dict(type="MyHead", num_classes=8, in_channels=512))

    One registry holds one kind of thing: a head cannot be built as a backbone (upstream has seven names for one table).
    As in mmcv, registries of several projects can be a family: `scope.Name` is looked up in the child of that scope, or
    from the root down; a name without a scope in this registry alone.

    Args:
        name: what it holds, in the singular, as messages say it ("head").
        where: the `__init__.py` in which an import may be missing, for the hint of an unknown name.
        build_func: builds from `(cfg, ..., registry=self)`; the parent's by default, else `build_from_cfg`.
        parent: the registry that this one is a child of.
        scope: its name among the parent's children; by default the package that makes it.
    """

    def __init__(
        self,
        name: str,
        where: str = "",
        *,
        build_func: Callable[..., Any] | None = None,
        parent: Registry | None = None,
        scope: str | None = None,
    ) -> None:
        self.name = name
        self.where = where
        caller = sys._getframe(1).f_globals.get("__name__", "")
        self.scope: str = scope or str(caller).partition(".")[0]
        self.parent = parent
        self.children: dict[str, Registry] = {}
        self.build_func: Callable[..., Any] = build_func or (
            build_from_cfg if parent is None else parent.build_func
        )
        self._modules: dict[str, Callable[..., Any]] = {}
        if parent is not None:
            if self.scope in parent.children:
                raise DuplicateError(
                    f"the {parent.name} registry has a child of the scope {self.scope} already"
                )
            parent.children[self.scope] = self

    def __repr__(self) -> str:
        return f"Registry(name={self.name}, items={self._modules})"

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    @property
    def module_dict(self) -> Mapping[str, Callable[..., Any]]:
        """The table itself, to read."""
        return self._modules

    @overload
    def register_module(
        self, name: str | list[str] | None = ..., force: bool = ...
    ) -> Callable[[T], T]: ...

    @overload
    def register_module(
        self, name: str | list[str] | None = ..., force: bool = ..., *, module: T
    ) -> T: ...

    def register_module(
        self,
        name: str | list[str] | None = None,
        force: bool = False,
        module: T | None = None,
    ) -> T | Callable[[T], T]:
        """Register a class or function, as a decorator or by `module=`.

        Args:
            name: the name or names to register under; the class's own by default.
            force: replace what has the name already.
            module: what to register, if this is not used as a decorator.

        Raises:
            DuplicateError: the name is taken; the message says both places.
            TypeError: the name is no string, or what is registered is neither a class nor a function.
        """
        if inspect.isclass(name):
            return self.deprecated_register_module(name, force=force)
        names = [name] if isinstance(name, str) else name
        if not (
            names is None
            or (
                isinstance(names, list | tuple)
                and all(isinstance(n, str) for n in names)
            )
        ):
            raise TypeError(f"a name to register is a string, not {name!r}")

        def register(module: T) -> T:
            if not inspect.isclass(module) and not inspect.isfunction(module):
                raise TypeError(f"a class or a function is registered, not {module!r}")
            for key in names or [module.__name__]:
                self._add(key, module, force)
            return module

        return register if module is None else register(module)

    def deprecated_register_module(
        self, cls: type | None = None, force: bool = False
    ) -> Any:
        """`@REGISTRY.register_module` without parentheses, which mmcv still takes, with a warning."""
        warnings.warn(
            "write @REGISTRY.register_module(), with the parentheses, or register_module(module=...)",
            DeprecationWarning,
            stacklevel=3,
        )
        register = self.register_module(force=force)
        return register if cls is None else register(cls)

    def _add(self, key: str, module: Callable[..., Any], force: bool) -> None:
        old = self._modules.get(key)
        if old is not None and not force:
            places = _file_of(module, line=True), _file_of(old, line=True)
            twice = old.__module__ != module.__module__ and places[0] == places[1]
            raise DuplicateError(
                f"{key} is already registered as a {self.name}",
                places[0],
                (
                    f"the file is imported twice, as {old.__module__} and as {module.__module__}; import it by one name"
                    if twice
                    else f"the other one is in {places[1]}; rename one of the two"
                ),
            )
        self._modules[key] = module

    def get(self, key: str) -> Callable[..., Any] | None:
        """What is registered under a name, or under `scope.Name` in the family; None if nothing is."""
        scope, dot, name = key.partition(".")
        if not dot or scope == self.scope:
            return self._modules.get(name if dot else key)
        if scope in self.children:
            return self.children[scope].get(name)
        if self.parent is None:
            return None
        root = self.parent
        while root.parent is not None:
            root = root.parent
        return root.get(key)

    def find(self, key: str, where: str = "") -> Callable[..., Any]:
        """What is registered under a name.

        Args:
            key: the name, or `scope.Name`.
            where: where a config says it, for the message.

        Raises:
            NotRegisteredError: nothing is; the message has the near names and the place of the missing import.
        """
        module = self.get(key)
        if module is None:
            raise self._unknown(key, where)
        return module

    def build(self, cfg: Any, default_args: Any = None, **kwargs: Any) -> Any:
        """`build_func(cfg, registry=self, default_args=..., **kwargs)`: by default see `build_from_cfg`."""
        if default_args is not None:
            kwargs["default_args"] = default_args
        return self.build_func(cfg, registry=self, **kwargs)

    def _unknown(self, name: str, where: str) -> NotRegisteredError:
        """The error for a name that is not registered."""
        hint = did_you_mean(name, self, n=3)
        if scope := name.rpartition(".")[0]:
            hint = f"is {scope} a package that custom_imports should import?"
        elif found := self._defining(name):
            place, is_imported = found
            hint = (
                f"{place} has it, without a register_module() above it"
                if is_imported
                else f"{place} has it, and {self.where} does not import it"
            )
        elif self.where:
            hint = hint or f"is it imported in {self.where}?"
            kind = self.name.split()[-1]  # of a "pipeline transform"
            is_new = not near(name, self, cutoff=0.85) and name[:1].isupper()
            if is_new and kind in SCAFFOLDED:
                hint += f" `scaffold add {kind} {name}` writes a place for one"
        return NotRegisteredError(
            f"{name!r} is not in the {self.name} registry",
            where,
            hint or "is its module imported?",
        )

    def _defining(self, name: str) -> tuple[str, bool] | None:
        """The file and line, beside the `__init__.py` of `where`, that defines the name; and whether the file is imported."""
        tops = (Path(__file__).parents[1], Path.cwd())
        for top in tops:
            for init in re.findall(r"[\w/]+/__init__\.py", self.where):
                for path in sorted((top / init).parent.glob("*.py")):
                    text = path.read_text(encoding="utf-8", errors="replace")
                    if found := re.search(
                        rf"^(?:class|def) {re.escape(name)}\b", text, re.M
                    ):
                        line = text.count("\n", 0, found.start()) + 1
                        place = f"{Path(init).parent / path.name}:{line}"
                        return place, _is_imported(path)
        return None


def _is_imported(path: Path) -> bool:
    files = (getattr(each, "__file__", None) for each in [*sys.modules.values()])
    return str(path) in files


def build_from_cfg(
    cfg: Mapping[str, Any],
    registry: Registry,
    default_args: Mapping[str, Any] | None = None,
) -> Any:
    """Build from `dict(type='Name', **arguments)`; the config is only read.

    What a constructor raises goes on as it is, with a note of what was being built; a ValueError, or a wrong argument,
    is a `ConfigError` that says the place in the config.

    Args:
        cfg: the arguments and the `type`: a registered name, or a class or function.
        registry: where the name is looked up.
        default_args: arguments that `cfg` may leave out.

    Raises:
        ConfigTypeError: (a TypeError) `cfg` or `default_args` is no mapping, `type` is no name, or there are arguments
            that the constructor does not take, or lacks.
        ConfigKeyError: (a KeyError) there is no `type`.
        NotRegisteredError: (a KeyError) the type is not registered.
        ConfigError: (a ValueError) the constructor refuses a value.
    """
    if not isinstance(registry, Registry):
        raise TypeError(f"a registry is needed, not {registry!r}")
    for mapping in (cfg, {} if default_args is None else default_args):
        if not isinstance(mapping, Mapping):
            raise ConfigTypeError(
                f"a {registry.name} is built from a dict with a `type`, not from {mapping!r}"
            )
    args = {**(default_args or {}), **cfg}
    if "type" not in args:
        raise ConfigKeyError(
            f'{prefix(cfg)}a {registry.name} is built from a dict that must contain the key "type"',
            place_of(cfg) or repr(dict(cfg)),
            f"one of {', '.join(sorted(registry))}",
        )
    kind = args.pop("type")
    build = kind
    if isinstance(kind, str):
        build = registry.find(kind, place_of(cfg, "type"))
    if not callable(build):
        raise ConfigTypeError(
            f"{prefix(cfg)}`type` is a name or a class, not {kind!r}",
            place_of(cfg, "type"),
        )
    check_arguments(kind, build, args, cfg)
    try:
        return build(**args)
    except Exception as e:
        explain(e, kind, build, cfg)


def _file_of(module: Callable[..., Any], *, line: bool = False) -> str:
    try:
        file = inspect.getsourcefile(module) or module.__module__
        return f"{file}:{inspect.getsourcelines(module)[1]}" if line else file
    except (TypeError, OSError):  # built in, or written in C, or typed into a shell
        return module.__module__
