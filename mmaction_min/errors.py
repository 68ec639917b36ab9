"""What the engine tells a person: what is wrong, where, and a hint. The entry points print it without a traceback."""

from __future__ import annotations


class EngineError(Exception):
    """A user's mistake, or a fault of the outside world, that the engine can explain.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: the file, or `file:line`, or the config key; empty if there is none.
        hint: what to do next, one sentence without a full stop; empty if nothing is known.

    Attributes:
        exit_code: what a command that ends with it returns.
    """

    exit_code = 1

    def __init__(self, what: str, where: str | None = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.args = (what, where, hint)  # an OSError among the bases drops the third
        self.what = what
        self.where = where or ""
        self.hint = hint

    def __str__(
        self,
    ) -> str:  # KeyError, a base of some, would print the repr of its arguments
        where = f"{self.where}: " if self.where else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{where}{self.what}{hint}"


class NotRegisteredError(EngineError, KeyError):
    """A registry does not have the name that was asked for."""


class DuplicateError(EngineError, KeyError):
    """A registry has the name already."""


class ConfigError(EngineError, ValueError):
    """A config cannot be read, or says what cannot be done.

    The subclasses are also what mmcv raises in their place, for code that was written for it.
    """


class ConfigFileError(ConfigError, OSError):
    """A config file is of a kind that is not read."""


class ConfigMissingError(ConfigFileError, FileNotFoundError):
    """A config file, or one of its bases, is not there or cannot be read."""


class ConfigSyntaxError(ConfigError, SyntaxError):
    """A config file does not parse."""


class ConfigKeyError(ConfigError, KeyError):
    """A key of a config is missing, or reserved, or stands twice."""


class ConfigTypeError(ConfigError, TypeError):
    """A value of a config is of the wrong type, or a class does not take an argument."""


class BracketError(ConfigError, AssertionError):
    """A value of the command line opens more brackets than it closes, or the other way round."""


class ArgumentError(ConfigError, TypeError, KeyError, AssertionError, RuntimeError):
    """A constructor of the engine got what it cannot use.

    It is an error of each type that mmcv raises in such places, so that code written for mmcv catches it.
    """


class DataError(EngineError, ValueError):
    """An annotation file or a video cannot be used."""


class WorkerError(EngineError, RuntimeError):
    """A process that prepares data is dead, or hangs."""


class CheckpointError(EngineError, RuntimeError):
    """A checkpoint cannot be read, or does not fit."""


class PartError(CheckpointError, AssertionError):
    """A checkpoint has no part of that name; mmcv asserts it."""


class DiskError(EngineError):
    """The disk is full, or failed."""

    exit_code = 74  # EX_IOERR of sysexits.h


class NotFiniteError(EngineError, FloatingPointError):
    """A loss is NaN or infinite."""


class LostProcessError(EngineError, RuntimeError):
    """Another process of the run has ended while this one waited for it."""


class Interrupted(Exception):
    """Somebody asked to stop, and what would come next is not waited for."""
