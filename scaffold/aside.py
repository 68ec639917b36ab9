"""Work that a second process does while this one imports what it needs itself."""

from __future__ import annotations

import marshal
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

Files = dict[str, bytes]


@contextmanager
def aside(work: Callable[[], Files]) -> Iterator[Callable[[], Files]]:
    """Begin work in a fork of this process.

    Rendering three templates takes half as long as `import libcst`, and neither needs the other.

    Args:
        work: has no effect but its result.

    Yields:
        What waits for the result. Where the fork had none, the work is done here, and raises what it raises.
    """
    if not hasattr(os, "fork"):  # pragma: no cover (Windows)
        yield work
        return
    result, end = os.pipe()
    with warnings.catch_warnings():
        # Python warns of other threads; a command has none, and the fork takes no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:  # pragma: no cover (another process)
        try:
            os.close(result)
            data = marshal.dumps(work())
            while data:
                data = data[os.write(end, data) :]
        finally:
            os._exit(0)
    os.close(end)

    def wait() -> Files:
        data = b"".join(iter(partial(os.read, result, 1 << 16), b""))
        try:
            files: Files = marshal.loads(data)
        except (EOFError, ValueError, TypeError):
            return work()
        return files

    try:
        yield wait
    finally:
        os.close(result)
        os.waitpid(process, 0)
