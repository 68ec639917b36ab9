"""What scaffold tells a person: what is wrong, where, and a hint. `cli` prints it and takes the exit code from it."""

from __future__ import annotations


class ScaffoldError(Exception):
    """A refusal: nothing was written.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: the file, or `file:line`, or the option; empty if there is none.
        hint: what to do next, without a full stop; empty if nothing is known.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{where}{self.what}{hint}"

    def within(self, path: str) -> ScaffoldError:
        """The same refusal, said of a file: who edits its bytes knows lines alone."""
        where = f"{path}, {self.where}" if self.where else path
        return type(self)(self.what, where, self.hint)


class FileError(ScaffoldError):
    """The file system said no: no space, no permission, an I/O error (EX_IOERR of sysexits.h)."""

    exit_code = 74


class LockedError(ScaffoldError):
    """Another scaffold command is at work on this tree (EX_TEMPFAIL of sysexits.h)."""

    exit_code = 75
