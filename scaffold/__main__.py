"""`python -m scaffold`, and the console script: `scaffold.cli` without the rounds of the garbage collector.

A command ends before garbage could fill the memory. The rounds while the libraries are imported, and the last one
over all that lives, would be a tenth of its time.
"""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line, and end the process."""
    gc.disable()
    try:
        from .cli import main

        main(prog_name="scaffold")
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
