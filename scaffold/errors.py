"""The one error of the scaffolder: a refusal, told so that a person can act on it."""

from __future__ import annotations


class ScaffoldError(Exception):
    """A refusal: what is wrong, where, and what to do about it.

    Args:
        what: One sentence that says what was refused and why.
        where: The file, the line or the option that it is about.
        hint: What to type or to change next.
    """

    exit_code = 1

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{place}{self.what}{hint}"
