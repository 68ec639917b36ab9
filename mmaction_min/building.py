"""What goes wrong while something is built from a config, as a person needs it."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from .argument_types import misfit
from .errors import ConfigError, ConfigTypeError, EngineError
from .near import did_you_mean
from .places import locate, path_of, place_of, place_of_error
from .sources import display


def explain(
    error: Exception, kind: object, build: Callable[..., Any], cfg: Mapping[str, Any]
) -> NoReturn:
    """Raise the error again, as a person needs it."""
    place = place_of(cfg)
    if isinstance(error, EngineError):  # from what it built in turn, and it says so
        error.where = locate(error.where, cfg)
        raise error
    if isinstance(error, ValueError):
        raise ConfigError(f"{prefix(cfg)}{name_of(kind)}: {error}", place) from error
    if "__init__() got an unexpected keyword" in str(error):
        # its **kwargs went to a base class, which does not take one of them
        raise _wrong_argument(error, kind, build, cfg, "") from error
    path = path_of(cfg) or name_of(kind)
    add_note(error, f"while building {path}{f' ({place})' if place else ''}")
    raise error


def add_note(error: Exception, note: str) -> None:
    """Let the note be the last line below the traceback, as far as Python shows notes."""
    # BaseException.add_note is Python 3.11's; the list is what it fills
    error.__notes__ = [*getattr(error, "__notes__", []), note]


def told(error: Exception) -> ConfigError | None:
    """What a constructor raised, as one message for a person; None for what was raised elsewhere.

    Args:
        error: with the note that `explain` gave it.
    """
    for note in getattr(error, "__notes__", []):
        if note.startswith("while building "):
            path, _, place = note.partition(" (")
            return ConfigError(
                f"{type(error).__name__}: {error}, {path}",
                place.rstrip(")") or place_of_error(error),
                f"{raised_at(error)} raised it; --debug shows how it came there",
            )
    return None


def raised_at(error: BaseException) -> str:
    """The last `file:line (Class.function)` on the way that is not a library's."""
    frames = [*traceback.walk_tb(error.__traceback__)]
    own = [each for each in frames if "site-packages" not in each[0].f_code.co_filename]
    frame, line = (own or frames)[-1]
    code, owner = frame.f_code, frame.f_locals.get("self")
    prefix = f"{type(owner).__name__}." if owner is not None else ""
    return f"{display(code.co_filename)}:{line} ({prefix}{code.co_name})"


def check_arguments(
    kind: object,
    build: Callable[..., Any],
    args: Mapping[str, Any],
    cfg: Mapping[str, Any],
) -> None:
    """Refuse arguments that a class or function does not take, or lacks, or that are not of the types which it states.

    Args:
        kind: its name, for the message.
        build: the class or function.
        args: the arguments.
        cfg: the dict of the config that they come from.

    Raises:
        ConfigTypeError: with the place of the argument, the near name, and what it takes.
    """
    try:
        signature = inspect.signature(build)
    except ValueError:  # of a builtin: what it is called with, it checks itself
        return
    try:
        signature.bind(**args)
    except TypeError as e:
        strange = [name for name in args if name not in _parameters(build)]
        if "missing" in str(e) and strange:  # a misspelt one is the cause
            e = TypeError(f"got an unexpected keyword argument {strange[0]!r}")
        takes = f"it takes {_without_types(signature)}"
        raise _wrong_argument(e, kind, build, cfg, takes) from None
    name, type_ = misfit(build, {key: cfg[key] for key in args if key in cfg})
    if name:
        raise ConfigTypeError(
            f"{prefix(cfg)}{name_of(kind)}: {name} is {cfg[name]!r}, and not of the type {type_}",
            place_of(cfg, name),
        )


def _without_types(signature: inspect.Signature) -> inspect.Signature:
    parameters = [
        each.replace(annotation=each.empty) for each in signature.parameters.values()
    ]
    return inspect.Signature(parameters)


def _wrong_argument(
    error: Exception,
    kind: object,
    build: Callable[..., Any],
    cfg: Mapping[str, Any],
    takes: str,
) -> ConfigTypeError:
    word = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    meant = did_you_mean(word[1], _parameters(build)) if word else ""
    place = place_of(cfg, word[1]) if word and word[1] in cfg else place_of(cfg)
    return ConfigTypeError(
        f"{prefix(cfg)}{name_of(kind)}: {error}",
        place,
        f"{meant} {takes}".strip(),
    )


def _parameters(build: Callable[..., Any]) -> set[str]:
    """The arguments that a class or its bases know by name."""
    classes = inspect.getmro(build) if inspect.isclass(build) else (build,)
    names: set[str] = set()
    for each in classes:
        try:
            names.update(
                inspect.signature(each).parameters if each is not object else ()
            )
        except (ValueError, TypeError):  # of a builtin
            continue
    return names


def prefix(cfg: object) -> str:
    path = path_of(cfg)
    return f"{path}: " if path else ""


def name_of(kind: object) -> str:
    return kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
