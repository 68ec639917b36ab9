"""Registry: a name in a config -> the class that a module registered under it."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, overload

from .errors import ConfigError, DuplicateError, EngineError, NotRegisteredError

T = TypeVar("T", bound=Callable[..., Any])


class Registry:
    """A table from names to classes (or functions), filled by a decorator.

        HEADS = Registry("head", where="mmaction_min/models/heads/__init__.py")

        @HEADS.register_module()
        class MyHead(BaseHead): ...

        HEADS.build(dict(type="MyHead", num_classes=8, in_channels=512))

    One registry holds one kind of thing: a head cannot be built as a backbone (upstream has seven names for one table).

    Args:
        name: what it holds, in the singular, as messages say it ("head").
        where: the `__init__.py` in which an import may be missing, for the hint of an unknown name.
    """

    def __init__(self, name: str, where: str = "") -> None:
        self.name = name
        self.where = where
        self._modules: dict[str, Callable[..., Any]] = {}

    def __repr__(self) -> str:
        return f"Registry({self.name!r}, {sorted(self._modules)})"

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    @property
    def module_dict(self) -> Mapping[str, Callable[..., Any]]:
        """The table itself, to read."""
        return self._modules

    @overload
    def register_module(
        self, name: str | list[str] | None = ..., *, force: bool = ...
    ) -> Callable[[T], T]: ...

    @overload
    def register_module(
        self, name: str | list[str] | None = ..., *, force: bool = ..., module: T
    ) -> T: ...

    def register_module(
        self,
        name: str | list[str] | None = None,
        *,
        force: bool = False,
        module: T | None = None,
    ) -> T | Callable[[T], T]:
        """Register a class or function, as a decorator or by `module=`.

        Args:
            name: the name or names to register under; the class's own by default.
            force: replace what has the name already.
            module: what to register, if this is not used as a decorator.

        Raises:
            DuplicateError: the name is taken; the message says both files.
        """
        if callable(name):
            raise TypeError("write @REGISTRY.register_module(), with the parentheses")

        def register(module: T) -> T:
            for key in (
                [module.__name__]
                if name is None
                else [name] if isinstance(name, str) else name
            ):
                if key in self._modules and not force:
                    raise DuplicateError(
                        f"{key} is already registered as a {self.name}",
                        _file_of(module),
                        f"the other one is in {_file_of(self._modules[key])}; rename one of the two",
                    )
                self._modules[key] = module
            return module

        return register if module is None else register(module)

    def get(self, name: str) -> Callable[..., Any]:
        """What is registered under `name`.

        Raises:
            NotRegisteredError: (a KeyError) the message has the near names and the place of the missing import.
        """
        if name in self._modules:
            return self._modules[name]
        raise NotRegisteredError(
            f"{name!r} is not in the {self.name} registry", hint=self._hint(name)
        )

    def _hint(self, name: str) -> str:
        lower = {key.lower(): key for key in self._modules}
        near = [
            lower[key]
            for key in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
        ]
        meant = f"did you mean {', '.join(near)}? " if near else ""
        return (
            f"{meant}is it imported in {self.where}?"
            if self.where
            else meant or "is its module imported?"
        )

    def build(
        self, cfg: Mapping[str, Any], default_args: Mapping[str, Any] | None = None
    ) -> Any:
        """Build from `dict(type='Name', **arguments)`; the config is only read.

        Args:
            cfg: the arguments and the `type`: a registered name, or a class.
            default_args: arguments that `cfg` may leave out.

        Raises:
            ConfigError: `cfg` is no mapping, has no `type`, or has arguments that the constructor
                does not take, or refuses with a ValueError.
            NotRegisteredError: the type is not registered.
        """
        args = {**(default_args or {}), **_as_mapping(cfg, self.name)}
        if "type" not in args:
            raise ConfigError(
                f"a {self.name} needs a `type`",
                repr(dict(cfg)),
                f"one of {', '.join(sorted(self))}",
            )
        kind = args.pop("type")
        build = self.get(kind) if isinstance(kind, str) else kind
        _check_arguments(kind, build, args)
        try:
            return build(**args)
        except EngineError:
            raise  # from what it built in turn, and it says so
        except ValueError as e:
            raise ConfigError(f"{kind}: {e}", _file_of(build)) from e
        except TypeError as e:
            if "__init__() got an unexpected keyword" not in str(e):
                raise
            # its **kwargs went to a base class, which does not take one of them
            hint = _meant(build, e)
            raise ConfigError(f"{kind}: {e}", _file_of(build), hint) from e


def _check_arguments(
    kind: object, build: Callable[..., Any], args: Mapping[str, Any]
) -> None:
    try:
        signature = inspect.signature(build)
    except ValueError:  # of a builtin: what it is called with, it checks itself
        return
    try:
        signature.bind(**args)
    except TypeError as e:
        hint = f"{_meant(build, e)} it takes {signature}".lstrip()
        raise ConfigError(f"{kind}: {e}", _file_of(build), hint) from None


def _meant(build: Callable[..., Any], error: TypeError) -> str:
    """`did you mean num_classes?`, if the unexpected argument is near one of the class or of its bases."""
    word = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    if word is None:
        return ""
    classes = (
        [cls for cls in inspect.getmro(build) if cls is not object]
        if inspect.isclass(build)
        else [build]
    )
    known = {name for cls in classes if callable(cls) for name in _parameters(cls)}
    near = difflib.get_close_matches(word[1], sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def _parameters(build: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(build).parameters)
    except ValueError:  # of a builtin
        return []


def _as_mapping(cfg: object, name: str) -> Mapping[str, Any]:
    if isinstance(cfg, Mapping):
        return cfg
    raise ConfigError(f"a {name} is built from a dict with a `type`, not from {cfg!r}")


def _file_of(module: Callable[..., Any]) -> str:
    try:
        return inspect.getsourcefile(module) or module.__module__
    except TypeError:  # built in, or written in C
        return module.__module__


def build_from_cfg(
    cfg: Mapping[str, Any],
    registry: Registry,
    default_args: Mapping[str, Any] | None = None,
) -> Any:
    """`registry.build(cfg, default_args)`, under mmcv's name."""
    return registry.build(cfg, default_args)
