"""The commands, a file each: what is typed, what is called, what is printed.

Each imports what it needs in its function, so that `scaffold --help` pays for click alone.
"""
