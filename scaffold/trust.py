"""Whose templates are used: those that came with scaffold, and those that this user said yes to.

A template writes code that the user will run, so one that came with someone else's tree is as dangerous as a script.
The consent is for exactly these bytes, and is kept outside of any tree.
"""

from __future__ import annotations

import os

from .errors import ScaffoldError
from .kinds import Kind
from .layouts import BUNDLED


def fingerprint(kind: Kind) -> str:
    """A hash of all files of a kind, and its name."""
    import hashlib

    digest = hashlib.sha256()
    for part in (kind.name.encode(), *(x for pair in _pairs(kind) for x in pair)):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def trusted_file() -> str:
    """Where the consents of this user are, one fingerprint a line."""
    home = os.path.expanduser("~")
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(home, ".local/state")
    return os.path.join(state, "scaffold/trusted")


def is_trusted(kind: Kind) -> bool:
    """It came with scaffold, or has the same bytes as one that did, or the user said yes to it."""
    if kind.is_bundled:
        return True
    bundled = os.path.join(BUNDLED, kind.name)
    same = kind._replace(folder=bundled, folders=(bundled,))
    own = fingerprint(kind)
    if own == fingerprint(same):
        return True
    try:
        with open(trusted_file(), "rb") as file:
            return own.encode() in file.read().split()
    except FileNotFoundError:
        return False


def refuse_untrusted(kind: Kind) -> None:
    """Refuse the templates of a stranger.

    Raises:
        ScaffoldError: they are not trusted; the hint says how to say yes.
    """
    if not is_trusted(kind):
        raise ScaffoldError(
            f"the templates of {kind.name} came with this tree, and they write code that you will run",
            kind.folder,
            "read them; then give the command again with --trust, once for as long as they stay as they are",
        )


def _pairs(kind: Kind) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), text) for name, text in kind.files().items()]
