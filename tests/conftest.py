"""What holds for every test."""

import os

# Small tensors, and a machine that others may use: threads would wait for each other. Subprocesses inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
